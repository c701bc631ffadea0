/**
 * One annotator at work: shows asks, turns what was done into answers, goes back, changes the mode.
 * Knows no DOM and no network: those come in as `store`, `queue`, `outbox` and `drafts`.
 */
import { answerOf, assistOf } from "./answers.js";
import { keyWords } from "./bound.js";
import { noteAgain, noteItem } from "./notes.js";
import { createBegun } from "./begun.js";
import { createWalk } from "./walk.js";
import { isKnown, kindsOf, missingNames, sizeOf, workOf } from "./state.js";
import { listWords, noAnswerWords, readable } from "./words.js";
import { paths } from "./api.js";
import { t, timeOfDay } from "../language.js";

/** An answer sooner than this after the image was drawn is a double press, not a decision. */
export const UNSEEN_MS = 120;
const MEND_AFTER_MS = 5000;
/** The server takes no longer reason. */
const REASON_LENGTH = 300;

export function createSession({
  store, queue, outbox, clock, drafts, history, lastShape, release, findLabel, projectId, tab, newId, timers, wallClock,
}) {
  let current = null; // {entry, isDrawn, points}
  let isStarted = false; // before, answers of an earlier page may already bring asks
  let chosen = null; // the mode that was chosen before
  let warnedAbout = null; // the ask whose missing landmarks have been pointed out
  const begun = createBegun({ store, drafts, history, outbox, clock });
  history.keepOnly(({ ask }) => isKnown(ask.kind, store.state.schema));

  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });
  const key = (id) => keyWords(store.state.keys.rows, id);
  const canAnswer = () => current !== null && store.state.phase === "showing" && store.state.isSeen;

  function showNext() {
    history.toFront();
    const entry = queue.take();
    if (entry) show(entry);
    else clear();
    queue.fill();
  }

  function showFirst() {
    if (current || !isStarted) return;
    const entry = queue.take();
    if (entry) show(entry);
    else clear();
  }

  function clear() {
    current = null;
    const { problem } = queue;
    if (queue.isExhausted) store.dispatch({ type: "ask_cleared", phase: "empty" });
    else if (problem?.isRetryable === false) {
      store.dispatch({ type: "ask_cleared", phase: "refused", problem: problem.message });
    } else {
      const words = problem ? noAnswerWords(problem) : null;
      store.dispatch({ type: "ask_cleared", phase: "loading", problem: words });
    }
  }

  function show(entry) {
    current = { entry, isDrawn: false, points: null };
    if (entry.isReady || entry.problem) return display(entry);
    store.dispatch({ type: "ask_cleared", phase: "loading" });
    entry.loaded.then(() => {
      if (current?.entry === entry) display(entry);
    });
  }

  function display(entry) {
    if (entry.problem) {
      store.dispatch({ type: "image_broken", ask: entry.ask, problem: entry.problem });
      timers.set(() => mend(entry), MEND_AFTER_MS);
    } else store.dispatch({ type: "ask_shown", ask: entry.ask, work: entry.work });
    current.points = store.state.shown.points;
    clock.start(entry.seconds);
  }

  /** A broken image is loaded again behind the message, for as long as it is shown: the server may have been away. */
  function mend(entry) {
    if (current?.entry !== entry) return;
    const again = queue.entryFor(entry.ask, entry);
    again.loaded.then(() => {
      if (current?.entry !== entry) return;
      if (again.isReady) show(again);
      else timers.set(() => mend(entry), MEND_AFTER_MS);
    });
  }

  /** The shown ask goes back to where it came from, with its work. */
  function putAside(place = queue.putBack) {
    if (!current) return;
    const { entry } = current;
    if (begun.leave(entry)) place(entry);
    current = null;
  }

  /** @returns {object} the answer as the history has it */
  function send(shown) {
    const { entry } = current;
    const { before = null } = entry;
    const { ask } = shown;
    const id = newId();
    const follows = before && before.revision === null && !before.isSkip ? before.itemId : null;
    const { path, part } = answerOf(shown, store.state);
    const body = {
      id,
      base_revision: before?.revision ?? ask.revision,
      lease_id: ask.lease_id,
      ...part,
      active_seconds: Math.round(clock.seconds() * 1000) / 1000,
      assist: assistOf(shown),
      ...queue.nextOf(id),
    };
    const work = { ...workOf(shown), past: [], future: [] };
    outbox.put(itemOf({ id, kind: "answer", method: "PUT", path, body, ask, work, follows }));
    if (entry.replaces) outbox.discard(entry.replaces);
    drafts.remove(ask, entry.replaces);
    if (ask.kind === "landmarks") lastShape.keep(shapeOf({ ask, work }));
    history.add({ ask, work: { ...work, past: shown.past }, itemId: id }, before);
  }

  /** An answer of mine is shown again; a new one replaces it. */
  function showAgain(record) {
    const { ask, work, edited, revision } = record;
    show(queue.entryFor({ ...ask, lease_id: null, revision: revision ?? ask.revision }, { work: edited ?? work, before: record }));
  }

  function itemOf(part) {
    return { project_id: projectId, tab, made_at: wallClock().toISOString(), problem: null, ...part };
  }

  /** Seen again and left as it was: nothing new to store. */
  function leaveUnchanged() {
    history.edit(current.entry.before, null);
    showNext();
  }

  function submitLandmarks() {
    const { shown, schema } = store.state;
    const missing = missingNames(store.state);
    if (missing.length === schema.landmarks.length) {
      return notify(t("Nothing is placed yet. {key} skips this image.", { key: key("skip") }), "warn");
    }
    if (missing.length > 0 && warnedAbout !== shown.ask) {
      warnedAbout = shown.ask;
      store.dispatch({ type: "missing_shown" });
      return notify(t("Without an answer: {landmarks}. {key} again submits as it is.", { landmarks: listWords(missing.map(readable)), key: key("submit") }), "warn");
    }
    const { before } = current.entry;
    if (before && !before.isSkip && !begun.isAnsweredAnew(current.entry)) return leaveUnchanged();
    send(shown);
    return showNext();
  }

  return {
    ...createWalk({
      store, queue, history, findLabel, notify, canAnswer, current: () => current, putAside, show, showNext, showAgain,
    }),
    /** Begin, with drafts left by an earlier page first. */
    start(offered, leftDrafts) {
      isStarted = true;
      const mode = chosen ?? offered;
      store.dispatch({ type: "mode_chosen", mode });
      const [draft, ...others] = leftDrafts.filter(({ ask }) => isKnown(ask.kind, store.state.schema));
      const entryOf = ({ ask, work, seconds, replaces }) => queue.entryFor(ask, { work, seconds, replaces });
      for (const other of others) if (!begun.keepWithRefused(other)) queue.putBack(entryOf(other));
      if (draft) {
        show(entryOf(draft));
        const time = timeOfDay(new Date(draft.saved_at));
        notify(t("What you had placed at {time} is back. {key} undoes it step by step.", { time, key: key("undo") }));
      }
      queue.choose(kindsOf(mode, store.state.schema));
      showFirst(); // answers of an earlier page may have brought all that is held: then nothing changes any more
    },
    queueChanged() {
      store.dispatch({ type: "ahead_changed", count: queue.readyCount() });
      showFirst();
    },
    /** The state has been drawn: the annotator sees this ask from now on; unfinished points are kept. */
    drawn(state) {
      if (!current || state.shown?.ask !== current.entry.ask) return;
      if (!current.isDrawn) timers.set(() => store.dispatch({ type: "ask_seen", ask: state.shown.ask }), UNSEEN_MS);
      current.isDrawn = true;
      const isUnchanged = current.points === null || state.shown.points === current.points;
      if (isUnchanged || state.shown.grabbed) return;
      current.points = state.shown.points;
      begun.keep(current.entry);
    },
    submit() {
      if (!canAnswer()) return;
      const { shown } = store.state;
      if (shown.ask.kind === "landmarks") submitLandmarks();
      else if (shown.value !== undefined) this.answer(shown.value);
      else notify(t("Choose an answer first, or {key} for: cannot tell.", { key: key("cannotTell") }), "warn");
    },
    /** Answer an attribute and go on, or stay. null = cannot tell. */
    answer(value, { isStaying = false } = {}) {
      if (!canAnswer() || store.state.shown.ask.kind === "landmarks") return;
      const { before } = current.entry;
      if (before && !before.isSkip && before.work.value === value) return isStaying ? undefined : leaveUnchanged();
      store.dispatch({ type: "value_chosen", value });
      send(store.state.shown);
      if (isStaying) showAgain(history.back());
      else showNext();
    },
    /** What I answered last to a question; undefined: nothing yet. */
    lastValue: (kind) => history.findLast(({ ask }) => ask.kind === kind)?.work.value,
    /** @param {{code?: string|null, text?: string|null}} why  one of the offered reasons, or in the annotator's own words */
    skip({ code = null, text = null } = {}) {
      const isBroken = store.state.phase === "broken";
      if (!(isBroken && store.state.isSeen) && !canAnswer()) return;
      const { entry } = current;
      if (entry.before) return leaveUnchanged(); // a skip that is seen again stands, and is sent once
      if (entry.replaces) putAside(); // it stays refused, with what was begun on it
      else if (entry.ask.lease_id !== null) {
        const id = newId();
        const why = isBroken ? { reason_code: "broken", reason: String(entry.problem).slice(0, REASON_LENGTH) } : { reason_code: code, reason: text };
        const body = { ...why, ...queue.nextOf(id) };
        const path = paths.skip(entry.ask.lease_id);
        outbox.put(itemOf({ id, kind: "skip", method: "POST", path, body, ask: entry.ask, work: null, follows: null }));
        if (!isBroken) history.add({ ask: entry.ask, work: workOf(store.state.shown), itemId: id, isSkip: true });
      }
      if (!entry.replaces) drafts.remove(entry.ask);
      showNext();
    },
    /** Say something about the shown image; `replaces`: a note that the server refused. */
    note({ ask, text, isFlagged, replaces = null }) {
      outbox.put(itemOf(noteItem({ id: newId(), ask, text, isFlagged })));
      if (replaces) outbox.discard(replaces);
    },
    /** The landmarks of my newest answer about another image, or null; from before a reload where there is no newer. */
    previousShape() {
      const here = store.state.shown?.ask.image.id;
      const last = history.findLast(({ ask }) => ask.kind === "landmarks" && ask.image.id !== here);
      if (last) return shapeOf(last);
      const kept = lastShape.find();
      return kept?.imageId === here ? null : kept;
    },
    choose(mode) {
      store.dispatch({ type: "mode_chosen", mode });
      if (!isStarted) {
        chosen = mode;
        return;
      }
      const kinds = kindsOf(mode, store.state.schema);
      const isWanted = !current || kinds.includes(current.entry.ask.kind);
      if (!isWanted && store.state.shown && !current.entry.before && !begun.find(current.entry)) {
        release(current.entry.ask);
        current = null;
      } else if (!isWanted) putAside();
      queue.choose(kinds);
      if (!current) showNext();
    },
    /** Load a broken image once more. */
    retryImage() {
      if (store.state.phase !== "broken") return;
      show(queue.entryFor(current.entry.ask, current.entry));
    },
    /** Show a refused answer again, on top of what the server has now. */
    reopen(item) {
      store.dispatch({ type: "attention_toggled", isOpen: false });
      if (item.kind === "note") return store.dispatch(noteAgain(item));
      if (!isKnown(item.ask.kind, store.state.schema)) {
        return notify(t("This question is asked no more: it was renamed or removed."), "warn");
      }
      putAside();
      history.toFront();
      const revision = item.problem.actual ?? item.body.base_revision;
      const ask = { ...item.ask, lease_id: null, revision };
      return show(queue.entryFor(ask, { work: item.work, seconds: item.seconds ?? item.body.active_seconds, replaces: item.id }));
    },
    settled(item, response) {
      const next = response?.body?.next;
      queue.settle(item.id, next);
      if (item.kind === "skip" || (item.kind === "note" && response)) return;
      if (response) return history.acknowledge(item.id, response.body.revision.number);
      history.drop(item.id);
      notify(`${item.ask.image.name}: ${item.problem.words}`, "bad");
    },
    predictionArrived(imageId, prediction) {
      queue.refresh(imageId, prediction);
      store.dispatch({ type: "prediction_arrived", imageId, prediction });
    },
    /** The shown entry, where it came from the queue. */
    findShown: () => (current && !current.entry.before && !current.entry.replaces && !current.entry.isBeside ? current.entry : null),
    /** Asks in hand; `isKept`: with a draft, so it must not be given back when the page goes. */
    held() {
      const { shown } = store.state;
      if (!current) return queue.held();
      const ask = { ...current.entry.ask, prediction: shown?.prediction ?? null };
      return [{ ask, isKept: begun.find(current.entry) !== null, isNear: true }, ...queue.held()];
    },
  };
}

function shapeOf({ ask, work }) {
  return { points: work.points, size: sizeOf(ask), imageId: ask.image.id };
}
