/**
 * The predicted points that are left follow the corrected ones, by what the labelled shapes have in common.
 *
 * A shape on the image is x = pose(mean + factors z) + noise, z ~ N(0, 1); a predicted point is x plus an error of its
 * doubt. Given the prediction, x still has freedom: x - prediction = B z' + rest, with B_i = share_i A_i and
 * z' ~ N(0, M^-1), M = 1 + sum A_i A_i' / (noise + doubt_i^2). What the annotator corrected is observed, the others
 * move by B_i E[z' | corrections]. Without a correction nothing moves, and it takes a few thousand multiplications.
 *
 * Networks fail in two ways. Where several corrections lie beyond their doubts, all doubts are widened; where one lies
 * beyond even these (the network took another thing for the landmark, or a hand slipped), it says little of the others.
 */
import { findPlace } from "./state.js";

/** Of the shape's size: freedom of place, turn and size, over which labelled shapes say nothing. */
const POSE_SD = 1;
/** Of the shape's size: how exactly an annotator places, and the least doubt that a network is believed. */
const HAND_SD = 0.005;
/** Squared doubts: how much one correction counts at most when all doubts are widened. */
const MOST_EXCESS = 25;
/** Squared deviations of what is expected, beyond which a correction counts less and less. */
const ODD_FROM = 9;
/** So many corrections would have to speak against the doubts to count as much as the doubts themselves. */
const BELIEF = 2;
/** With fewer landmarks, place, turn and size leave no form that could be known: points would follow chance. */
const FEWEST = 5;
/** Image px below which a point counts as accepted, not corrected. */
const STILL_PX = 1e-6;

/**
 * @param {{landmarks: string[], mean: number[][], factors: number[][], noise: number}} prior see GET .../shape
 * @param {Record<string, object>} ghosts the prediction's points by name, as the network gave them
 * @param {Record<string, import("./state.js").Mark>} points what the annotator answered
 * @returns {Record<string, object>} the ghosts, those without an answer moved
 */
export function refine(prior, ghosts, points) {
  const known = prior.landmarks.flatMap((name, index) => {
    if (!Object.hasOwn(ghosts, name)) return [];
    const { x, y, doubt_px: doubt } = ghosts[name];
    const placed = findPlace(points, name);
    const away = placed && [placed.x - x, placed.y - y];
    return [{ name, index, at: [x, y], doubt: doubt ?? 0, away, isOpen: !Object.hasOwn(points, name) }];
  });
  const isCorrected = known.some(({ away }) => away && Math.hypot(...away) > STILL_PX);
  if (known.length < FEWEST || !isCorrected) return ghosts;
  const pose = poseOf(prior, known);
  if (pose.size === 0) return ghosts;
  const z = explained(withVariances(known, pose, prior), pose, prior);
  const moved = known.filter(({ isOpen }) => isOpen).map((point) => {
    const [across, down] = freedom(point, pose, prior);
    const ghost = ghosts[point.name];
    return [point.name, { ...ghost, x: ghost.x + dot(across, z), y: ghost.y + dot(down, z), isRefined: true }];
  });
  return { ...ghosts, ...Object.fromEntries(moved) };
}

/** Turn and size (one complex number) and place that bring the mean nearest to the prediction. */
function poseOf({ mean }, known) {
  const from = centreOf(known.map(({ index }) => mean[index]));
  const to = centreOf(known.map(({ at }) => at));
  const turn = [0, 0];
  let spread = 0;
  for (const { index, at } of known) {
    const [x, y] = [mean[index][0] - from[0], mean[index][1] - from[1]];
    const [right, down] = [at[0] - to[0], at[1] - to[1]];
    turn[0] += x * right + y * down;
    turn[1] += x * down - y * right;
    spread += x * x + y * y;
  }
  return { turn: [turn[0] / spread, turn[1] / spread], from, size: spread > 0 ? Math.hypot(...turn) / spread : 0 };
}

/** Doubts as variances, image px squared; a correction that its doubt does not explain widens them all. */
function withVariances(known, { size }, { noise }) {
  const least = HAND_SD * size;
  const corrected = known.filter(({ away }) => away);
  const excessOf = ({ away, doubt }) => squared(away) / (2 * Math.max(doubt, least) ** 2);
  const excess = corrected.reduce((sum, point) => sum + Math.min(excessOf(point), MOST_EXCESS), 0);
  const times = Math.max((BELIEF + excess) / (BELIEF + corrected.length), 1);
  const rest = noise * size ** 2;
  for (const point of known) {
    const variance = times * Math.max(point.doubt, least) ** 2;
    point.share = variance / (rest + variance); // of a movement of the shape that the prediction does not deny
    point.seen = rest + variance;
    point.left = point.share * rest + least ** 2;
  }
  return known;
}

