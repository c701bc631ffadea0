/** Every change of the set-up page. Pure: (state, action) -> state. */
import { newAttribute, planOfTemplate } from "./state.js";
import { clamped, freePlace, moved } from "./places.js";

const LONGEST_HISTORY = 200;

const CHANGES = {
  project_named: (state, { name }) => changed(state, { name }, "project"),
  landmark_added: (state, { at }) => addLandmark(state, at ?? freePlace(state.plan.landmarks, state.frame)),
  landmark_moved: (state, { key, at, step }) => changeLandmark(state, key, placeOf(at, state.frame), step),
  landmark_named: (state, { key, name }) => (isLocked(state, key) ? state : changeLandmark(state, key, { name }, `name ${key}`)),
  landmark_removed: (state, { key }) => (isLocked(state, key) ? state : removeLandmark(state, key)),
  landmark_shifted: (state, { key, by }) => shiftLandmark(state, key, by),
  landmark_selected: (state, { key }) => ({ ...state, selected: key }),
  tool_chosen: (state, { tool }) => ({ ...state, tool }),
  edge_toggled: (state, { from, to }) => (from === to ? state : changed(state, { edges: toggled(state.plan.edges, [from, to]) })),
  pair_set: (state, { from, to }) => (from === to ? state : changed(state, { pairs: paired(state.plan.pairs, [from, to]) })),
  pair_removed: (state, { key }) => changed(state, { pairs: state.plan.pairs.filter((pair) => !pair.includes(key)) }),
  attribute_added: (state, { kind }) => addAttribute(state, kind),
  attribute_changed: (state, { key, part, step }) => changeAttribute(state, key, part, step),
  attribute_removed: (state, { key }) => removeAttribute(state, key),
  attribute_shifted: (state, { key, by }) => changed(state, { attributes: shifted(state.plan.attributes, key, by, 0) }),
  normaliser_changed: (state, { normaliser }) => changed(state, { normaliser }),
  template_taken: (state, { template }) => takeTemplate(state, template),
  picture_changed: (state, { picture, frame }) => changePicture(state, picture, frame),
  undone: undo,
  redone: redo,
  saving: (state) => ({ ...state, phase: "saving", refusals: [] }),
  refused: (state, { refusals }) => ({ ...state, phase: "editing", refusals }),
  saved: (state) => ({ ...state, savedPlan: state.plan }),
};

export function reduce(state, action) {
  const change = CHANGES[action.type];
  if (!change) throw new Error(`The set-up page knows no action ${action.type}.`);
  return change(state, action);
}

/** Labels refer to the first landmarks by name and order. */
export function isLocked({ plan, locked }, key) {
  return plan.landmarks.findIndex((landmark) => landmark.key === key) < locked;
}

/** `step` is a word for changes that follow each other closely: typing a name, dragging a point. */
function changed(state, part, step = null) {
  const isSameStep = step !== null && step === state.merging;
  const past = isSameStep ? state.past : [...state.past, state.plan].slice(-LONGEST_HISTORY);
  return { ...state, plan: { ...state.plan, ...part }, past, future: [], merging: step, refusals: [] };
}

function undo(state) {
  if (state.past.length === 0) return state;
  const plan = state.past.at(-1);
  const future = [state.plan, ...state.future];
  return withSelection({ ...state, plan, past: state.past.slice(0, -1), future, merging: null, refusals: [] });
}

function redo(state) {
  if (state.future.length === 0) return state;
  const [plan, ...future] = state.future;
  return withSelection({ ...state, plan, past: [...state.past, state.plan], future, merging: null, refusals: [] });
}

function withSelection(state) {
  const isThere = state.plan.landmarks.some(({ key }) => key === state.selected);
  return isThere ? state : { ...state, selected: null };
}

function addLandmark(state, at) {
  const { nextKey: key, plan } = state;
  const taken = new Set(plan.landmarks.map(({ name }) => name));
  let number = plan.landmarks.length + 1;
  while (taken.has(`point_${number}`)) number += 1;
  const landmark = { key, name: `point_${number}`, ...placeOf(at, state.frame) };
  const next = changed(state, { landmarks: [...plan.landmarks, landmark] });
  return { ...next, selected: key, nextKey: key + 1 };
}

