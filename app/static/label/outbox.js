/**
 * Answers on their way to the server. An answer is stored before it is sent, keeps its id through every retry, and
 * leaves only when the server has acknowledged it or the annotator throws it away.
 *
 * Answers for one image go in their order; one request is under way at a time. What the server refuses for good
 * (409, 422, 404, 410) stays, with the server's words, until the annotator decides.
 *
 * @typedef {object} Item
 * @property {string} id         made in the browser; the server counts it once
 * @property {number} project_id
 * @property {string} tab        who sends it; another tab takes over when that one has gone
 * @property {"answer"|"skip"|"note"} kind
 * @property {string} method
 * @property {string} path
 * @property {object} body       sent as it is, byte for byte the same in every retry
 * @property {object} ask        to show the image again
 * @property {object|null} work  the annotator's points or value, to open the answer again
 * @property {number} [seconds]  active seconds since, where work was begun on a refused answer
 * @property {string|null} follows  id of an earlier answer to the same question whose revision is not known yet
 * @property {string} made_at    ISO time, for display only
 * @property {object|null} problem  {status, code, words, actual} once refused
 * @property {string|null} person  whose answer it is; on a shared computer nobody sends somebody else's
 */
import { NetworkFailure, Problem } from "./api.js";
import { createBackoff } from "./backoff.js";
import { noteItem } from "./notes.js";

/**
 * @param {object} parts
 * @param {import("./storage.js").Shelf} parts.shelf
 * @param {(item: Item) => Promise<{body: object}>} parts.send
 * @param {() => void} parts.onChange
 * @param {(item: Item, response: object|null) => void} parts.onSettled null: refused for good
 * @param {{now: () => number, set: Function, clear: Function, random: () => number}} parts.timers
 * @param {boolean} parts.isMemoryOnly  the shelf itself does not outlive the tab
 * @param {string|null} parts.person  who labels here; null without accounts
 */
