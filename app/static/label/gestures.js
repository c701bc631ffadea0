/**
 * Pointer Events on the stage, as gestures of start / move / end / cancel. Only one gesture lives at a time; a second
 * finger cancels what the first began and pinches. The only place where client px become stage px.
 */
import { distance, findNearest, isInside, toImage, toScreen, wheelFactor, wheelTurn } from "./geometry.js";
import { keyWords } from "./bound.js";
import { canSwipe, pinchGesture, shapePinchGesture, swipeGesture } from "./gestures_touch.js";
import { noShapeWords } from "./words.js";
import { placesOf } from "./shape.js";
import { findPlace, hasGhosts, sizeOf } from "./state.js";

/** Screen px. A finger covers more than a mouse; a tap places nearer to a neighbour than a drag picks it up. */
const REACH = { mouse: 8, pen: 10, touch: 22 };
const TAP_REACH = 12;
const MOVES_FROM = { mouse: 3, pen: 4, touch: 8 };
const LONG_PRESS_MS = 500;
/** Wheel events that follow each other faster are one undo step. */
const BURST_MS = 600;

/**
 * @param {(command: string) => void} parts.onTouch  a swipe or a tap with two fingers, as a command
 * @returns {{cancel: () => boolean, unbind: () => void}} cancel: true where a gesture was under way
 */
export function bindGestures({ stage, store, onTouch }) {
  const pointers = new Map(); // pointer id -> screen point
  let gesture = null;
  let since = 0; // when the first finger came down

  const local = ({ clientX, clientY }) => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  function cancel() {
    const wasUnderWay = gesture !== null;
    gesture?.cancel();
    gesture = null;
    return wasUnderWay;
  }

  function withTwo() {
    if (store.state.isWholeShape && isOnPoints(store.state) && hasShape(store)) return shapePinchGesture(store, pointers);
    return pinchGesture(store, pointers, { since, onTouch });
  }

  let turnedAt = -Infinity;
  function turnShape(event) {
    if (!hasShape(store)) return;
    const isContinued = event.timeStamp - turnedAt < BURST_MS;
    turnedAt = event.timeStamp;
    store.dispatch({ type: "shape_turned", ...wheelTurn(event), isContinued });
  }

  const listeners = {
    pointerdown(event) {
      if (event.target.closest("button, a, input")) return;
      stage.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, local(event));
      if (pointers.size > 1) {
        cancel();
        gesture = pointers.size === 2 ? withTwo() : null;
        return;
      }
      since = event.timeStamp;
      if (canSwipe(store.state, event)) gesture = swipeGesture(store, local(event), onTouch);
      else if (store.state.phase === "showing") gesture = begin(store, event, local(event));
    },
    pointermove(event) {
      if (!pointers.has(event.pointerId)) return;
      pointers.set(event.pointerId, local(event));
      gesture?.move(local(event));
    },
    pointerup(event) {
      if (!pointers.delete(event.pointerId)) return;
      gesture?.end(event);
      gesture = null;
    },
    pointercancel(event) {
      pointers.delete(event.pointerId);
      cancel();
    },
    wheel(event) {
      event.preventDefault();
      if (event.altKey && isOnPoints(store.state)) return turnShape(event);
      return store.dispatch({ type: "camera_zoomed", at: local(event), factor: wheelFactor(event) });
    },
    contextmenu: (event) => event.preventDefault(),
  };

  for (const [name, listener] of Object.entries(listeners)) stage.addEventListener(name, listener, { passive: false });
  return {
    cancel,
    unbind() {
      for (const [name, listener] of Object.entries(listeners)) stage.removeEventListener(name, listener);
    },
  };
}

function begin(store, event, at) {
  const { state } = store;
  const { shown } = state;
  if (event.button === 1 || state.isPanReady || !isOnPoints(state)) return panGesture(store, at);
  if (event.button === 0 && (event.altKey || state.isWholeShape)) return hasShape(store) ? shapeGesture(store, at) : null;
  const name = event.shiftKey ? null : findPointAt(state, at, REACH[event.pointerType] ?? REACH.mouse);
  if (event.button === 2) {
    if (name !== null) store.dispatch({ type: "point_cycled", name });
    return null;
  }
  const isTouch = event.pointerType === "touch";
  if (name !== null) return dragGesture(store, { name, at, pointerType: event.pointerType });
  if (isTouch) return tapGesture(store, at);
  return canPlace(state, at) ? placeGesture(store, at) : panGesture(store, at);
}

