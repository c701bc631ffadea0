/** What is done to the whole shape; each is one undo step. */
import * as shapes from "./shape.js";
import { changed, stepOf, withShown } from "./steps.js";
import { findNext, sizeOf } from "./state.js";

export const shapeActions = {
  /** A drag of the whole shape begins; it ends like that of a point. */
  shape_grabbed(state) {
    return hasPlaces(state) ? withShown(state, { grabbed: stepOf(state.shown), isWholeGrabbed: true }) : state;
  },
  /** dx, dy   image px since the grab */
  shape_dragged(state, { dx, dy }) {
    const { shown } = state;
    if (!shown?.grabbed) return state;
    return withShown(state, { points: shapes.moved(shown.grabbed.points, { dx, dy }, sizeOf(shown.ask)) });
  },
  /** Two fingers, since the grab: turned (radians) and scaled about its centre, then moved by image px. */
  shape_pinched(state, { angle, factor, dx, dy }) {
    const { shown } = state;
    if (!shown?.grabbed) return state;
    const size = sizeOf(shown.ask);
    return withShown(state, { points: shapes.moved(shapes.turned(shown.grabbed.points, { angle, factor }, size), { dx, dy }, size) });
  },
  whole_shape_toggled: (state) => ({ ...state, isWholeShape: !state.isWholeShape }),
  /** Steps of one burst of the wheel add up from where it began: one undo step, and nothing lost at the border. */
  shape_turned(state, { angle = 0, factor = 1, isContinued = false }) {
    if (!hasPlaces(state)) return state;
    const { shown } = state;
    const isOn = isContinued && shown.turn?.points === shown.points;
    const before = isOn ? shown.turn : { from: shown.points, angle: 0, factor: 1 };
    const turn = { from: before.from, angle: before.angle + angle, factor: before.factor * factor };
    const points = shapes.turned(turn.from, turn, sizeOf(shown.ask));
    const after = isOn ? withShown(state, { points }) : changed(state, points, shown.active);
    return withShown(after, { turn: { ...turn, points } });
  },
  shape_mirrored(state) {
    if (!hasPlaces(state)) return state;
    const { shown, schema } = state;
    return changed(state, shapes.mirrored(shown.points, schema.mirror_pairs, sizeOf(shown.ask)), shown.active);
  },
  pair_swapped(state) {
    const { shown, schema } = state;
    const partner = shapes.partnerOf(shown.active, schema.mirror_pairs);
    const isAnswered = [shown.active, partner].some((name) => Object.hasOwn(shown.points, name));
    if (partner === null || !isAnswered) return state;
    return changed(state, shapes.pairSwapped(shown.points, [shown.active, partner]), shown.active);
  },
  shape_copied(state) {
    const { points, ask } = state.shown;
    return { ...state, clipboard: { points, size: sizeOf(ask), imageId: ask.image.id } };
  },
  /**
   * A shape comes from another image, or back from this one.
   * isFilling   what is answered already stays; else the shape replaces it
   */
  shape_brought(state, { points: brought, size, imageId, isFilling = false }) {
    const { shown, schema } = state;
    const isWanted = (name) => schema.landmarks.includes(name) && !(isFilling && Object.hasOwn(shown.points, name));
    const carried = Object.entries(shapes.carried(brought, size, sizeOf(shown.ask)));
    const marks = carried.filter(([name]) => isWanted(name));
    if (marks.length === 0) return state;
    const points = { ...shown.points, ...Object.fromEntries(marks) };
    const isHelped = shown.isHelped || imageId !== shown.ask.image.id;
    return withShown(changed(state, points, findNext(state, points, null)), { isHelped });
  },
};

function hasPlaces({ shown }) {
  return shown !== null && shapes.placesOf(shown.points).length > 0;
}
