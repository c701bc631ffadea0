/**
 * One annotator at a grid: shows pages, turns a confirmed one into answers, and goes back to it.
 * Knows no DOM and no network: those come in as `store`, `pages`, `outbox` and `marks`.
 */
import { isMarked, tilesToSend } from "./state.js";
import { keyWords } from "../label/bound.js";
import { noteAgain, noteItem } from "../label/notes.js";
import { paths } from "../label/api.js";
import { noAnswerWords } from "../label/words.js";
import { t, tn } from "../language.js";

/** A confirmation sooner than this after the page was drawn is a double press, not a decision. */
export const UNSEEN_MS = 300;
const REMEMBERED = 20; // pages that one can go back to

export function createSession({ store, pages, outbox, clock, marks, projectId, tab, newId, timers, wallClock }) {
  const confirmed = []; // {tiles}, oldest first
  const aside = []; // {page, tiles, seconds}: pages that wait while an earlier one is seen again
  const revisions = new Map(); // id of an answer -> its revision number, once acknowledged
  let current = null; // {page, isEarlier}; page is null where no lease is held
  let warnedPage = null; // the page whose missing answers have been pointed out

  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });

  function show(page, tiles, { isEarlier = false, seconds = 0 } = {}) {
    current = { page, isEarlier };
    store.dispatch({ type: "page_shown", tiles, isEarlier });
    store.dispatch({ type: "history_changed", canGoBack: confirmed.length > 0 });
    clock.start(seconds);
  }

  function showNext() {
    current = null;
    const back = aside.pop();
    if (back) return show(back.page, back.tiles, back);
    const page = pages.take();
    if (page) return show(page, page.tiles);
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
    const { tiles } = store.state;
    if (current.isEarlier) confirmed.push({ tiles: tiles.map(asSent) });
    else aside.push({ page: current.page, tiles, seconds: clock.seconds() });
    current = null;
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
    /** Begin, with the marks that an earlier page of this tab left. */
    start(left) {
      if (left) {
        show(pages.hold(left.tiles, 0), left.tiles, { seconds: left.seconds });
        notify(t("Your marks on this page are back."));
        pages.check(); // the leases may be old
      }
      pages.fill();
    },
    pagesChanged() {
      if (current === null) showNext();
    },
    /** The state has been drawn: the annotator sees this page from now on, and its marks are kept. */
    drawn({ phase, page, tiles, isSeen }) {
      if (phase !== "showing" || current === null) return;
      if (!isSeen) timers.set(() => store.dispatch({ type: "page_seen", page }), UNSEEN_MS);
      if (!current.isEarlier) marks.keep(isMarked(tiles) ? { tiles, seconds: clock.seconds() } : null);
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
      if (answered.length > 0) confirmed.push({ tiles: answered.map(asSent) });
      confirmed.splice(0, confirmed.length - REMEMBERED);
      if (current.page) pages.finish(current.page, leftOut);
      marks.keep(null);
      showNext();
    },
    /** See the last confirmed page again. */
    back() {
      const before = confirmed.pop();
      if (!before) return notify(t("There is no earlier page."));
      putAside();
      show(null, before.tiles, { isEarlier: true });
      return notify(t("Your last page. What you change replaces your answer."));
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
      return show(null, [tile]);
    },
    settled(item, response) {
      if (item.kind !== "answer" && response) return;
      if (response) revisions.set(item.id, response.body.revision.number);
      else notify(`${item.ask.image.name}: ${item.problem.words}`, "bad");
    },
    /** The page whose leases must not go back when the browser page is left: its marks come back. */
    keptPage: () => (current?.page && isMarked(store.state.tiles) ? current.page : null),
  };
}

/** What was sent is what an earlier page shows, whatever was marked on it since. */
function asSent(tile) {
  return { ...tile, answer: tile.sent };
}