function placeOf(at, frame) {
  const [x, y] = clamped(at, frame);
  return { x, y };
}

function changeLandmark(state, key, part, step = null) {
  const landmarks = state.plan.landmarks.map((landmark) => (landmark.key === key ? { ...landmark, ...part } : landmark));
  return changed(state, { landmarks }, step);
}

function removeLandmark(state, key) {
  const { landmarks, edges, pairs, normaliser } = state.plan;
  const index = landmarks.findIndex((landmark) => landmark.key === key);
  const left = landmarks.filter((landmark) => landmark.key !== key);
  const without = (list) => list.filter((pair) => !pair.includes(key));
  const isMeasure = normaliser.between?.includes(key);
  const next = changed(state, {
    landmarks: left,
    edges: without(edges),
    pairs: without(pairs),
    normaliser: isMeasure ? { kind: "box", between: null } : normaliser,
  });
  return { ...next, selected: left[Math.min(index, left.length - 1)]?.key ?? null };
}

function shiftLandmark(state, key, by) {
  if (isLocked(state, key)) return state;
  return changed(state, { landmarks: shifted(state.plan.landmarks, key, by, state.locked) });
}

/** The item with this key one place on, never before `least`. */
function shifted(items, key, by, least) {
  const from = items.findIndex((item) => item.key === key);
  const to = Math.min(items.length - 1, Math.max(least, from + by));
  const rest = items.toSpliced(from, 1);
  return rest.toSpliced(to, 0, items[from]);
}

function toggled(pairs, [from, to]) {
  const left = pairs.filter((pair) => !(pair.includes(from) && pair.includes(to)));
  return left.length < pairs.length ? left : [...pairs, [from, to]];
}

/** A landmark has one mirror image: older pairs of both are dissolved; the same pair again is, too. */
function paired(pairs, [from, to]) {
  const isThere = pairs.some((pair) => pair.includes(from) && pair.includes(to));
  const left = pairs.filter((pair) => !pair.includes(from) && !pair.includes(to));
  return isThere ? left : [...left, [from, to]];
}

function addAttribute(state, kind) {
  const attributes = [...state.plan.attributes, newAttribute(kind, state.nextKey)];
  return { ...changed(state, { attributes }), nextKey: state.nextKey + 1 };
}

function changeAttribute(state, key, part, step = null) {
  const attributes = state.plan.attributes.map((each) => (each.key === key ? { ...each, ...part } : each));
  return changed(state, { attributes }, step);
}

function removeAttribute(state, key) {
  const attributes = state.plan.attributes.filter((each) => each.key !== key || each.kept !== null);
  return changed(state, { attributes });
}

/** Keys of the template's plan begin again at 1; new ones stay clear of those in the history, too. */
function takeTemplate(state, template) {
  if (state.locked > 0) return state;
  const { name, attributes } = state.plan;
  const plan = planOfTemplate(template, { name, frame: state.frame });
  const count = plan.landmarks.length;
  const own = attributes.map((each, index) => ({ ...each, key: count + 1 + index }));
  const next = changed(state, { ...plan, attributes: own });
  return { ...next, selected: null, nextKey: Math.max(state.nextKey, count + own.length + 1) };
}

function changePicture(state, picture, frame) {
  const landmarks = state.plan.landmarks.map((each) => placeOfMoved(each, state.frame, frame));
  const relocated = (plan) => ({ ...plan, landmarks: plan.landmarks.map((each) => placeOfMoved(each, state.frame, frame)) });
  return {
    ...state, picture, frame, plan: { ...state.plan, landmarks },
    past: state.past.map(relocated), future: state.future.map(relocated),
  };
}

function placeOfMoved(landmark, from, to) {
  const [x, y] = moved([landmark.x, landmark.y], from, to);
  return { ...landmark, x, y };
}
