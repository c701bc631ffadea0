/** Work that is begun and not submitted: what it is, and where it waits when its image is left. */
import { workOf } from "./state.js";

export function createBegun({ store, drafts, history, outbox, clock }) {
  /** Whether an earlier answer stands otherwise than it was submitted. */
  const isAnsweredAnew = ({ before }) => store.state.shown.points !== before.work.points;
  const isTouched = ({ past, future }) => past.length > 0 || future.length > 0; // what is undone can be redone

  /** @returns {object|null} what was begun on the entry in hand; while its image is not there, what was begun before */
  function find(entry) {
    const { phase, shown } = store.state;
    if (phase !== "showing") return entry.before ? entry.before.edited : entry.work;
    const isBegun = entry.before ? isAnsweredAnew(entry) : isTouched(shown);
    return isBegun ? workOf(shown) : null;
  }

  /** For the case that the page goes. */
  function keep(entry) {
    const { shown } = store.state;
    if (entry.before) history.edit(entry.before, find(entry));
    else drafts.save(shown.ask, workOf(shown), clock.seconds(), entry.replaces);
  }

  /** What was begun on a refused answer waits with it, to be opened again. @returns {boolean} whether it does */
  function keepWithRefused({ ask, work, seconds, replaces }) {
    if (!replaces || (work && !outbox.keepWork(replaces, work, seconds))) return false;
    drafts.remove(ask, replaces);
    return true;
  }

  /** The entry in hand is left. @returns {boolean} whether it waits in the queue, with its work */
  function leave(entry) {
    const work = find(entry);
    if (entry.before) history.edit(entry.before, work);
    if (entry.before || entry.isBeside) return false;
    const { shown } = store.state;
    if (shown) entry.ask = { ...entry.ask, prediction: shown.prediction };
    Object.assign(entry, { work, seconds: clock.seconds() });
    return !keepWithRefused(entry);
  }

  return { find, keep, keepWithRefused, leave, isAnsweredAnew };
}
