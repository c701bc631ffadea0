/** After whatever happened: the predicted points that are left follow the corrected ones, where that is wanted. */
import { refine } from "./refine.js";
import { ghostsOf } from "./state.js";
import { withShown } from "./steps.js";

export const ghostActions = {
  prediction_cleared: (state) => withShown(state, { isCleared: true }),
  prediction_loaded: (state) => withShown(state, { isCleared: false }),
  shape_learned: (state, { prior }) => ({ ...state, shapePrior: prior }),
};

/** Derived from the points, so that an undone correction takes back what followed it; never in the midst of a drag. */
export function followCorrections(before, after) {
  const { shown, shapePrior, preferences } = after;
  if (!shown || shown.grabbed || shown.ask.kind !== "landmarks" || isSame(before, after)) return after;
  const said = ghostsOf(shown.prediction);
  const ghosts = shapePrior && preferences.isRefining ? refine(shapePrior, said, shown.points) : said;
  return withShown(after, { ghosts });
}

function isSame(before, after) {
  return (
    before.shown?.ask === after.shown.ask &&
    before.shown.points === after.shown.points &&
    before.shown.grabbed === after.shown.grabbed &&
    before.shown.prediction === after.shown.prediction &&
    before.shapePrior === after.shapePrior &&
    before.preferences.isRefining === after.preferences.isRefining
  );
}
