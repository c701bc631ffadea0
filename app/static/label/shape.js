/**
 * The whole shape at once: moved, turned, scaled, mirrored, brought from another image. Pure; points in, points out.
 * Every point obeys the frame rule of single points: it stays on the image.
 *
 * @typedef {Record<string, import("./state.js").Mark>} Points
 * @typedef {{width: number, height: number}} Size
 */
import { clampToImage } from "./geometry.js";
import { own } from "./own.js";
import { findPlace } from "./state.js";

/** Where the points stand that stand anywhere. @returns {[string, {x: number, y: number}][]} */
export function placesOf(points) {
  return Object.keys(points).flatMap((name) => {
    const place = findPlace(points, name);
    return place ? [[name, place]] : [];
  });
}

/** The shape moves as one and stops as one at the border. */
export function moved(points, { dx, dy }, size) {
  const places = placesOf(points).map(([, place]) => place);
  const right = within(dx, places.map(({ x }) => x), size.width);
  const down = within(dy, places.map(({ y }) => y), size.height);
  return mapPlaces(points, size, ({ x, y }) => ({ x: x + right, y: y + down }));
}

/** Turned by `angle` (radians, clockwise on the screen) and scaled by `factor` about its centre of mass. */
export function turned(points, { angle, factor }, size) {
  const centre = middleOf(placesOf(points).map(([, place]) => place));
  const [cos, sin] = [factor * Math.cos(angle), factor * Math.sin(angle)];
  return mapPlaces(points, size, ({ x, y }) => {
    const [right, down] = [x - centre.x, y - centre.y];
    return { x: centre.x + cos * right - sin * down, y: centre.y + sin * right + cos * down };
  });
}

/** Reflected about the shape's own axis, left and right names swapped: a symmetric shape stays where it is. */
export function mirrored(points, pairs, size) {
  const { normal, offset } = axisOf(points, pairs);
  const reflected = mapPlaces(points, size, ({ x, y }) => {
    const away = 2 * (x * normal.x + y * normal.y - offset);
    return { x: x - away * normal.x, y: y - away * normal.y };
  });
  return pairs.reduce((swapped, pair) => pairSwapped(swapped, pair), reflected);
}

/** The two marks of a pair change places, with their states; an answer that is missing is missing on the other side. */
export function pairSwapped(points, [first, second]) {
  const { [first]: one, [second]: other, ...rest } = points;
  const marks = [[first, other], [second, one]].filter(([, mark]) => mark !== undefined);
  return { ...rest, ...Object.fromEntries(marks) };
}

/** Points of one image on another: the same place where sizes are equal, else the one frame fitted into the other. */
export function carried(points, from, to) {
  const scale = Math.min(to.width / from.width, to.height / from.height);
  const [right, down] = [(to.width - from.width * scale) / 2, (to.height - from.height * scale) / 2];
  return mapPlaces(points, to, ({ x, y }) => ({ x: x * scale + right, y: y * scale + down }));
}

/** @returns {string|null} the landmark on the other side */
export function partnerOf(name, pairs) {
  const pair = pairs.find((names) => names.includes(name));
  return pair ? pair[pair[0] === name ? 1 : 0] : null;
}

/**
 * The line that the shape is mirrored at, as points p with p . normal = offset: across the pairs that are placed, in
 * the middle of them; without a pair the upright line through the middle of the shape.
 */
function axisOf(points, pairs) {
  const placed = pairs.flatMap(([first, second]) => {
    const ends = [own(points, first), own(points, second)].filter((mark) => mark && mark.state !== "absent");
    return ends.length === 2 ? [ends] : [];
  });
  const across = placed.reduce(({ x, y }, [a, b]) => ({ x: x + b.x - a.x, y: y + b.y - a.y }), { x: 0, y: 0 });
  const length = Math.hypot(across.x, across.y);
  const normal = length > 0 ? { x: across.x / length, y: across.y / length } : { x: 1, y: 0 };
  const places = placed.length > 0 ? placed.flat() : placesOf(points).map(([, place]) => place);
  const centre = middleOf(places);
  return { normal, offset: centre.x * normal.x + centre.y * normal.y };
}

/** An absent landmark that remembers where it stood goes along. */
function mapPlaces(points, size, change) {
  const entries = Object.entries(points).map(([name, mark]) => [
    name,
    mark.x === undefined ? mark : { ...mark, ...clampToImage(change(mark), size) },
  ]);
  return Object.fromEntries(entries);
}

function middleOf(places) {
  const sum = places.reduce((to, { x, y }) => ({ x: to.x + x, y: to.y + y }), { x: 0, y: 0 });
  return { x: sum.x / places.length, y: sum.y / places.length };
}

/** How much of a shift is left when the outermost values must stay between 0 and `most`. */
function within(shift, values, most) {
  return Math.min(Math.max(shift, -Math.min(...values)), most - Math.max(...values));
}
