/**
 * Asks held ahead of the annotator: the next ones with their images decoded, so that they show at once, and behind them
 * spare ones with their bytes alone, to go on with where the network is gone.
 *
 * @typedef {object} Entry
 * @property {object} ask          as the server gave it
 * @property {Promise<void>|null} loaded  settles when the image is decoded or has failed; never rejects. null: spare
 * @property {boolean} isReady     the image is decoded
 * @property {boolean} isTried     of a spare one: its bytes are here, or cannot be had
 * @property {string|null} problem why the image does not open
 * @property {object|null} work    what the annotator had done before the ask was put aside
 * @property {number} seconds      active seconds spent on it before
 */
import { createBackoff } from "./backoff.js";

/** Images that may be left for later at a time: each is kept from all others. */
const MOST_PASSED = 10;
/** Who has nothing on the screen waits for it; a server that wants more time says so. */
const LONGEST_WAIT_MS = 8000;
const SPARE_PAUSE_MS = 1000; // many pages may be opened at once
const SPARE_REST_MS = 60_000; // where the server has none to spare

/**
 * @param {object} parts
 * @param {(kinds: string[]|null, held: number) => Promise<object|null>} parts.ask  leases one more; null = nothing left
 * @param {(ask: object) => void} parts.release
 * @param {(image: object) => Promise<void>} parts.load
 * @param {{keep: Function, keepOnly: Function, hasRoom: Function}} parts.bytes  see images.js
 * @param {(imageId: number) => boolean} parts.hasImage  whether what was loaded is still there
 * @param {() => void} parts.onChange
 * @param {(ask: object) => void} parts.onNear  a spare ask becomes one of the next
 * @param {() => Entry|null} parts.findShown  the ask that is on screen, taken from here
 * @param {{set: Function, clear: Function, random: () => number}} parts.timers
 * @param {number} parts.ahead  the next ones
 * @param {number} parts.spare  so many more
 */
