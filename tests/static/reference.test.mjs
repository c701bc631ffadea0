import assert from "node:assert/strict";
import { test } from "node:test";
import { referenceOf, schematic } from "../../app/static/label/reference.js";
import { loupePlace } from "../../app/static/label/loupe.js";

const FACE = {
  landmarks: ["eye_l", "eye_r", "nose", "mouth_l", "mouth_r", "chin"],
  edges: [["eye_l", "nose"], ["eye_r", "nose"], ["nose", "chin"], ["mouth_l", "chin"], ["mouth_r", "chin"]],
  mirror_pairs: [["eye_l", "eye_r"], ["mouth_l", "mouth_r"]],
};
const distance = ([a, b], [x, y]) => Math.hypot(a - x, b - y);

test("the mean of the labelled shapes is the reference where there is one", () => {
  const prior = { landmarks: ["eye_l", "eye_r", "nose"], mean: [[-1, 0], [1, 0], [0, 1]] };

  const places = referenceOf(FACE, prior);

  assert.deepEqual(places.eye_r, [1, 0]);
  assert.deepEqual(places.chin, [0, 1]); // hardly labelled: beside its only neighbour
  const lonely = referenceOf({ ...FACE, edges: [] }, prior);
  assert.deepEqual(Object.keys(lonely), prior.landmarks); // of the others nothing is known
});

test("a sketch has partners face each other and the others near the axis", () => {
  const places = schematic(FACE);

  for (const [left, right] of FACE.mirror_pairs) {
    assert.ok(Math.abs(places[left][0] + places[right][0]) < 1e-9, left);
    assert.equal(places[left][1], places[right][1]);
  }
  assert.ok(Math.abs(places.nose[0]) < 0.2 && Math.abs(places.chin[0]) < 0.2);
});

test("in a sketch what is connected is nearer than what is not, and nothing lies on top of another", () => {
  const chain = { landmarks: ["a", "b", "c", "d", "e"], edges: [["a", "c"], ["c", "e"], ["e", "b"], ["b", "d"]], mirror_pairs: [] };

  const places = schematic(chain);

  for (const [a, b] of chain.edges) assert.ok(distance(places[a], places[b]) < distance(places.a, places.d), `${a}${b}`);
  const all = Object.values(places);
  assert.ok(all.every((one, n) => all.every((other, m) => m === n || distance(one, other) > 0.2)));
});

test("one landmark, none and a thousand are drawn too", () => {
  const many = Array.from({ length: 1000 }, (_, n) => `p${n}`);

  assert.deepEqual(Object.keys(schematic({ landmarks: ["a"], edges: [], mirror_pairs: [] })), ["a"]);
  assert.deepEqual(schematic({ landmarks: [], edges: [], mirror_pairs: [] }), {});
  assert.equal(Object.keys(schematic({ landmarks: many, edges: [], mirror_pairs: [] })).length, 1000);
});

test("the loupe stands above the point, beside it at the upper border, and always inside", () => {
  const stage = { width: 600, height: 400 };

  assert.deepEqual(loupePlace({ x: 300, y: 300 }, stage, 70, 30), { x: 300, y: 200 });
  assert.deepEqual(loupePlace({ x: 10, y: 300 }, stage, 70, 30), { x: 70, y: 200 });
  assert.deepEqual(loupePlace({ x: 300, y: 20 }, stage, 70, 30), { x: 200, y: 70 });
  assert.deepEqual(loupePlace({ x: 100, y: 20 }, stage, 70, 30), { x: 200, y: 70 });
});
