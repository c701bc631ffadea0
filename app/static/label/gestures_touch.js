/** Gestures of fingers alone: swipes that answer, and two fingers that zoom, tap or turn the shape. */
import { distance } from "./geometry.js";
import { scopeOf } from "./keyboard.js";

/** Screen px: from here the hint shows where a swipe leads, and from here lifting the finger answers. */
const HINT_FROM = 16;
const ANSWERS_FROM = 80;
/** Two fingers tremble, and are not down for long, in a tap. */
const TREMBLE = 10;
const TAP_MS = 350;

const COMMANDS = { yes: ["choose", 1], no: ["choose", 2], skip: ["skip", null] };

/** Only on the whole image: a zoomed one is moved by one finger. */
export function canSwipe(state, { pointerType }) {
  return pointerType === "touch" && state.isFitted && scopeOf(state) === "binary";
}

/** Right, left, up: yes (the first of two classes), no, skip. A second finger cancels it. */
export function swipeGesture(store, start, onTouch) {
  let swipe = null;
  function show(next) {
    if (next?.choice === swipe?.choice && next?.isArmed === swipe?.isArmed) return;
    swipe = next;
    store.dispatch({ type: "swiped", swipe });
  }
  return {
    move: (at) => show(swipeOf(at.x - start.x, at.y - start.y)),
    end() {
      const { choice = null, isArmed = false } = swipe ?? {};
      show(null);
      if (isArmed) onTouch(...COMMANDS[choice]);
    },
    cancel: () => show(null),
  };
}

/** @returns {{choice: "yes"|"no"|"skip", isArmed: boolean}|null} where a movement leads; null: aslant, or down */
export function swipeOf(dx, dy) {
  const isLevel = Math.abs(dx) > 1.5 * Math.abs(dy);
  const isUp = -dy > 1.5 * Math.abs(dx);
  const far = isLevel ? Math.abs(dx) : -dy;
  if (!(isLevel || isUp) || far < HINT_FROM) return null;
  const choice = isUp ? "skip" : dx > 0 ? "yes" : "no";
  return { choice, isArmed: far >= ANSWERS_FROM };
}

/** Zooms and pans; without moving it is a tap, which undoes. `since`: when the first of the two came down. */
export function pinchGesture(store, pointers, { since, onTouch }) {
  const start = new Map(pointers);
  let last = [...pointers.values()];
  let isMoving = false;
  return {
    move() {
      isMoving ||= [...pointers].some(([id, at]) => distance(at, start.get(id)) > TREMBLE);
      if (!isMoving) return;
      const now = [...pointers.values()];
      store.dispatch({ type: "camera_pinched", from: last, to: now });
      last = now;
    },
    end({ timeStamp }) {
      if (isMoving || timeStamp - since > TAP_MS) return;
      onTouch(scopeOf(store.state) === "landmarks" ? "undo" : "back");
    },
    cancel() {},
  };
}

/** Two fingers move, turn and scale the whole shape: one undo step. */
export function shapePinchGesture(store, pointers) {
  const start = spanOf(pointers);
  store.dispatch({ type: "shape_grabbed" });
  return {
    move() {
      const { scale } = store.state.camera;
      const now = spanOf(pointers);
      const [dx, dy] = [(now.x - start.x) / scale, (now.y - start.y) / scale];
      store.dispatch({ type: "shape_pinched", dx, dy, angle: now.angle - start.angle, factor: now.length / start.length });
    },
    end: () => store.dispatch({ type: "point_dropped", isAdvancing: false }),
    cancel: () => store.dispatch({ type: "drag_cancelled" }),
  };
}

/** Screen px: the middle of two fingers, how far apart they are, and in which direction (radians). */
function spanOf(pointers) {
  const [a, b] = pointers.values();
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, length: Math.max(1, distance(a, b)), angle: Math.atan2(b.y - a.y, b.x - a.x) };
}
