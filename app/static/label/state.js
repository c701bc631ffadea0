/**
 * The one state of the labelling page: plain data, no DOM, no functions.
 *
 * @typedef {{state: "visible"|"hidden"|"absent", x?: number, y?: number}} Mark
 *   image px; an absent landmark may remember where it stood. No entry = not answered.
 * @typedef {{points: Record<string, Mark>, active: string|null}} Step
 */
import { aroundState } from "./around.js";
import { bindKeys } from "./bound.js";
import { DEFAULTS } from "./preferences.js";
import { PLAIN } from "./light.js";
import { own } from "./own.js";

/** With more landmarks than these, names hide the image and marks have to be small. */
export const DENSE_FROM = 30;

/** @param {object} schema the project's schema, see /api/v1/openapi.json */
export function initialState(schema, preferences = DEFAULTS, keys = bindKeys(), schemaVersion = null) {
  return {
    schema, // grows while the page is open, see schema.js
    schemaVersion,
    preferences, // what this annotator has switched on, see preferences.js
    ...aroundState(keys),
    mode: "auto", // "auto" | "landmarks" | "attributes": what the queue may ask
    phase: "loading", // "loading" | "showing" | "broken" (image does not open) | "empty" | "refused"
    problem: null, // words for the phases "broken" and "refused"
    shown: null, // see shownFrom
    ahead: 0, // asks held whose images are decoded: the next ones show at once
    isSeen: false, // the shown ask has been on screen long enough to be answered
    viewport: { width: 0, height: 0 }, // CSS px of the stage
    camera: { scale: 1, x: 0, y: 0 },
    isFitted: true, // the camera follows the stage until the annotator zooms or pans
    isAutoZoom: false, // the camera goes to the active landmark
    isPanReady: false, // the space bar is held
    isWholeShape: false, // on this image fingers and mouse move the whole shape
    overlay: { edges: true, names: schema.landmarks.length <= DENSE_FROM, heat: false, isHidden: false },
    shapePrior: null, // what the labelled shapes have in common, see refine.js
    clipboard: null, // a copied shape: {points, size, imageId}
    light: PLAIN, // how the picture is shown, see light.js
    skipOpen: null, // the ask for whose skipping a reason is being given
    swipe: null, // where a finger is leading: {choice: "yes" | "no" | "skip", isArmed}, see gestures_touch.js
    savedAt: null, // ms of the monotonic clock when the last answer was acknowledged
    counts: null, // of the project: {images, landmarks_labelled, attributes: {name: n}}
  };
}

/**
 * What the annotator works on: the ask and the work done so far.
 * @param {object} ask as the server gave it
 * @param {object|null} work kept from an earlier showing: {points, active, past, future, value, isHelped}
 */
export function shownFrom(ask, keptWork, schema) {
  const work = keptWork && withoutGone(keptWork, new Set(schema.landmarks));
  const points = work?.points ?? pointsOf(ask.label);
  return {
    ask,
    prediction: ask.prediction,
    ghosts: ghostsOf(ask.prediction), // the network's points as they are shown, see reduce_ghosts.js
    isCleared: false, // the annotator has put the prediction away
    isHelped: work?.isHelped ?? false, // a shape came from another image
    points,
    active: work ? work.active : findUnset(points, schema.landmarks, null),
    isNextHidden: false, // the next placement of the active landmark is "hidden"
    value: work?.value === undefined ? ask.label?.value : work.value, // the answer to an attribute; undefined = none yet
    past: work?.past ?? [],
    future: work?.future ?? [],
    grabbed: null, // the Step before the drag that is under way
    isWholeGrabbed: false, // it is the whole shape that is dragged
    turn: null, // what the wheel has done to the shape: {from, angle, factor, points}
  };
}

/** The part of a shown ask that must survive when it is put aside. */
export function workOf({ points, active, past, future, value, isHelped }) {
  return { points, active, past, future, value, isHelped };
}

