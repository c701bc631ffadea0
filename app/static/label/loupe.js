/** A magnifier beside the point that is dragged or placed: a finger or a cross covers what matters most. */
import { findPlace } from "./state.js";
import { make, setHidden, setStyle } from "./dom.js";
import { filterOf } from "./light.js";
import { toScreen } from "./geometry.js";

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

  return function draw(state) {
    const { shown, phase, camera, viewport } = state;
    const isHeld = phase === "showing" && shown.grabbed !== null && !shown.isWholeGrabbed;
    const place = isHeld ? findPlace(shown.points, shown.active) : null;
    setHidden(node, place === null);
    if (place === null) return;
    const middle = loupePlace(toScreen(camera, place), viewport);
    setStyle(node, "transform", `translate(${middle.x - RADIUS}px, ${middle.y - RADIUS}px)`);
    paint(place, state);
  };
}