export function createQueue({
  ask, release, load, bytes, hasImage, onChange, onNear = () => {}, timers, findShown = () => null, ahead = 3, spare = 0,
}) {
  const entries = [];
  const passed = []; // looked at and left for later, newest last
  const expected = new Map(); // ids of answers on their way whose response brings the next ask: {kinds, isSpare} asked for
  const backoff = createBackoff(timers.random, LONGEST_WAIT_MS);
  let kinds; // undefined: nothing is asked before the first choice
  let isFilling = false;
  let isExhausted = false;
  let isClosed = false;
  let failures = 0;
  let problem = null;
  let timer = null;
  let spareTimer = null;
  let isSpareResting = false;

  const isWanted = ({ kind }) => !kinds || kinds.includes(kind);
  const heldCount = () => entries.length + expected.size;
  const isShort = () => heldCount() < ahead || entries.length === 0;
  const wantsSpare = () => heldCount() < ahead + spare && !isSpareResting && bytes.hasRoom();
  const isSettled = ({ isTried, isReady, problem: broken }) => isTried || isReady || broken !== null;

  function push(newAsk, part = {}) {
    return loading({ work: null, seconds: 0, ...part, ask: newAsk, problem: null });
  }

  function loading(entry) {
    entry.isReady = false;
    entry.loaded = load(entry.ask.image).then(
      () => { entry.isReady = true; },
      (error) => { entry.problem = error.message; },
    ).then(() => {
      onChange();
      fillSpare();
    });
    return entry;
  }

  /** The image waits undecoded until its turn comes. */
  function spared(newAsk) {
    const entry = { work: null, seconds: 0, ask: newAsk, problem: null, isReady: false, isTried: false, loaded: null };
    bytes.keep(newAsk.image).then(() => {
      entry.isTried = true;
      fillSpare();
    });
    return entry;
  }

  function advance() {
    const next = entries.filter(({ ask: held }) => isWanted(held)).slice(0, ahead);
    for (const entry of next.filter(({ loaded }) => loaded === null)) {
      loading(entry);
      onNear(entry.ask);
    }
    bytes.keepOnly(new Set(entries.map(({ ask: { image } }) => image.id)));
  }

  /** An entry in hand may have waited for so long that its image had to make room for others. */
  function fresh(entry) {
    if (!entry) return entry;
    const isGone = entry.isReady && !hasImage(entry.ask.image.id);
    return isGone || entry.loaded === null ? loading(entry) : entry;
  }

  /** After a lease has run out, what is in hand may be handed out once more, to the same person. */
  function findTwin({ image, kind }) {
    return [findShown(), ...entries, ...passed].find((entry) => entry?.ask.image.id === image.id && entry.ask.kind === kind);
  }

  /** What was begun keeps its revision: the server says it if there has been an answer since. */
  function giveLease(entry, { lease_id, expires_at, ...ask }) {
    const isOpen = !entry.work && entry !== findShown();
    // in place: what is on screen is known by its ask
    Object.assign(entry.ask, { lease_id, expires_at }, isOpen ? ask : null);
  }

  /** @returns {boolean} whether it was new */
  function accept(newAsk) {
    const twin = findTwin(newAsk);
    if (twin?.ask.lease_id === newAsk.lease_id) return false;
    if (isClosed) release(newAsk);
    else if (twin) giveLease(twin, newAsk);
    else if (!isWanted(newAsk) || entries.length > ahead + spare) release(newAsk);
    else if (newAsk.reason?.code === "chosen") entries.unshift(push(newAsk)); // somebody wants it to be next
    else entries.push(entries.length < ahead ? push(newAsk) : spared(newAsk));
    onChange();
    return true;
  }

  async function fill() {
    advance();
    if (kinds === undefined || isFilling || isExhausted || isClosed) return;
    if (!isShort()) return fillSpare();
    isFilling = true;
    timers.clear(timer);
    const wanted = kinds;
    try {
      const newAsk = await ask(wanted, entries.length); // what answers on their way may bring is not there to be shown
      failures = 0;
      problem = null;
      if (wanted === kinds && (newAsk === null || !accept(newAsk))) isExhausted = true;
      else if (wanted !== kinds && newAsk) accept(newAsk);
    } catch (error) {
      failures += 1;
      problem = error;
      timer = timers.set(fill, Math.max(backoff(failures), error.retryAfterMs ?? 0));
    }
    isFilling = false;
    onChange();
    if (failures === 0) fill();
  }

  /** Once all that is held is here; what the annotator sees next has the connection for itself. */
  function fillSpare() {
    const isDone = kinds === undefined || isExhausted || isClosed || isFilling || isShort() || !wantsSpare();
    if (isDone || spareTimer !== null || !entries.every(isSettled)) return;
    spareTimer = timers.set(async () => {
      spareTimer = null;
      if (!isFilling && !isClosed && !isExhausted && !isShort() && wantsSpare()) await askForSpare();
      fill();
    }, SPARE_PAUSE_MS);
  }

  async function askForSpare() {
    isFilling = true;
    const newAsk = await ask(kinds, heldCount()).catch(() => null);
    if (newAsk === null || !accept(newAsk)) restSpare();
    isFilling = false;
  }

  function restSpare() {
    if (isSpareResting) return;
    isSpareResting = true;
    timers.set(() => {
      isSpareResting = false;
      fill();
    }, SPARE_REST_MS);
  }

  return {
    fill,
    get isExhausted() {
      return isExhausted;
    },
    get problem() {
      return problem;
    },
    /** Only these kinds from now on (null = any); held asks of other kinds go back. */
    choose(newKinds) {
      kinds = newKinds;
      isExhausted = false;
      for (const list of [entries, passed]) {
        for (const entry of list.filter(({ ask: held, work }) => !isWanted(held) && !work)) {
          list.splice(list.indexOf(entry), 1);
          release(entry.ask);
        }
      }
      fill();
    },
    /** The first wanted ask whose image is there; else the first; what was left for later comes last of all. */
    take() {
      const wanted = entries.filter((entry) => isWanted(entry.ask));
      const entry = wanted.find(({ isReady }) => isReady) ?? wanted[0];
      if (entry) return fresh(takeFrom(entries, entry));
      return isExhausted ? fresh(takeFrom(passed, passed.find(({ ask: held }) => isWanted(held)))) : null;
    },
    /** The held ask of this image and kind, or null. */
    takeOne(imageId, kind) {
      const isIt = ({ ask: held }) => held.image.id === imageId && held.kind === kind;
      return fresh(takeFrom(entries, entries.find(isIt)) ?? takeFrom(passed, passed.find(isIt)));
    },
    canPass: () => passed.length < MOST_PASSED || passed.some(({ work }) => !work),
    /** For later. Of too many, the oldest without work goes back to the server. */
    pass(entry) {
      passed.push(entry);
      if (passed.length > MOST_PASSED) release(takeFrom(passed, passed.find(({ work }) => !work)).ask);
    },
    /** The ask that was left for later last, or null. */
    recall: () => fresh(takeFrom(passed, passed.findLast((entry) => isWanted(entry.ask)))),
    /** An ask is put aside and comes back first. */
    putBack(entry) {
      entries.unshift(entry);
    },
    /** An entry for an ask that did not come from the queue (a draft, an answer opened again). */
    entryFor: push,
    /** What an answer asks for with its response: the wanted kinds, or nothing while enough are held. */
    nextOf(id) {
      const held = heldCount();
      const isSpare = held >= ahead;
      if (isExhausted || (isSpare && !wantsSpare())) return { next_kinds: [], asks_held: held };
      expected.set(id, { kinds, isSpare });
      return { next_kinds: kinds, asks_held: held };
    },
    /** The response came (`next` null: nothing left), or will never come (`next` undefined). */
    settle(id, next) {
      const asked = expected.get(id);
      expected.delete(id);
      const isAskedNow = asked?.kinds === kinds; // not of a mode that has been left since
      if (next) accept(next);
      else if (asked && isAskedNow && next === null && asked.isSpare) restSpare();
      else if (asked && isAskedNow && next === null) isExhausted = true;
      fill();
    },
    /** Something changed on the server: ask again. */
    wake() {
      isExhausted = false;
      failures = 0;
      fill();
    },
    /** @returns {{ask: object, isKept: boolean, isNear: boolean}[]} isKept: with work in it; isNear: not a spare one */
    held: () => [...entries, ...passed].map(({ ask: held, work, loaded }) => ({ ask: held, isKept: work !== null, isNear: loaded !== null })),
    readyCount: () => entries.filter((entry) => entry.isReady && isWanted(entry.ask)).length,
    /** A newer prediction for a held image. */
    refresh(imageId, prediction) {
      for (const entry of [...entries, ...passed].filter(({ ask: { image } }) => image.id === imageId)) {
        entry.ask = { ...entry.ask, prediction };
      }
    },
    /** A lease has gone, and its ask with it; begun work stays, for it is taken without a lease. */
    drop(leaseId) {
      const isIt = ({ ask: held, work }) => held.lease_id === leaseId && !work;
      for (const list of [entries, passed]) takeFrom(list, list.find(isIt));
      fill();
    },
    close() {
      isClosed = true;
    },
  };
}

/** Takes an entry, where there is one, out of its list. */
function takeFrom(list, entry) {
  if (!entry) return null;
  list.splice(list.indexOf(entry), 1);
  return entry;
}