/** Kept work may be older than the schema: what it says of landmarks that have gone is left out, also for undo. */
function withoutGone(work, known) {
  const isGone = (name) => Boolean(name) && !known.has(name);
  function stepOf(step) {
    const names = Object.keys(step.points ?? {});
    if (!isGone(step.active) && !names.some(isGone)) return step; // the same: it tells what has changed
    const points = Object.fromEntries(Object.entries(step.points).filter(([name]) => !isGone(name)));
    return { ...step, points, active: isGone(step.active) ? findUnset(points, [...known], null) : step.active };
  }
  return { ...stepOf(work), past: (work.past ?? []).map(stepOf), future: (work.future ?? []).map(stepOf) };
}

/** @returns {string[]} landmarks without an answer, in the schema's order */
export function missingNames({ schema, shown }) {
  return schema.landmarks.filter((name) => !Object.hasOwn(shown.points, name));
}

/** @returns {string|null} the first landmark without an answer after `after`, going round */
export function findUnset(points, landmarks, after) {
  const start = landmarks.indexOf(after) + 1;
  const order = [...landmarks.slice(start), ...landmarks.slice(0, start)];
  return order.find((name) => !Object.hasOwn(points, name)) ?? null;
}

/** Where an answer leads: to the next unset landmark or, worst first, to the unset one that is most in doubt. */
export function findNext({ schema, shown, preferences }, points, after) {
  const next = findUnset(points, schema.landmarks, after);
  if (!preferences.isWorstFirst || next === null) return next;
  const start = schema.landmarks.indexOf(next);
  const order = [...schema.landmarks.slice(start), ...schema.landmarks.slice(0, start)];
  const unset = order.filter((name) => !Object.hasOwn(points, name));
  // of a landmark without a prediction nothing is known at all
  const doubtOf = (name) => (findGhost(shown, name) ? (findGhost(shown, name).doubt_px ?? 0) : Infinity);
  return unset.reduce((worst, name) => (doubtOf(name) > doubtOf(worst) ? name : worst), next);
}

/** @returns {{x: number, y: number}|null} where a landmark stands on the image */
export function findPlace(points, name) {
  const mark = own(points, name);
  return mark && mark.state !== "absent" ? { x: mark.x, y: mark.y } : null;
}

/** @returns {{x: number, y: number, doubt_px: number|null}|null} the network's point, where it is shown */
export function findGhost(shown, name) {
  return shown.isCleared ? null : (own(shown.ghosts, name) ?? null);
}

export function hasGhosts({ prediction, isCleared }) {
  return !isCleared && prediction?.points.length > 0;
}

/** The network's points by name. */
export function ghostsOf(prediction) {
  return Object.fromEntries((prediction?.points ?? []).map((point) => [point.name, point]));
}

export function findAttribute(schema, kind) {
  return schema.attributes.find((attribute) => attribute.name === kind) ?? null;
}

/** Kinds of ask for a mode, as the server takes them. They are named: a project may have gained one since. */
export function kindsOf(mode, schema) {
  const attributes = schema.attributes.map((attribute) => attribute.name);
  if (mode === "landmarks") return ["landmarks"];
  return mode === "attributes" || schema.landmarks.length === 0 ? attributes : ["landmarks", ...attributes];
}

/** @returns {boolean} whether the page can ask this; the question of an old draft may have gone */
export function isKnown(kind, schema) {
  return kindsOf("auto", schema).includes(kind);
}

/** @returns {boolean} whether the project has something to ask in this mode */
export function isOffered(mode, schema) {
  if (mode === "landmarks") return schema.landmarks.length > 0;
  return mode === "auto" || (mode === "attributes" && schema.attributes.length > 0);
}

/** Image size in the words of geometry.js. */
export function sizeOf(ask) {
  return { width: ask.image.width_px, height: ask.image.height_px };
}

function pointsOf(label) {
  const entries = (label?.points ?? []).map(({ name, state, x, y }) => [
    name,
    state === "absent" ? { state } : { state, x, y },
  ]);
  return Object.fromEntries(entries);
}
