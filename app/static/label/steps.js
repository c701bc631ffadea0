/** Undo steps of one image: what the reducers of points and of the whole shape share. */

/** Steps that can be undone on one image; older ones fall off. */
const MOST_STEPS = 500;

export function withShown(state, part) {
  return { ...state, shown: { ...state.shown, ...part } };
}

export function stepOf({ points, active }) {
  return { points, active };
}

export function remembered(past, step) {
  return [...past.slice(1 - MOST_STEPS), step];
}

/** One undoable change of the points. */
export function changed(state, points, active) {
  const { shown } = state;
  const past = remembered(shown.past, stepOf(shown));
  return withShown(state, { points, active, past, future: [], isNextHidden: false });
}
