/**
 * Asks held ahead of the annotator, with their images loaded and decoded, so that the next one shows at once.
 *
 * @typedef {object} Entry
 * @property {object} ask          as the server gave it
 * @property {Promise<void>} loaded  settles when the image is decoded or has failed; never rejects
 * @property {boolean} isReady     the image is decoded
 * @property {string|null} problem why the image does not open
 * @property {object|null} work    what the annotator had done before the ask was put aside
 * @property {number} seconds      active seconds spent on it before
 */
import { createBackoff } from "./backoff.js";

/** Images that may be left for later at a time: each is kept from all others. */
const MOST_PASSED = 10;

/**
 * @param {object} parts
 * @param {(kinds: string[]|null) => Promise<object|null>} parts.ask  leases one more; null = nothing left
 * @param {(ask: object) => void} parts.release
 * @param {(image: object) => Promise<void>} parts.load
 * @param {(imageId: number) => boolean} parts.hasImage  whether what was loaded is still there
 * @param {() => void} parts.onChange
 * @param {() => Entry|null} parts.findShown  the ask that is on screen, taken from here
 * @param {{set: Function, clear: Function, random: () => number}} parts.timers
 * @param {number} parts.ahead
 */
export function createQueue({ ask, release, load, hasImage, onChange, timers, findShown = () => null, ahead = 3 }) {
  const entries = [];
  const passed = []; // looked at and left for later, newest last
  const expected = new Map(); // ids of answers on their way whose response brings the next ask: the kinds asked for
  const backoff = createBackoff(timers.random);
  let kinds; // undefined: nothing is asked before the first choice
  let isFilling = false;
  let isExhausted = false;
  let isClosed = false;
  let failures = 0;
  let problem = null;
  let timer = null;

  const isWanted = ({ kind }) => !kinds || kinds.includes(kind);
  const isShort = () => entries.length + expected.size < ahead || entries.length === 0;

  function push(newAsk, part = {}) {
    return loading({ work: null, seconds: 0, ...part, ask: newAsk, problem: null });
  }

  function loading(entry) {
    entry.isReady = false;
    entry.loaded = load(entry.ask.image).then(
      () => { entry.isReady = true; },
      (error) => { entry.problem = error.message; },
    ).then(onChange);
    return entry;
  }

  /** An entry in hand may have waited for so long that its image had to make room for others. */
  function fresh(entry) {
    return entry?.isReady && !hasImage(entry.ask.image.id) ? loading(entry) : entry;
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
    else if (!isWanted(newAsk) || entries.length > ahead) release(newAsk);
    else entries.push(push(newAsk));
    onChange();
    return true;
  }

  async function fill() {
    if (kinds === undefined || isFilling || isExhausted || isClosed || !isShort()) return;
    isFilling = true;
    timers.clear(timer);
    const wanted = kinds;
    try {
      const newAsk = await ask(wanted);
      failures = 0;
      problem = null;
      if (wanted === kinds && (newAsk === null || !accept(newAsk))) isExhausted = true;
      else if (wanted !== kinds && newAsk) accept(newAsk);
    } catch (error) {
      failures += 1;
      problem = error;
      timer = timers.set(fill, backoff(failures));
    }
    isFilling = false;
    onChange();
    if (failures === 0) fill();
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
    reserve(id) {
      if (isExhausted || entries.length + expected.size >= ahead) return [];
      expected.set(id, kinds);
      return kinds;
    },
    /** The response came (`next` null: nothing left), or will never come (`next` undefined). */
    settle(id, next) {
      const isAskedNow = expected.get(id) === kinds; // not of a mode that has been left since
      const wasExpected = expected.delete(id);
      if (next) accept(next);
      else if (wasExpected && isAskedNow && next === null) isExhausted = true;
      fill();
    },
    /** Something changed on the server: ask again. */
    wake() {
      isExhausted = false;
      failures = 0;
      fill();
    },
    /** @returns {{ask: object, isKept: boolean}[]} isKept: with work in it */
    held: () => [...entries, ...passed].map(({ ask: held, work }) => ({ ask: held, isKept: work !== null })),
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
