/**
 * Where unsent answers and drafts are kept: IndexedDB, or memory where the browser offers none (private mode, full).
 * Both speak the same few verbs, so everything above is tested with the memory one.
 *
 * @typedef {{add(row: object): Promise<number>, put(row: object): Promise<void>,
 *            delete(key: any): Promise<void>, all(): Promise<object[]>}} Shelf
 */
const NAME = "equimark";
const VERSION = 1;
const OPEN_LIMIT_MS = 3000; // some private modes never answer
const WORK_LIMIT_MS = 8000; // another tab that stands still may keep us from the store

/** @returns {Promise<{outbox: Shelf, drafts: Shelf}>} rejects where IndexedDB does not open */
export async function openStorage(factory, workLimitMs = WORK_LIMIT_MS) {
  const database = await withLimit(open(factory), OPEN_LIMIT_MS);
  return { outbox: shelf(database, "outbox", "strict", workLimitMs), drafts: shelf(database, "drafts", "relaxed", workLimitMs) };
}

/** The browser's store, or the page's own memory where there is none: `isMemoryOnly` is then said to the annotator. */
export async function storageOf() {
  try {
    return { storage: await openStorage(indexedDB), isMemoryOnly: false };
  } catch (error) {
    console.warn("Answers are kept in memory only.", error);
    return { storage: memoryStorage(), isMemoryOnly: true };
  }
}

/** Under which key a page keeps what belongs to one person; null without accounts. */
export function keyFor(name, projectId, person) {
  return [name, projectId, person].filter((part) => part !== null).join(".");
}

function memoryStorage() {
  return { outbox: memoryShelf("seq"), drafts: memoryShelf("key") };
}

/** @returns {Shelf} */
export function memoryShelf(keyName) {
  const rows = new Map();
  let last = 0;
  return {
    async add(row) {
      last += 1;
      rows.set(last, structuredClone({ ...row, [keyName]: last }));
      return last;
    },
    async put(row) {
      rows.set(row[keyName], structuredClone(row));
    },
    async delete(key) {
      rows.delete(key);
    },
    async all() {
      return [...rows.values()].map((row) => structuredClone(row));
    },
  };
}

function open(factory) {
  return new Promise((resolve, reject) => {
    const request = factory.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      request.result.createObjectStore("drafts", { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("Another tab holds an older version of the store."));
  });
}

/** "strict" waits for the disk: an answer must survive the power cut right after the key press. */
function shelf(database, name, durability, limitMs) {
  function transact(mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode, { durability });
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("The browser's store gave up."));
      // so that it is not done later; what is sent twice all the same counts once
      setTimeout(() => {
        try {
          transaction.abort();
        } catch {
          return; // it is done
        }
        reject(new Error("The browser's store takes too long."));
      }, limitMs);
    });
  }
  return {
    add: (row) => transact("readwrite", (rows) => rows.add(row)),
    put: (row) => transact("readwrite", (rows) => rows.put(row)).then(() => undefined),
    delete: (key) => transact("readwrite", (rows) => rows.delete(key)),
    all: () => transact("readonly", (rows) => rows.getAll()),
  };
}

export function withLimit(promise, ms) {
  const limit = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("The browser's store does not open.")), ms);
  });
  return Promise.race([promise, limit]);
}
