/** reduce(state, action): the only way in which the state changes. Pure; throws on an unknown action. */
import * as geometry from "./geometry.js";
import { cameraActions, followActive } from "./reduce_camera.js";
import { aroundActions } from "./around.js";
import { followCorrections, ghostActions } from "./reduce_ghosts.js";
import { pointActions } from "./reduce_points.js";
import { shapeActions } from "./reduce_shape.js";
import { PLAIN, stepped } from "./light.js";
import { own } from "./own.js";
import { findNext, shownFrom, sizeOf } from "./state.js";

const pageActions = {
  ask_shown(state, { ask, work = null }) {
    const fresh = shownFrom(ask, work, state.schema);
    const active = work ? fresh.active : findNext({ ...state, shown: fresh }, fresh.points, null);
    const shown = { ...fresh, active };
    const camera = geometry.fit(sizeOf(ask), state.viewport);
    return { ...state, phase: "showing", problem: null, shown, isSeen: false, camera, isFitted: true, isWholeShape: false };
  },
  ask_seen: (state, { ask }) => ({ ...state, isSeen: state.shown?.ask === ask }),
  ask_cleared(state, { phase, problem = null }) {
    return { ...state, phase, problem, shown: null, isSeen: false };
  },
  image_broken(state, { ask, problem }) {
    return { ...state, phase: "broken", problem, shown: shownFrom(ask, null, state.schema), isSeen: false };
  },
  value_chosen(state, { value }) {
    return state.shown ? { ...state, shown: { ...state.shown, value } } : state;
  },
  missing_shown(state) {
    const active = findNext(state, state.shown.points, null);
    return { ...state, shown: { ...state.shown, active } };
  },
  ahead_changed: (state, { count }) => ({ ...state, ahead: count }),
  /** It has only grown: all that is placed holds, and what is new is unset on the shown image, too. */
  schema_changed(state, { schema, version }) {
    const changed = { ...state, schema, schemaVersion: version };
    const { shown } = changed;
    if (!shown || shown.active !== null) return changed;
    return { ...changed, shown: { ...shown, active: findNext(changed, shown.points, null) } };
  },
  mode_chosen: (state, { mode }) => ({ ...state, mode }),
  overlay_toggled(state, { what }) {
    return { ...state, overlay: { ...state.overlay, [what]: !state.overlay[what] } };
  },
  light_stepped: (state, { what, steps }) => ({ ...state, light: stepped(state.light, what, steps) }),
  local_contrast_toggled: (state) => ({ ...state, light: { ...state.light, isLocal: !state.light.isLocal } }),
  light_reset: (state) => ({ ...state, light: PLAIN }),
  preference_toggled(state, { what }) {
    return { ...state, preferences: { ...state.preferences, [what]: !state.preferences[what] } };
  },
  skip_opened: (state, { ask }) => ({ ...state, skipOpen: ask }),
  skip_closed: (state) => ({ ...state, skipOpen: null }),
  swiped: (state, { swipe }) => ({ ...state, swipe }),
  answer_settled(state, { item, response, at }) {
    if (item.kind !== "answer" || !response) return state;
    const isFirst = response.body.revision.number === 1 && !response.isReplay;
    const counts = state.counts && isFirst ? counted(state.counts, item.ask.kind) : state.counts;
    return { ...state, savedAt: at, counts };
  },
  counts_changed: (state, { counts }) => ({ ...state, counts }),
};

function counted(counts, kind) {
  if (kind === "landmarks") return { ...counts, landmarks_labelled: counts.landmarks_labelled + 1 };
  return { ...counts, attributes: { ...counts.attributes, [kind]: (own(counts.attributes, kind) ?? 0) + 1 } };
}

const actions = { ...pageActions, ...aroundActions, ...pointActions, ...shapeActions, ...ghostActions, ...cameraActions };

export function reduce(state, action) {
  if (!Object.hasOwn(actions, action.type)) throw new Error(`Unknown action: ${action.type}`);
  return quietened(state, followActive(state, followCorrections(state, actions[action.type](state, action))));
}

/** What was said about an image goes with it, and a warning with the points that it was about. A refusal stays. */
function quietened(before, after) {
  const { notice, shown } = before;
  if (!shown || after.notice !== notice || notice.text === "" || notice.tone === "bad") return after;
  const isLeft = after.shown?.ask !== shown.ask;
  const isHeeded = notice.tone === "warn" && after.shown?.points !== shown.points;
  return isLeft || isHeeded ? aroundActions.notice_shown(after, { text: "" }) : after;
}