/** E[z' | corrections]: normal equations of as many unknowns as there are factors, and four for the pose. */
function explained(known, pose, prior) {
  const count = prior.factors[0].length + 4;
  const normal = Array.from({ length: count }, (_, n) => new Float64Array(count).fill(1, n, n + 1));
  const rowsOf = new Map(known.map((point) => [point, freedom(point, pose, prior)]));
  for (const [{ seen, share }, rows] of rowsOf) {
    for (const row of rows) add(normal, row, 1 / (seen * share ** 2)); // the rows are shares of A
  }
  const before = cholesky(normal);
  const right = new Float64Array(count);
  for (const point of known.filter(({ away }) => away)) {
    const rows = rowsOf.get(point);
    const weight = 1 / (point.left * oddness(point, rows, before));
    for (const [axis, row] of rows.entries()) {
      add(normal, row, weight);
      for (let n = 0; n < count; n += 1) right[n] += weight * row[n] * point.away[axis];
    }
  }
  const after = cholesky(normal);
  return backward(after, forward(after, right));
}

/** How far a correction lies beyond what is expected of it before any is known; 1 where it does not. */
function oddness({ away, left }, rows, before) {
  const deviations = rows.map((row, axis) => away[axis] ** 2 / (left + squared(forward(before, row))));
  return Math.max((deviations[0] + deviations[1]) / 2 / ODD_FROM, 1);
}

/** The two rows of B for one landmark, image px: how it moves with each factor, then with place, turn and size. */
function freedom({ index, share }, { turn: [cos, sin], from, size }, { mean, factors }) {
  const across = factors[2 * index].map((x, n) => share * (cos * x - sin * factors[2 * index + 1][n]));
  const down = factors[2 * index].map((x, n) => share * (sin * x + cos * factors[2 * index + 1][n]));
  const [x, y] = [mean[index][0] - from[0], mean[index][1] - from[1]];
  const arm = [share * POSE_SD * (cos * x - sin * y), share * POSE_SD * (sin * x + cos * y)];
  const shift = share * POSE_SD * size;
  return [
    [...across, shift, 0, -arm[1], arm[0]],
    [...down, 0, shift, arm[0], arm[1]],
  ];
}

function add(matrix, row, weight) {
  for (let n = 0; n < row.length; n += 1) {
    const times = weight * row[n];
    for (let m = 0; m <= n; m += 1) matrix[n][m] += times * row[m];
  }
}

/** The lower factor L of a matrix L L'; only the lower half of the matrix is read. */
function cholesky(matrix) {
  const lower = matrix.map((row) => Float64Array.from(row));
  for (let n = 0; n < lower.length; n += 1) {
    for (let m = 0; m <= n; m += 1) {
      let sum = lower[n][m];
      for (let k = 0; k < m; k += 1) sum -= lower[n][k] * lower[m][k];
      lower[n][m] = n === m ? Math.sqrt(sum) : sum / lower[m][m];
    }
  }
  return lower;
}

/** Solves L x = right. */
function forward(lower, right) {
  const values = Float64Array.from(right);
  for (let n = 0; n < values.length; n += 1) {
    for (let k = 0; k < n; k += 1) values[n] -= lower[n][k] * values[k];
    values[n] /= lower[n][n];
  }
  return values;
}

/** Solves L' x = right. */
function backward(lower, right) {
  const values = Float64Array.from(right);
  for (let n = values.length - 1; n >= 0; n -= 1) {
    for (let k = n + 1; k < values.length; k += 1) values[n] -= lower[k][n] * values[k];
    values[n] /= lower[n][n];
  }
  return values;
}

function squared(values) {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function dot(row, values) {
  return row.reduce((sum, value, n) => sum + value * values[n], 0);
}

function centreOf(places) {
  const sum = places.reduce((to, [x, y]) => [to[0] + x, to[1] + y], [0, 0]);
  return [sum[0] / places.length, sum[1] / places.length];
}
