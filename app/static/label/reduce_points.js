/** Placing, moving and answering landmarks, with undo and redo for each image. */
import { clampToImage, toImage } from "./geometry.js";
import { changed, remembered, stepOf, withShown } from "./steps.js";
import { own } from "./own.js";
import { findGhost, findNext, findPlace, sizeOf } from "./state.js";

export const pointActions = {
  /** A click: the active landmark stands here. */
  point_placed(state, { x, y, name = state.shown.active }) {
    if (name === null) return state;
    return answered(state, name, placedMark(state, name, { x, y }));
  },
  /** A drag begins, at a placed point or (with x, y) by placing one. Nothing is an undo step until it ends. */
  point_grabbed(state, { name, x, y }) {
    const { shown } = state;
    const grabbed = stepOf(shown);
    const points = x === undefined ? shown.points : { ...shown.points, [name]: placedMark(state, name, { x, y }) };
    return withShown(state, { grabbed, isWholeGrabbed: false, points, active: name, isNextHidden: false });
  },
  point_dragged(state, { x, y }) {
    const { shown } = state;
    if (!shown?.grabbed || !findPlace(shown.points, shown.active)) return state;
    const at = clampToImage({ x, y }, sizeOf(shown.ask));
    const mark = { ...shown.points[shown.active], ...at };
    return withShown(state, { points: { ...shown.points, [shown.active]: mark } });
  },
  point_dropped(state, { isAdvancing }) {
    const { shown } = state;
    if (!shown?.grabbed) return state;
    const { grabbed } = shown;
    const active = isAdvancing ? next(state, shown.points) : shown.active;
    if (grabbed.points === shown.points) return withShown(state, { grabbed: null, active });
    return withShown(state, { grabbed: null, active, past: remembered(shown.past, grabbed), future: [] });
  },
  drag_cancelled(state) {
    if (!state.shown?.grabbed) return state;
    return withShown(state, { ...state.shown.grabbed, grabbed: null, isWholeGrabbed: false });
  },
  /** Image px; steps of a held key are one undo step. So that keys alone can place, one that is unset gets a place. */
  point_nudged(state, { dx, dy, isContinued = false }) {
    const { active, points } = state.shown;
    if (active === null || own(points, active)?.state === "absent") return state;
    const place = findPlace(points, active);
    const from = place ?? findGhost(state.shown, active) ?? middleOfView(state);
    const moved = { ...points, [active]: placedMark(state, active, { x: from.x + dx, y: from.y + dy }) };
    return isContinued && place ? withShown(state, { points: moved }) : changed(state, moved, active);
  },
  /** Occluded: keeps its place and advances; an unplaced one will be hidden when it is placed. */
  point_hidden(state) {
    const { shown } = state;
    if (shown.active === null) return state;
    const mark = own(shown.points, shown.active);
    if (!mark || mark.state === "absent") return withShown(state, { isNextHidden: !shown.isNextHidden });
    if (mark.state === "visible") return answered(state, shown.active, { ...mark, state: "hidden" });
    return changed(state, { ...shown.points, [shown.active]: { ...mark, state: "visible" } }, shown.active);
  },
  point_absent(state) {
    const { shown } = state;
    if (shown.active === null) return state;
    const mark = own(shown.points, shown.active);
    if (mark?.state === "absent") return changed(state, withMark(shown.points, shown.active, back(mark)), shown.active);
    return answered(state, shown.active, { ...mark, state: "absent" });
  },
  /** visible -> hidden -> absent -> visible (or unset where no place is remembered) */
  point_cycled(state, { name }) {
    const { points } = state.shown;
    const mark = own(points, name);
    if (!mark) return withShown(state, { active: name });
    const after = { visible: { ...mark, state: "hidden" }, hidden: { ...mark, state: "absent" }, absent: back(mark) };
    return changed(state, withMark(points, name, after[mark.state]), name);
  },
  point_unset(state, { name = state.shown.active }) {
    const { points } = state.shown;
    if (name === null || !Object.hasOwn(points, name)) return state;
    return changed(state, withMark(points, name, null), name);
  },
  active_set: (state, { name }) => withShown(state, { active: name, isNextHidden: false }),
  active_moved(state, { step }) {
    const { landmarks } = state.schema;
    const at = landmarks.indexOf(state.shown.active);
    const from = at < 0 && step < 0 ? 0 : at; // from nowhere: forwards to the first, backwards to the last
    const name = landmarks[(from + step + landmarks.length) % landmarks.length];
    return withShown(state, { active: name, isNextHidden: false });
  },
  prediction_accepted(state, { isAll = false }) {
    const { shown, schema } = state;
    const names = isAll ? schema.landmarks.filter((name) => !Object.hasOwn(shown.points, name)) : [shown.active];
    const marks = names.flatMap((name) => {
      const ghost = findGhost(shown, name);
      return ghost ? [[name, placedMark(state, name, ghost)]] : [];
    });
    if (marks.length === 0) return state;
    const points = { ...shown.points, ...Object.fromEntries(marks) };
    return changed(state, points, next(state, points));
  },
  /** The server's doing, not the annotator's: no undo step, placed points stay. */
  prediction_arrived(state, { imageId, prediction }) {
    if (state.shown?.ask.image.id !== imageId) return state;
    return withShown(state, { prediction });
  },
  undone(state) {
    const step = state.shown?.past.at(-1);
    if (!step) return state;
    const { past, future } = state.shown;
    return withShown(state, { ...step, past: past.slice(0, -1), future: [...future, stepOf(state.shown)] });
  },
  redone(state) {
    const step = state.shown?.future.at(-1);
    if (!step) return state;
    const { past, future } = state.shown;
    return withShown(state, { ...step, past: remembered(past, stepOf(state.shown)), future: future.slice(0, -1) });
  },
};

function answered(state, name, mark) {
  const points = { ...state.shown.points, [name]: mark };
  return changed(state, points, findNext(state, points, name));
}

function next(state, points) {
  return findNext(state, points, state.shown.active);
}

function placedMark(state, name, at) {
  const { shown } = state;
  const isHidden = (shown.isNextHidden && name === shown.active) || own(shown.points, name)?.state === "hidden";
  return { state: isHidden ? "hidden" : "visible", ...clampToImage(at, sizeOf(shown.ask)) };
}

function middleOfView({ camera, viewport }) {
  return toImage(camera, { x: viewport.width / 2, y: viewport.height / 2 });
}

function withMark(points, name, mark) {
  if (mark) return { ...points, [name]: mark };
  const { [name]: _, ...rest } = points;
  return rest;
}

/** An absent mark comes back where it stood, or not at all. */
function back(mark) {
  return mark.x === undefined ? null : { ...mark, state: "visible" };
}
