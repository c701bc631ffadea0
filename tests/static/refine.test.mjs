import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refine } from "../../app/static/label/refine.js";
import { reduce } from "../../app/static/label/reduce.js";
import { initialState } from "../../app/static/label/state.js";
import { makeAsk, makePrediction, SCHEMA } from "./asks.mjs";
import { sequence } from "./sequence.mjs";

/** A ring of landmarks whose upper half moves up and down together, and hardly anything else moves. */
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];
const RING = NAMES.map((_, n) => [Math.cos((n * Math.PI) / 4), Math.sin((n * Math.PI) / 4)]);
const PRIOR = {
  landmarks: NAMES,
  mean: RING,
  factors: RING.flatMap(([, y]) => [[0], [y < -0.1 ? 0.3 : 0]]),
  noise: 1e-4,
};
const ghostsAt = (place, doubt) =>
  Object.fromEntries(NAMES.map((name, n) => [name, { name, ...place(RING[n]), doubt_px: doubt, confidence: 1 }]));
const upright = ([x, y]) => ({ x: 200 + 100 * x, y: 200 + 100 * y });
const visible = ({ x, y }, dx = 0, dy = 0) => ({ state: "visible", x: x + dx, y: y + dy });
const shift = (after, before, name) => [after[name].x - before[name].x, after[name].y - before[name].y];

describe("following a correction", () => {
  const ghosts = ghostsAt(upright, 8);

  test("what moves together in the labels moves together here, the rest hardly", () => {
    const after = refine(PRIOR, ghosts, { g: visible(ghosts.g, 0, -20) }); // g is the top

    for (const name of ["f", "h"]) assert.ok(shift(after, ghosts, name)[1] < -5, name);
    for (const name of ["a", "b", "c", "d", "e"]) assert.ok(Math.hypot(...shift(after, ghosts, name)) < 5, name);
    assert.equal(after.f.isRefined, true);
    assert.equal(after.f.doubt_px, 8);
  });

  test("on a turned shape it follows in the turned direction", () => {
    const turned = ghostsAt(([x, y]) => ({ x: 200 - 100 * y, y: 200 + 100 * x }), 8);

    const after = refine(PRIOR, turned, { g: visible(turned.g, 20, 0) });

    for (const name of ["f", "h"]) assert.ok(shift(after, turned, name)[0] > 5, name);
  });

  test("two corrections alike are taken as a shift of the whole", () => {
    const doubtful = ghostsAt(upright, 20);
    const points = { a: visible(doubtful.a, 30, 0), c: visible(doubtful.c, 30, 0), e: visible(doubtful.e, 30, 0) };

    const [across, down] = shift(refine(PRIOR, doubtful, points), doubtful, "b");

    assert.ok(across > 15 && Math.abs(down) < 5, `${across}, ${down}`);
  });

  test("the surer the network was of the others, the less they follow", () => {
    const by = (doubt) => {
      const others = { ...ghostsAt(upright, doubt), g: ghosts.g };
      return -shift(refine(PRIOR, others, { g: visible(others.g, 0, -10) }), others, "h")[1];
    };

    assert.ok(by(30) > by(5) && by(5) > by(0.1), `${by(30)}, ${by(5)}, ${by(0.1)}`);
  });

  test("what is answered stays, absent or placed", () => {
    const points = { g: visible(ghosts.g, 0, -20), f: visible(ghosts.f), h: { state: "absent" } };

    const after = refine(PRIOR, ghosts, points);

    for (const name of ["g", "f", "h"]) assert.equal(after[name], ghosts[name]);
  });

  test("an accepted point moves nothing, nor does no point at all", () => {
    assert.equal(refine(PRIOR, ghosts, { g: visible(ghosts.g) }), ghosts);
    assert.equal(refine(PRIOR, ghosts, { g: { state: "absent" } }), ghosts);
    assert.equal(refine(PRIOR, ghosts, {}), ghosts);
  });

  test("with too few predicted points, or all in one place, nothing moves", () => {
    const few = Object.fromEntries(Object.entries(ghosts).slice(0, 4));
    const heap = ghostsAt(() => ({ x: 5, y: 5 }), 3);

    assert.equal(refine(PRIOR, few, { a: visible(few.a, 9, 9) }), few);
    assert.equal(refine(PRIOR, heap, { a: visible(heap.a, 9, 9) }), heap);
  });

  test("landmarks that the statistics do not know stay where they were said to be", () => {
    const more = { ...ghosts, tail: { name: "tail", x: 1, y: 2, doubt_px: 5 } };

    assert.equal(refine(PRIOR, more, { g: visible(more.g, 0, -20) }).tail, more.tail);
  });

  test("a doubt of null or zero is no division by zero", () => {
    for (const doubt of [null, 0]) {
      const sure = ghostsAt(upright, doubt);
      for (const { x, y } of Object.values(refine(PRIOR, sure, { g: visible(sure.g, 0, -20) }))) assert.ok(Number.isFinite(x + y));
    }
  });

  test("with 68 landmarks and 30 factors all that are open follow, and stay finite", () => {
    const random = sequence(1);
    const names = Array.from({ length: 68 }, (_, n) => `p${n}`);
    const prior = {
      landmarks: names,
      mean: names.map(() => [random(-1, 1), random(-1, 1)]),
      factors: Array.from({ length: 136 }, () => Array.from({ length: 30 }, () => random(-0.1, 0.1))),
      noise: 1e-4,
    };
    const many = Object.fromEntries(names.map((name, n) => [name, { name, x: 90 * prior.mean[n][0], y: 90 * prior.mean[n][1], doubt_px: 2 }]));
    const points = Object.fromEntries(names.slice(0, 30).map((name) => [name, visible(many[name], 3, 1)]));

    const after = refine(prior, many, points);

    const moved = names.slice(30).map((name) => Math.hypot(after[name].x - many[name].x, after[name].y - many[name].y));
    assert.ok(moved.every((distance) => Number.isFinite(distance) && distance > 0));
  });
});

