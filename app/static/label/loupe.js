/** A magnifier beside the point that is dragged or placed: a finger or a cross covers what matters most. */
import { findPlace } from "./state.js";
import { make, setHidden, setStyle } from "./dom.js";
import { filterOf } from "./light.js";
import { toScreen } from "./geometry.js";

/** A quick click needs none, and painting it would take half of a frame. */
const HELD_MS = 140;
/** CSS px; how far its edge keeps from the point, and how much closer it shows. */
const RADIUS = 72;
const GAP = 28;
const CLOSER = 3;
/** From this many CSS px for each image px on, single pixels are shown as squares. */
const PIXELS_FROM = 6;

/** Its middle: above the point, else beside it, wherever it fits into the stage. */
export function loupePlace(at, { width, height }, radius = RADIUS, gap = GAP) {
  const far = radius + gap;
  const isFitting = ({ x, y }) => x >= radius && y >= radius && x <= width - radius && y <= height - radius;
  const above = { x: Math.min(Math.max(at.x, radius), width - radius), y: at.y - far };
  const beside = [at.x - far, at.x + far].map((x) => ({ x, y: Math.max(at.y, radius) }));
  return [above, ...beside].find(isFitting) ?? { x: above.x, y: Math.max(above.y, radius) };
}

/** @param {() => HTMLElement|null} source what is seen of the picture: the image, or a canvas in its place */
export function createLoupe(stage, source) {
  const canvas = make("canvas", { class: "loupe-picture" });
  const node = make("div", { class: "loupe", hidden: true, "aria-hidden": "true" }, canvas);
  stage.append(node);

  function paint(place, { camera, light, shown }) {
    const seen = source();
    const ratio = window.devicePixelRatio;
    const side = Math.round(2 * RADIUS * ratio);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const scale = camera.scale * CLOSER;
    const finer = (seen.naturalWidth ?? seen.width) / shown.ask.image.width_px; // its px for each image px
    const span = (2 * RADIUS * finer) / scale;
    context.imageSmoothingEnabled = scale < PIXELS_FROM;
    context.clearRect(0, 0, side, side);
    context.drawImage(seen, place.x * finer - span / 2, place.y * finer - span / 2, span, span, 0, 0, side, side);
    setStyle(canvas, "filter", filterOf(light));
  }

  let held = null; // the state to be shown, while a point is held
  let timer = null;

  function show() {
    const { shown, camera, viewport } = held;
    const place = findPlace(shown.points, shown.active);
    const middle = loupePlace(toScreen(camera, place), viewport);
    setStyle(node, "transform", `translate(${middle.x - RADIUS}px, ${middle.y - RADIUS}px)`);
    setHidden(node, false);
    paint(place, held);
  }

  return function draw(state) {
    const { shown, phase } = state;
    const isHeld = phase === "showing" && shown.grabbed !== null && !shown.isWholeGrabbed && findPlace(shown.points, shown.active) !== null;
    held = isHeld ? state : null;
    if (isHeld && !node.hidden) return show();
    if (isHeld) timer ??= setTimeout(show, HELD_MS);
    else {
      clearTimeout(timer);
      timer = null;
      setHidden(node, true);
    }
  };
}
