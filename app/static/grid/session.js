/**
 * One annotator at a grid: shows pages, turns a confirmed one into answers, and goes back to it.
 * Knows no DOM and no network: those come in as `store`, `pages`, `outbox` and `marks`.
 */
import { isBegun, isMarked, tilesToSend } from "./state.js";
import { keyWords } from "../label/bound.js";
import { noteAgain, noteItem } from "../label/notes.js";
import { paths } from "../label/api.js";
import { noAnswerWords } from "../label/words.js";
import { t, tn } from "../language.js";

/** A confirmation sooner than this after the page was drawn is a double press, not a decision. */
export const UNSEEN_MS = 300;
const REMEMBERED = 20; // pages that one can go back to

export function createSession({ store, pages, outbox, clock, marks, projectId, tab, newId, timers, wallClock }) {
  const confirmed = []; // {tiles, past, future}, oldest first
  const aside = []; // {page, seconds, isEarlier} and what workOf has: pages that wait while an earlier one is seen again
  const revisions = new Map(); // id of an answer -> its revision number, once acknowledged
  let current = null; // {page, isEarlier}; page is null where no lease is held
  let warnedPage = null; // the page whose missing answers have been pointed out

  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });

  /** @param {object} work  its tiles, and what workOf has of a page that was shown before */
  function show(page, work, { isEarlier = false, seconds = 0 } = {}) {
    current = { page, isEarlier };
    store.dispatch({ type: "page_shown", ...work, isEarlier });
    store.dispatch({ type: "history_changed", canGoBack: confirmed.length > 0 });
    clock.start(seconds);
  }

  function showNext() {
    current = null;
    const back = aside.pop();
    if (back) return show(back.page, workOf(back), back);
    const page = pages.take();
    if (page) return show(page, { tiles: page.tiles });
    return clear();
  }

  function clear() {
    const { problem } = pages;
    store.dispatch({ type: "history_changed", canGoBack: confirmed.length > 0 });
    if (pages.isExhausted) return store.dispatch({ type: "page_cleared", phase: "empty" });
    if (problem?.isRetryable === false) return store.dispatch({ type: "page_cleared", phase: "refused", problem: problem.message });
    const words = problem ? noAnswerWords(problem) : null;
    return store.dispatch({ type: "page_cleared", phase: "loading", problem: words });
  }

  function putAside() {
    if (current === null) return;
    aside.push({ ...current, ...workOf(store.state), seconds: clock.seconds() });
    current = null;
  }

  /** For a reload: the pages before this one, and the earlier ones that are seen again as they are now. */
  function keepBefore() {
    const again = current?.isEarlier ? [workOf(store.state)] : [];
    const waiting = aside.filter(({ isEarlier }) => isEarlier).map(workOf).reverse();
    marks.keepBefore({ pages: [...confirmed, ...again, ...waiting], revisions });
  }

  /** @returns {import("./state.js").Tile} the tile with its answer on the way */
  function send(tile, seconds) {
    const { ask, answer, itemId, said, replaces } = tile;
    const id = newId();
    const follows = itemId === null || revisions.has(itemId) ? null : itemId;
    const body = {
      id,
      base_revision: revisions.get(itemId) ?? ask.revision,
      lease_id: itemId === null ? ask.lease_id : null,
      value: answer,
      active_seconds: seconds,
      assist: said ? { kind: "prediction", prediction_id: said.prediction_id } : { kind: "none", prediction_id: null },
      next_kinds: [],
    };
    const work = { points: {}, active: null, past: [], future: [], value: answer };
    const path = paths.attribute(ask.image.id, ask.kind);
    outbox.put(itemOf({ id, kind: "answer", method: "PUT", path, body, ask, work, follows }));
    if (replaces) outbox.discard(replaces);
    return { ...tile, itemId: id, sent: answer, replaces: null };
  }

  function itemOf(part) {
    return { project_id: projectId, tab, made_at: wallClock().toISOString(), problem: null, ...part };
  }

  return {
    /** Begin, with what the tab had before a reload. */
    start(left) {
      confirmed.push(...left.pages);
      for (const [id, revision] of left.revisions) revisions.set(id, revision);
      if (left.shown) {
        const { tiles, seconds } = left.shown;
        show(pages.hold(tiles, 0), workOf(left.shown), { seconds });
        if (isMarked(tiles)) notify(t("Your marks on this page are back."));
        pages.check(); // the leases may be old
      }
      pages.fill();
    },
    pagesChanged() {
      if (current === null) showNext();
    },
    /** The state has been drawn: the annotator sees this page from now on, and its marks are kept. */
    drawn(state) {
      const { phase, page, isSeen } = state;
      if (phase !== "showing" || current === null) return;
      if (!isSeen) timers.set(() => store.dispatch({ type: "page_seen", page }), UNSEEN_MS);
      if (current.isEarlier) keepBefore();
      else marks.keep(isBegun(state) ? { ...workOf(state), seconds: clock.seconds() } : null);
    },
    confirm() {
      const { phase, isSeen, tiles, page } = store.state;
      if (phase !== "showing" || !isSeen || current === null) return;
      const leftOut = tiles.filter(({ answer }) => answer === undefined);
      if (leftOut.length > 0 && warnedPage !== page) {
        warnedPage = page;
        notify(tn("{count} without an answer. {key} again leaves it for later.", "{count} without an answer. {key} again leaves them for later.", leftOut.length, { key: keyWords(store.state.keys.rows, "submit") }), "warn");
        return;
      }
      const sending = new Set(tilesToSend(tiles));
      const seconds = Math.round((clock.seconds() / Math.max(1, sending.size)) * 1000) / 1000;
      const done = tiles.map((tile) => (sending.has(tile) ? send(tile, seconds) : tile));
      const answered = done.filter(({ itemId }) => itemId !== null);
      if (answered.length > 0) confirmed.push(asConfirmed(answered));
      confirmed.splice(0, confirmed.length - REMEMBERED);
      if (current.page) pages.finish(current.page, leftOut);
      marks.keep(null);
      showNext();
      keepBefore();
    },
    /** See the last confirmed page again. */
    back() {
      if (confirmed.length === 0) return notify(t("There is no earlier page."));
      putAside();
      show(null, confirmed.pop(), { isEarlier: true });
      return notify(t("The page before. What you change replaces your answer."));
    },
    /** Say something about an image of the page; `replaces`: a note that the server refused. */
    note({ ask, text, isFlagged, replaces = null }) {
      outbox.put(itemOf(noteItem({ id: newId(), ask, text, isFlagged })));
      if (replaces) outbox.discard(replaces);
    },
    /** A refused answer, alone on a page, on top of what the server has now; or a refused note. */
    reopen(item) {
      store.dispatch({ type: "attention_toggled", isOpen: false });
      if (item.kind === "note") return store.dispatch(noteAgain(item));
      putAside();
      const revision = item.problem.actual ?? item.body.base_revision;
      const ask = { ...item.ask, lease_id: null, revision };
      const tile = { ask, said: null, answer: item.body.value, sent: undefined, itemId: null, replaces: item.id, isBroken: false };
      return show(null, { tiles: [tile] });
    },
    settled(item, response) {
      if (item.kind !== "answer" && response) return;
      if (response) {
        revisions.set(item.id, response.body.revision.number);
        keepBefore();
      } else notify(`${item.ask.image.name}: ${item.problem.words}`, "bad");
    },
    /** The page whose leases must not go back when the browser page is left: its marks come back. */
    keptPage() {
      if (current === null) return null;
      const { page, ...work } = current.isEarlier ? (aside.findLast(({ isEarlier }) => !isEarlier) ?? { page: null }) : { page: current.page, ...workOf(store.state) };
      return page && isBegun(work) ? page : null;
    },
  };
}

/** What was sent is what an earlier page shows, whatever was marked on it since. */
function asConfirmed(tiles) {
  return { tiles: tiles.map((tile) => ({ ...tile, answer: tile.sent })), past: [], future: [] };
}

/** What an annotator has done on a page, with the steps that led there. */
function workOf({ tiles, past, future, selected, focus }) {
  return { tiles, past, future, selected, focus };
}
