/**
 * Where each landmark belongs, to be drawn as an example: on a labelled image, else the mean of the labelled shapes, or
 * before there is one a layout from the edges alone. Pure; places in a frame of the shape's own (on an image: image px),
 * y downwards.
 */

/** With more landmarks than these, springs take too long and show too little: a circle. */
const MOST_SPRINGS = 100;
const ROUNDS = 150;

/** @returns {Record<string, [number, number]>} by name; a landmark of which nothing is known is left out */
export function referenceOf(schema, prior) {
  if (!prior) return schematic(schema);
  return completed(schema, Object.fromEntries(prior.landmarks.map((name, n) => [name, prior.mean[n]])));
}

/** Landmarks of the schema among `known`; one that is not there goes between its neighbours. */
export function completed(schema, known) {
  const places = Object.fromEntries(Object.entries(known).filter(([name]) => schema.landmarks.includes(name)));
  for (const name of schema.landmarks.filter((each) => !Object.hasOwn(places, each))) {
    const near = neighboursOf(name, schema.edges).filter((each) => Object.hasOwn(places, each));
    if (near.length > 0) places[name] = middle(near.map((each) => places[each]));
  }
  return places;
}

/**
 * Connected landmarks lie near each other, the others apart; partners face each other across an upright axis. It says
 * what belongs to what, not where it is.
 */
export function schematic({ landmarks, edges, mirror_pairs: pairs }) {
  const count = landmarks.length;
  const at = new Map(landmarks.map((name, n) => [name, n]));
  const places = landmarks.map((_, n) => circle(n, count));
  const links = edges.map(([a, b]) => [at.get(a), at.get(b)]);
  const sides = pairs.map(([a, b]) => [at.get(a), at.get(b)]);
  const paired = new Set(sides.flat());
  const singles = sides.length > 0 ? landmarks.map((_, n) => n).filter((n) => !paired.has(n)) : [];
  const ideal = 2 / Math.sqrt(Math.max(count, 1));
  for (let round = 0; round < (count <= MOST_SPRINGS ? ROUNDS : 0); round += 1) {
    relax(places, links, ideal, 0.1 * (1 - round / ROUNDS));
    straighten(places, sides, singles);
  }
  return Object.fromEntries(landmarks.map((name, n) => [name, places[n]]));
}

/** One round of springs and repulsion (Fruchterman and Reingold, 1991), no place moving more than `most`. */
function relax(places, links, ideal, most) {
  const pull = places.map(() => [0, 0]);
  const push = (n, m, force) => {
    const [x, y] = [places[n][0] - places[m][0], places[n][1] - places[m][1]];
    const away = Math.max(Math.hypot(x, y), 1e-3);
    const times = force(away) / away;
    pull[n][0] += x * times;
    pull[n][1] += y * times;
    pull[m][0] -= x * times;
    pull[m][1] -= y * times;
  };
  for (let n = 0; n < places.length; n += 1) {
    for (let m = 0; m < n; m += 1) push(n, m, (away) => ideal ** 2 / away);
  }
  for (const [n, m] of links) push(n, m, (away) => -(away ** 2) / ideal);
  for (const [n, [x, y]] of pull.entries()) {
    const times = Math.min(1, most / Math.max(Math.hypot(x, y), 1e-9));
    places[n] = [places[n][0] + x * times, places[n][1] + y * times];
  }
}

/** Partners at the same height, the first one on the left; what has no partner on the axis, half the way a round. */
function straighten(places, sides, singles) {
  for (const [n, m] of sides) {
    const out = (places[m][0] - places[n][0]) / 2;
    const y = (places[n][1] + places[m][1]) / 2;
    places[n] = [-out, y];
    places[m] = [out, y];
  }
  for (const n of singles) places[n] = [places[n][0] / 2, places[n][1]];
}

/** From the top, clockwise. */
function circle(n, count) {
  const angle = (2 * Math.PI * n) / count - Math.PI / 2;
  return [Math.cos(angle), Math.sin(angle)];
}

function neighboursOf(name, edges) {
  return edges.filter((ends) => ends.includes(name)).map(([a, b]) => (a === name ? b : a));
}

function middle(places) {
  const sum = places.reduce((to, [x, y]) => [to[0] + x, to[1] + y], [0, 0]);
  return [sum[0] / places.length, sum[1] / places.length];
}