function isOnPoints({ phase, shown, overlay }) {
  return phase === "showing" && shown.ask.kind === "landmarks" && !overlay.isHidden;
}

function findPointAt({ shown, schema, camera }, at, reach) {
  const placed = schema.landmarks.flatMap((name) => {
    const place = findPlace(shown.points, name);
    return place ? [[name, toScreen(camera, place)]] : [];
  });
  return findNearest(placed, at, reach);
}

const imagePoint = (store, at) => toImage(store.state.camera, at);

/** Press places the active landmark, moving refines it, release goes on to the next. */
function placeGesture(store, start) {
  store.dispatch({ type: "point_grabbed", name: store.state.shown.active, ...imagePoint(store, start) });
  return {
    move: (at) => store.dispatch({ type: "point_dragged", ...imagePoint(store, at) }),
    end: () => store.dispatch({ type: "point_dropped", isAdvancing: true }),
    cancel: () => store.dispatch({ type: "drag_cancelled" }),
  };
}

/** Moves a placed point; without moving it selects it; held still by a finger it changes its state. */
function dragGesture(store, { name, at: start, pointerType }) {
  const { camera, shown } = store.state;
  const place = toScreen(camera, findPlace(shown.points, name));
  const offset = { x: place.x - start.x, y: place.y - start.y };
  const threshold = MOVES_FROM[pointerType] ?? MOVES_FROM.mouse;
  let isMoving = false;
  let isOver = false;
  const timer = pointerType === "touch" ? setTimeout(cycle, LONG_PRESS_MS) : null;

  function cycle() {
    isOver = true;
    store.dispatch({ type: "point_cycled", name });
  }
  return {
    move(at) {
      if (isOver) return;
      if (!isMoving && distance(at, start) < threshold) return;
      clearTimeout(timer);
      if (!isMoving) store.dispatch({ type: "point_grabbed", name });
      isMoving = true;
      const moved = { x: at.x + offset.x, y: at.y + offset.y };
      store.dispatch({ type: "point_dragged", ...imagePoint(store, moved) });
    },
    end() {
      clearTimeout(timer);
      if (isOver) return;
      if (isMoving) store.dispatch({ type: "point_dropped", isAdvancing: false });
      else if (pointerType === "touch" && distance(place, start) > TAP_REACH) tapGesture(store, start).end();
      else store.dispatch({ type: "active_set", name });
    },
    cancel() {
      clearTimeout(timer);
      if (isMoving) store.dispatch({ type: "drag_cancelled" });
    },
  };
}

/**
 * A finger: a tap places, a drag pans, holding still first places with the loupe. Nothing happens on the way down,
 * since a second finger may follow.
 */
function tapGesture(store, start) {
  let other = null; // what it has become
  const timer = setTimeout(() => {
    if (canPlace(store.state, start)) other = placeGesture(store, start);
  }, LONG_PRESS_MS);
  return {
    move(at) {
      if (!other && distance(at, start) < MOVES_FROM.touch) return;
      clearTimeout(timer);
      other ??= panGesture(store, start);
      other.move(at);
    },
    end() {
      clearTimeout(timer);
      if (other) other.end();
      else if (canPlace(store.state, start)) store.dispatch({ type: "point_placed", ...imagePoint(store, start) });
    },
    cancel() {
      clearTimeout(timer);
      other?.cancel();
    },
  };
}

function canPlace(state, at) {
  const { shown, camera } = state;
  return isOnPoints(state) && shown.active !== null && isInside(toImage(camera, at), sizeOf(shown.ask));
}

/** Says so where there is none. */
function hasShape(store) {
  const { shown, keys } = store.state;
  const isThere = placesOf(shown.points).length > 0;
  if (!isThere) store.dispatch({ type: "notice_shown", text: noShapeWords(hasGhosts(shown), keyWords(keys.rows, "acceptAll")) });
  return isThere;
}

function shapeGesture(store, start) {
  const from = imagePoint(store, start);
  store.dispatch({ type: "shape_grabbed" });
  return {
    move(at) {
      const to = imagePoint(store, at);
      store.dispatch({ type: "shape_dragged", dx: to.x - from.x, dy: to.y - from.y });
    },
    end: () => store.dispatch({ type: "point_dropped", isAdvancing: false }),
    cancel: () => store.dispatch({ type: "drag_cancelled" }),
  };
}

function panGesture(store, start) {
  let last = start;
  return {
    move(at) {
      store.dispatch({ type: "camera_panned", dx: at.x - last.x, dy: at.y - last.y });
      last = at;
    },
    end() {},
    cancel() {},
  };
}
