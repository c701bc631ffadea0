/**
 * The annotator's own answers and skips in this tab, in the order in which they were given, and where one stands in them.
 * Kept in sessionStorage: a reload keeps them, another tab has its own.
 *
 * @typedef {object} Answered
 * @property {object} ask
 * @property {object} work            the points or the value that were sent, with the steps that led there
 * @property {string} itemId          of the outbox
 * @property {number|null} revision   once the server has acknowledged it
 * @property {boolean} isSkip         it was skipped; an answer takes the place of that
 * @property {object|null} edited     work begun on it since, not submitted
 */
import { keyFor } from "./storage.js";

const REMEMBERED = 100;
/** In sessionStorage: an answer with many landmarks is some 10 kB. */
const KEPT = 20;
/** Points in the steps of one answer that a reload keeps. */
const POINTS_KEPT = 2000;
const SAVE_AFTER_MS = 250;

/**
 * @param {() => Storage} storage sessionStorage; already asking for it throws where it is blocked
 * @param {{person?: string|null, timers?: {set: Function, clear: Function}}} parts
 */
export function createHistory(storage, projectId, { person = null, timers } = {}) {
  const key = keyFor("equimark.history", projectId, person);
  const records = load();
  let timer = null;
  let at = records.length; // records.length: at the front, where the new asks are

  function load() {
    try {
      return JSON.parse(storage().getItem(key)) ?? [];
    } catch (error) {
      console.warn("Earlier answers cannot be gone back to.", error);
      return [];
    }
  }

  function save() {
    if (timer !== null) timers.clear(timer);
    timer = null;
    try {
      storage().setItem(key, JSON.stringify(records.slice(-KEPT).map(light)));
    } catch (error) {
      console.warn("After a reload one cannot go back to these answers.", error);
    }
  }

  return {
    /** A new answer; in place of the one that it supersedes. */
    add(record, superseded = null) {
      const old = records.indexOf(superseded);
      if (old >= 0) records.splice(old, 1);
      records.push({ revision: null, edited: null, isSkip: false, ...record });
      records.splice(0, records.length - REMEMBERED);
      at = records.length;
      save();
    },
    /** What is begun on an answer that is seen again. Saved soon, once for a burst of changes. */
    edit(record, edited) {
      if (record.edited === edited) return;
      record.edited = edited;
      if (timer !== null) timers.clear(timer);
      timer = timers.set(save, SAVE_AFTER_MS);
    },
    /** Now: the page is going. */
    flush() {
      if (timer !== null) save();
    },
    /** @returns {Answered|null} the one before, which is then the shown one */
    back() {
      if (at === 0) return null;
      at -= 1;
      return records[at];
    },
    /** @returns {Answered|"front"|null} null: already at the front */
    forward() {
      if (at === records.length) return null;
      at += 1;
      return records[at] ?? "front";
    },
    /** Of what an earlier page left. */
    keepOnly(test) {
      records.splice(0, records.length, ...records.filter(test));
      at = records.length;
    },
    goTo(record) {
      at = records.indexOf(record);
    },
    toFront() {
      at = records.length;
    },
    /** @returns {Answered|null} of what was answered, not of skips */
    findLast: (test) => records.findLast((record) => !record.isSkip && test(record)) ?? null,
    acknowledge(itemId, revision) {
      const found = records.find((record) => record.itemId === itemId);
      if (!found) return;
      found.revision = revision;
      save();
    },
    /** The server refused it: it is no answer. */
    drop(itemId) {
      const found = records.findIndex((record) => record.itemId === itemId);
      if (found < 0) return;
      records.splice(found, 1);
      if (at > found) at -= 1;
      save();
    },
  };
}

/** The newest steps alone, as many as the storage can bear. */
function light(record) {
  return { ...record, work: lightWork(record.work), edited: record.edited && lightWork(record.edited) };
}

function lightWork(work) {
  const steps = Math.floor(POINTS_KEPT / Math.max(1, Object.keys(work.points).length));
  return { ...work, past: work.past.slice(-steps), future: work.future.slice(-steps) };
}
