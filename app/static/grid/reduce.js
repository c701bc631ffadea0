/** Every change of grid mode. Pure: (state, action) -> state. */
import { aroundActions } from "../label/around.js";
import { isMarked } from "./state.js";

const CHANGES = {
  ...aroundActions,
  page_shown: (state, { tiles, isEarlier, past = [], future = [], selected = [], focus = 0 }) => ({
    ...state, phase: "showing", problem: null, tiles, isEarlier, isSeen: false, page: state.page + 1,
    focus, anchor: focus, selected, past, future,
  }),
  page_cleared: (state, { phase, problem }) => ({ ...state, phase, problem: problem ?? null, tiles: [], selected: [], isEarlier: false }),
  page_seen: (state, { page }) => (page === state.page ? { ...state, isSeen: true } : state),
  image_broken: (state, { leaseId }) => breakTile(state, leaseId),
  focus_moved: moveFocus,
  tile_toggled: (state, { index }) => ({ ...focused(state, index), selected: toggled(state.selected, index) }),
  range_selected: (state, { index }) => selectRange(state, index),
  all_selected: (state) => ({ ...state, selected: state.tiles.map((_, index) => index) }),
  selection_cleared: (state) => ({ ...state, selected: [] }),
  answered: (state, { value }) => answerMarked(state, value),
  undone: (state) => stepped(state, "past", "future"),
  redone: (state) => stepped(state, "future", "past"),
  history_changed: (state, { canGoBack }) => ({ ...state, canGoBack }),
};

export function reduce(state, action) {
  const change = CHANGES[action.type];
  if (!change) throw new Error(`The grid knows no action ${action.type}.`);
  return withoutHeeded(state, change(state, action));
}

/** What was said about the answers of a page goes when they change; what is bad stays until more is said. */
function withoutHeeded(before, after) {
  const { notice, tiles } = before;
  if (notice.text === "" || notice.tone === "bad" || tiles.length === 0) return after;
  const isHeeded = after.notice === notice && after.tiles !== tiles;
  return isHeeded ? aroundActions.notice_shown(after, { text: "" }) : after;
}

function focused(state, index) {
  return { ...state, focus: index, anchor: index };
}

function toggled(selected, index) {
  return selected.includes(index) ? selected.filter((each) => each !== index) : ordered([...selected, index]);
}

function ordered(indices) {
  return [...new Set(indices)].sort((a, b) => a - b);
}

/** `by` tiles on, staying on the page; with `isRange` everything since the anchor is selected. */
function moveFocus(state, { by, isRange }) {
  const index = Math.min(state.tiles.length - 1, Math.max(0, state.focus + by));
  if (!isRange) return focused(state, index);
  return selectRange(state, index);
}

function selectRange(state, index) {
  const [least, most] = [Math.min(state.anchor, index), Math.max(state.anchor, index)];
  const range = Array.from({ length: most - least + 1 }, (_, step) => least + step);
  return { ...state, focus: index, selected: ordered(range) };
}

/** Without a selection the answer is for the tile that has the focus. */
function answerMarked(state, value) {
  if (state.phase !== "showing") return state;
  const marked = new Set(state.selected.length > 0 ? state.selected : [state.focus]);
  const tiles = state.tiles.map((tile, index) => (marked.has(index) ? { ...tile, answer: value } : tile));
  return { ...state, tiles, selected: [], past: [...state.past, stepOf(state)], future: [] };
}

function stepOf({ tiles, selected, focus }) {
  return { answers: tiles.map(({ answer }) => answer), selected, focus };
}

/** The last step of one list is taken, and where it began goes to the other. */
function stepped(state, from, to) {
  const step = state[from].at(-1);
  if (!step) return state;
  const tiles = state.tiles.map((tile, index) => ({ ...tile, answer: step.answers[index] }));
  const taken = { ...focused(state, step.focus), tiles, selected: step.selected };
  return { ...taken, [from]: state[from].slice(0, -1), [to]: [...state[to], stepOf(state)] };
}

/** Nobody can confirm what cannot be seen, so it is left out unless it was answered by hand. */
function breakTile(state, leaseId) {
  const tiles = state.tiles.map((tile) => {
    if (tile.ask.lease_id !== leaseId) return tile;
    return { ...tile, isBroken: true, answer: isMarked([tile]) ? tile.answer : undefined };
  });
  return { ...state, tiles };
}