export function createOutbox({ shelf, send, onChange, onSettled, timers, isMemoryOnly = false, person = null }) {
  const entries = []; // {item, isStored, isReady, attempts, notBefore}, in the order in which they were made
  const backoff = createBackoff(timers.random);
  let pausedUntil = 0; // ms; after a network failure nothing is tried before
  let outages = 0;
  let isSignedOut = false; // then all answers wait, and none is tried after the other
  let isSending = false;
  let isShelfBroken = isMemoryOnly;
  let reason = null;
  let timer = null;

  function add(item, isStored) {
    const entry = { item, isStored, isReady: isStored, attempts: 0, notBefore: 0 };
    entries.push(entry);
    return entry;
  }

  async function store(entry) {
    try {
      if (entry.item.seq === undefined) entry.item.seq = await shelf.add(entry.item);
      else await shelf.put(entry.item);
      entry.isStored = true;
    } catch (error) {
      console.warn("This answer is kept in memory only.", error);
      entry.isStored = false;
      isShelfBroken = true;
    }
  }

  async function remove(entry) {
    entries.splice(entries.indexOf(entry), 1);
    if (entry.item.seq === undefined) return;
    await shelf.delete(entry.item.seq).catch((error) => {
      console.warn("The answer stays stored and will be sent once more; the server counts it once.", error);
    });
  }

  function findSendable() {
    const blocked = new Set();
    let soonest = Infinity;
    for (const entry of entries) {
      const { item } = entry;
      const isBlocked = blocked.has(item.ask.image.id) || entries.some((other) => other.item.id === item.follows);
      if (item.problem) continue;
      if (!isBlocked && entry.isReady && entry.notBefore <= timers.now()) return { entry, soonest };
      if (!isBlocked && entry.isReady) soonest = Math.min(soonest, entry.notBefore);
      blocked.add(item.ask.image.id);
    }
    return { entry: null, soonest };
  }

  async function pump() {
    if (isSending) return;
    if (timer !== null) timers.clear(timer);
    timer = null;
    if (pausedUntil > timers.now()) return wakeAt(pausedUntil);
    const { entry, soonest } = findSendable();
    if (!entry) return wakeAt(soonest);
    isSending = true;
    const outcome = await attempt(entry).finally(() => {
      isSending = false;
    });
    onChange();
    if (outcome) onSettled(entry.item, outcome.response);
    return pump();
  }

  /** @returns {Promise<{response: object|null}|null>} null: to be tried again */
  async function attempt(entry) {
    try {
      const response = await send(entry.item);
      outages = 0;
      isSignedOut = false;
      reason = null;
      await acknowledged(entry, response);
      return { response };
    } catch (error) {
      if (error instanceof NetworkFailure) {
        outages += 1;
        pausedUntil = timers.now() + backoff(outages);
        return null;
      }
      if (!(error instanceof Problem)) throw error;
      outages = 0;
      isSignedOut = error.status === 401;
      if (isSignedOut) return signedOut(entry, error);
      return error.isRetryable ? postponed(entry, error) : refused(entry, error);
    }
  }

  async function acknowledged(entry, response) {
    await remove(entry);
    const number = response.body?.revision?.number;
    for (const later of entries.filter(({ item }) => item.follows === entry.item.id)) {
      later.item.follows = null;
      later.item.body.base_revision = number;
      await store(later);
    }
  }

  function signedOut(entry, problem) {
    entry.attempts += 1;
    pausedUntil = timers.now() + backoff(entry.attempts);
    reason = problem.message;
    return null;
  }

  function postponed(entry, problem) {
    entry.attempts += 1;
    entry.notBefore = timers.now() + Math.max(backoff(entry.attempts), problem.retryAfterMs ?? 0);
    reason = problem.message;
    return null;
  }

  async function refused(entry, problem) {
    if (entry.item.kind === "skip" && !hasOwnWords(entry.item)) {
      await remove(entry); // the lease has gone: nothing of the annotator's is in it
      return { response: null };
    }
    if (entry.item.kind === "skip") entry.item = asNote(entry.item);
    const { actual } = problem.context;
    entry.item.problem = { status: problem.status, code: problem.code, words: problem.message, actual };
    await store(entry);
    return { response: null };
  }

  function wakeAt(at) {
    if (at !== Infinity) timer = timers.set(pump, Math.max(0, at - timers.now()));
  }

  function kick() {
    pausedUntil = 0;
    for (const entry of entries) entry.notBefore = 0;
    pump();
  }

  return {
    /** Take over what an earlier page left behind and try to send it; `isOurs` says which. */
    async load(isOurs) {
      const known = new Set(entries.map(({ item }) => item.id));
      const found = await shelf.all().catch((error) => {
        console.warn("The browser's store cannot be read.", error);
        isShelfBroken = true;
        return [];
      });
      found.sort((a, b) => a.seq - b.seq);
      for (const item of found) if (!known.has(item.id) && (item.person ?? null) === person && isOurs(item)) add(item, true);
      onChange();
      await pump();
    },
    async put(item) {
      const entry = add({ ...item, person }, false);
      onChange();
      await store(entry);
      entry.isReady = true;
      onChange();
      pump();
    },
    /** The annotator throws a refused answer away, or has opened it again. */
    async discard(id) {
      const entry = entries.find(({ item }) => item.id === id);
      if (!entry?.item.problem) return;
      for (const later of entries.filter(({ item }) => item.follows === id)) {
        later.item.follows = entry.item.follows;
        later.item.body.base_revision = entry.item.body.base_revision;
        await store(later);
      }
      await remove(entry);
      onChange();
      pump();
    },
    /** What has been changed since on a refused answer. @returns {boolean} whether it is there */
    keepWork(id, work, seconds) {
      const entry = entries.find(({ item }) => item.id === id && item.problem);
      if (!entry) return false;
      Object.assign(entry.item, { work, seconds });
      store(entry);
      return true;
    },
    kick,
    findWaiting: (id) => entries.find(({ item }) => item.id === id && !item.problem)?.item ?? null,
    summary: () => ({
      waiting: entries.filter(({ item }) => !item.problem).length,
      attention: entries.filter(({ item }) => item.problem).map(({ item }) => item),
      isOffline: outages > 0,
      isSignedOut,
      isMemoryOnly: isShelfBroken,
      isUnsafe: entries.some(({ isStored }) => !isStored || isMemoryOnly),
      reason,
    }),
  };
}

/** Why an image does not open is the browser's word. */
function hasOwnWords({ body }) {
  return Boolean(body.reason) && body.reason_code !== "broken";
}

/** What was said of an image that can no longer be skipped is a note on it, for the annotator to keep or to discard. */
function asNote({ id, ask, body, ...item }) {
  return { ...item, ...noteItem({ id, ask, text: body.reason, isFlagged: false }) };
}