describe("the page", () => {
  const schema = { ...SCHEMA, landmarks: NAMES, edges: [] };
  const prediction = makePrediction({ points: Object.values(ghostsAt(upright, 8)) });
  const ask = () => makeAsk({ prediction, image: { ...makeAsk().image, width_px: 400, height_px: 400 } });
  const start = (...actions) =>
    [{ type: "shape_learned", prior: PRIOR }, { type: "ask_shown", ask: ask() }, ...actions].reduce(reduce, initialState(schema));
  const corrected = { type: "point_placed", name: "g", x: 200, y: 80 };
  const heightOf = ({ shown }) => shown.ghosts.h.y;

  test("ghosts follow a correction, and come back when it is undone", () => {
    const before = start();
    const after = reduce(before, corrected);

    assert.ok(heightOf(after) < heightOf(before) - 5);
    assert.equal(heightOf(reduce(after, { type: "undone" })), heightOf(before));
    assert.equal(after.shown.prediction, prediction);
  });

  test("they wait for the end of a drag", () => {
    const held = start({ type: "point_grabbed", name: "g", x: 200, y: 80 });
    const dropped = reduce(held, { type: "point_dropped", isAdvancing: true });

    assert.equal(heightOf(held), heightOf(start()));
    assert.equal(heightOf(dropped), heightOf(start(corrected)));
  });

  test("accepting takes the place where the ghost is seen", () => {
    const after = start(corrected, { type: "active_set", name: "h" }, { type: "prediction_accepted" });

    assert.equal(after.shown.points.h.y, heightOf(start(corrected)));
  });

  test("switched off they stay, switched on again they follow", () => {
    const toggle = { type: "preference_toggled", what: "isRefining" };

    assert.equal(heightOf(start(toggle, corrected)), heightOf(start()));
    assert.equal(heightOf(start(toggle, corrected, toggle)), heightOf(start(corrected)));
  });

  test("a newer prediction is followed from where it says", () => {
    const moved = { ...prediction, id: 8, points: prediction.points.map((point) => ({ ...point, x: point.x + 10 })) };
    const state = start(corrected);

    const after = reduce(state, { type: "prediction_arrived", imageId: state.shown.ask.image.id, prediction: moved });

    assert.ok(Math.abs(after.shown.ghosts.g.x - 210) < 1e-9);
    assert.notEqual(heightOf(after), 200 + 100 * RING[7][1]);
  });
});
