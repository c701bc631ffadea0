/**
 * Screen <-> image, in plain numbers. The only place that converts.
 *
 * Image px: floats of the upright original, (0, 0) = top-left corner of the top-left pixel.
 * Screen px: CSS px inside the stage, so the device pixel ratio never enters.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{width: number, height: number}} Size
 * @typedef {{scale: number, x: number, y: number}} Camera   screen = image * scale + (x, y)
 */

/** Screen px for each image px at the closest zoom: one image pixel is then a thumb nail wide. */
export const CLOSEST_SCALE = 64;
/** Screen px of the image that always stay in the stage, so that it cannot be lost by panning. */
const KEPT_PX = 48;

/** @param {Camera} camera @param {Point} point image px @returns {Point} screen px */
export function toScreen(camera, point) {
  return { x: point.x * camera.scale + camera.x, y: point.y * camera.scale + camera.y };
}

/** @param {Camera} camera @param {Point} point screen px @returns {Point} image px */
export function toImage(camera, point) {
  return { x: (point.x - camera.x) / camera.scale, y: (point.y - camera.y) / camera.scale };
}

/** The whole image, centred, with a margin around it (screen px). */
export function fit(image, viewport, margin = 16) {
  const scale = Math.max(
    1e-3,
    Math.min((viewport.width - 2 * margin) / image.width, (viewport.height - 2 * margin) / image.height),
  );
  return {
    scale,
    x: (viewport.width - image.width * scale) / 2,
    y: (viewport.height - image.height * scale) / 2,
  };
}

/** Zoom by `factor` so that the image point under `at` (screen px) stays under it. */
export function zoomAt(camera, at, factor, limits) {
  const scale = clamp(camera.scale * factor, limits.least, limits.most);
  const under = toImage(camera, at);
  return { scale, x: at.x - under.x * scale, y: at.y - under.y * scale };
}

/** Smallest and largest scale that make sense for this image in this stage. */
export function zoomLimits(image, viewport) {
  const fitted = fit(image, viewport).scale;
  return { least: fitted / 2, most: Math.max(CLOSEST_SCALE, fitted) };
}

/** Two fingers moved from `from` to `to` (pairs of screen points): scale and shift follow them. */
export function pinch(camera, from, to, limits) {
  const before = middle(from);
  const after = middle(to);
  const factor = distance(...to) / Math.max(1, distance(...from));
  const zoomed = zoomAt(camera, before, factor, limits);
  return pan(zoomed, after.x - before.x, after.y - before.y);
}

export function pan(camera, dx, dy) {
  return { scale: camera.scale, x: camera.x + dx, y: camera.y + dy };
}

/** The camera that shows image point `point` in the middle of the stage at `scale`. */
export function focus(point, scale, viewport) {
  return { scale, x: viewport.width / 2 - point.x * scale, y: viewport.height / 2 - point.y * scale };
}

/** The same image point stays in the middle when the stage changes its size. */
export function resized(camera, before, after) {
  const centre = toImage(camera, { x: before.width / 2, y: before.height / 2 });
  return focus(centre, camera.scale, after);
}

/** Pull a camera back until a strip of the image is inside the stage. */
export function keepInView(camera, image, viewport) {
  const width = image.width * camera.scale;
  const height = image.height * camera.scale;
  return {
    scale: camera.scale,
    x: clamp(camera.x, KEPT_PX - width, viewport.width - KEPT_PX),
    y: clamp(camera.y, KEPT_PX - height, viewport.height - KEPT_PX),
  };
}

/** @param {Point} point image px @param {Size} image @returns {Point} the nearest point inside the image */
export function clampToImage(point, image) {
  return { x: clamp(point.x, 0, image.width), y: clamp(point.y, 0, image.height) };
}

export function isInside(point, image) {
  return point.x >= 0 && point.y >= 0 && point.x <= image.width && point.y <= image.height;
}

/**
 * Name of the candidate nearest to `at`, within `radius`, or null.
 * @param {Iterable<[string, Point]>} candidates screen px
 */
export function findNearest(candidates, at, radius) {
  let best = null;
  let least = radius;
  for (const [name, point] of candidates) {
    const away = distance(point, at);
    if (away <= least) {
      best = name;
      least = away;
    }
  }
  return best;
}

/** Zoom factor of one wheel event. */
export function wheelFactor(event) {
  const speed = event.ctrlKey ? 0.01 : 0.0015; // a pinch on a track pad sends small steps with ctrlKey set
  return Math.exp(-wheelPx(event) * speed);
}

/** What one wheel event does to the whole shape: with Ctrl it scales (away from the hand: larger), else it turns. */
export function wheelTurn(event) {
  const px = wheelPx(event);
  return event.ctrlKey ? { factor: Math.exp(-px * 0.0003) } : { angle: px * 0.0004 /* rad */ };
}

/** Lines and pages are turned into px; with Shift or Alt some systems send the wheel sideways. */
function wheelPx({ deltaX = 0, deltaY, deltaMode }) {
  return clamp((deltaY || deltaX) * [1, 16, 400][deltaMode], -600, 600);
}

export function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle([a, b]) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
