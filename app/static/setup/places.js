/** Where landmarks stand on the canvas. Pure: px of the frame in and out. */

/** A place in the unit square, on the largest square in the middle of the frame. */
export function fitted([x, y], { width, height }) {
  const side = Math.min(width, height);
  return [width / 2 + (x - 0.5) * side, height / 2 + (y - 0.5) * side];
}

/** The same place relative to the middle square of another frame. */
export function moved([x, y], from, to) {
  const ratio = Math.min(to.width, to.height) / Math.min(from.width, from.height);
  return clamped([to.width / 2 + (x - from.width / 2) * ratio, to.height / 2 + (y - from.height / 2) * ratio], to);
}

export function clamped([x, y], { width, height }) {
  return [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))];
}

/** So many places on a circle, clockwise from the top. */
export function onCircle(count, frame) {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return fitted([0.5 + 0.4 * Math.sin(angle), 0.5 - 0.4 * Math.cos(angle)], frame);
  });
}

/** A place for a landmark that is added without pointing: where the fewest others are near. */
export function freePlace(landmarks, frame) {
  const cells = Array.from({ length: 81 }, (_, index) => fitted([0.1 + 0.1 * (index % 9), 0.1 + 0.1 * Math.floor(index / 9)], frame));
  const room = ([x, y]) => Math.min(...landmarks.map((each) => Math.hypot(each.x - x, each.y - y)), Infinity);
  if (landmarks.length === 0) return fitted([0.5, 0.5], frame);
  return cells.reduce((best, cell) => (room(cell) > room(best) ? cell : best));
}
