import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reduce } from "../../app/static/label/reduce.js";
import { initialState } from "../../app/static/label/state.js";
import { DEFAULTS } from "../../app/static/label/preferences.js";
import { makeAsk, makePrediction, SCHEMA } from "./asks.mjs";

const MIRRORED = { ...SCHEMA, mirror_pairs: [["thumb", "index"]] };

function play(...actions) {
  return actions.reduce(reduce, initialState(MIRRORED));
}

const shown = (part) => ({ type: "ask_shown", ask: makeAsk(part) });
const placed = (x, y, name) => ({ type: "point_placed", x, y, name });
const two = [placed(50, 50, "thumb"), placed(70, 50, "index")];
const xs = ({ shown: { points } }) => Object.fromEntries(Object.entries(points).map(([name, { x }]) => [name, Math.round(x * 1000) / 1000]));

describe("the whole shape", () => {
  test("a drag of many moves is one undo step and remembers nothing of the border", () => {
    const start = play(shown(), ...two);
    const drag = [
      { type: "shape_grabbed" },
      { type: "shape_dragged", dx: -400, dy: 0 },
      { type: "shape_dragged", dx: 5, dy: 1 },
      { type: "point_dropped", isAdvancing: false },
    ];

    const after = drag.reduce(reduce, start);

    assert.deepEqual(xs(after), { thumb: 55, index: 75 });
    assert.equal(after.shown.active, start.shown.active);
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points, start.shown.points);
  });

  test("a cancelled drag leaves no trace", () => {
    const start = play(shown(), ...two);

    const after = [{ type: "shape_grabbed" }, { type: "shape_dragged", dx: 5, dy: 5 }, { type: "drag_cancelled" }].reduce(reduce, start);

    assert.deepEqual(after.shown, start.shown);
  });

  test("a burst of the wheel is one undo step, and back again is where it began", () => {
    const start = play(shown(), placed(5, 50, "thumb"), placed(195, 50, "index"));
    const turns = [
      { type: "shape_turned", factor: 4 },
      { type: "shape_turned", angle: 1, isContinued: true },
      { type: "shape_turned", angle: -1, factor: 0.25, isContinued: true },
    ];

    const after = turns.reduce(reduce, start);

    assert.deepEqual(xs(after), { thumb: 5, index: 195 });
    assert.equal(after.shown.past.length, start.shown.past.length + 1);
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points, start.shown.points);
  });

  test("two fingers move, turn and scale it in one undo step", () => {
    const start = play(shown(), ...two, { type: "whole_shape_toggled" });
    const pinch = { type: "shape_pinched", dx: 10, dy: -5, angle: Math.PI / 2, factor: 2 };
    const steps = [{ type: "shape_grabbed" }, { ...pinch, factor: 7 }, pinch, { type: "point_dropped", isAdvancing: false }];

    const after = steps.reduce(reduce, start);

    const round = ({ x, y }) => [Math.round(x), Math.round(y)];
    assert.deepEqual([round(after.shown.points.thumb), round(after.shown.points.index)], [[70, 25], [70, 65]]);
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points, start.shown.points);
  });

  test("moving all of it ends with the image", () => {
    const start = play(shown(), { type: "whole_shape_toggled" });

    assert.equal(start.isWholeShape, true);
    assert.equal(reduce(start, shown()).isWholeShape, false);
  });

  test("a point that was moved in between ends the burst", () => {
    const turn = { type: "shape_turned", angle: 0.1, isContinued: true };
    const start = play(shown(), ...two, turn, placed(90, 90, "thumb"), turn);

    assert.equal(start.shown.past.length, 5);
  });

  test("mirroring swaps the names of a pair", () => {
    const after = play(shown(), ...two, placed(60, 10, "wrist"), { type: "shape_mirrored" });

    assert.deepEqual(xs(after), { index: 70, thumb: 50, wrist: 60 });
  });

  test("with nothing placed nothing happens, and nothing is to be undone", () => {
    const start = play(shown());
    const actions = [{ type: "shape_grabbed" }, { type: "shape_turned", angle: 1 }, { type: "shape_mirrored" }, { type: "pair_swapped" }];

    for (const action of actions) assert.equal(reduce(start, action), start, action.type);
  });
});

describe("a pair", () => {
  test("the active landmark changes places with its partner", () => {
    const after = play(shown(), ...two, { type: "active_set", name: "index" }, { type: "pair_swapped" });

    assert.deepEqual(xs(after), { thumb: 70, index: 50 });
    assert.equal(after.shown.active, "index");
  });

  test("a landmark without a partner stays", () => {
    const start = play(shown(), placed(1, 1, "wrist"), { type: "active_set", name: "wrist" });

    assert.equal(reduce(start, { type: "pair_swapped" }), start);
  });
});

describe("a shape from elsewhere", () => {
  const brought = { type: "shape_brought", points: { wrist: { state: "hidden", x: 3, y: 4 }, thumb: { state: "absent" } }, size: { width: 200, height: 100 }, imageId: -1 };

  test("filling keeps what is placed, and is one undo step and a help to be told", () => {
    const after = play(shown(), placed(9, 9, "wrist"), { ...brought, isFilling: true });

    assert.deepEqual(after.shown.points, { wrist: { state: "visible", x: 9, y: 9 }, thumb: { state: "absent" } });
    assert.equal(after.shown.active, "index");
    assert.equal(after.shown.isHelped, true);
    assert.deepEqual(Object.keys(reduce(after, { type: "undone" }).shown.points), ["wrist"]);
  });

  test("pasting replaces", () => {
    const after = play(shown(), placed(9, 9, "wrist"), brought);

    assert.deepEqual(after.shown.points.wrist, { state: "hidden", x: 3, y: 4 });
  });

  test("names that the schema has no longer are left out", () => {
    const start = play(shown());

    assert.equal(reduce(start, { ...brought, points: { tail: { state: "visible", x: 1, y: 1 } } }), start);
  });

  test("what was copied here and comes back here is no help from another image", () => {
    const copied = play(shown(), ...two, { type: "shape_copied" }, placed(1, 1, "thumb"));

    const after = reduce(copied, { type: "shape_brought", ...copied.clipboard });

    assert.deepEqual([xs(after), after.shown.isHelped], [{ thumb: 50, index: 70 }, false]);
  });

  test("a copied shape goes to the next image", () => {
    const next = play(shown(), ...two, { type: "shape_copied" }, shown());

    const after = reduce(next, { type: "shape_brought", ...next.clipboard });

    assert.deepEqual([xs(after), after.shown.isHelped], [{ thumb: 50, index: 70 }, true]);
  });
});

describe("worst first", () => {
  const prediction = () => makePrediction({ points: [
    { name: "wrist", x: 1, y: 1, doubt_px: 2 }, { name: "thumb", x: 2, y: 2, doubt_px: 9 }, { name: "index", x: 3, y: 3, doubt_px: null },
  ] });
  const visit = (isWorstFirst, part) => {
    let state = reduce(initialState(SCHEMA, { ...DEFAULTS, isWorstFirst }), shown(part));
    const order = [];
    while (state.shown.active !== null) {
      order.push(state.shown.active);
      state = reduce(state, { type: "point_placed", x: 1, y: 1 });
    }
    return order;
  };

  test("what the network does not know comes first, then the greatest doubt", () => {
    assert.deepEqual(visit(true, { prediction: prediction() }), ["middle", "thumb", "wrist", "index"]);
  });

  test("switched off, or without a prediction, the order is that of the schema", () => {
    assert.deepEqual(visit(false, { prediction: prediction() }), SCHEMA.landmarks);
    assert.deepEqual(visit(true, {}), SCHEMA.landmarks);
  });

  test("switching while at work changes where the next answer leads, not where one is", () => {
    const start = play(shown({ prediction: prediction() }), { type: "preference_toggled", what: "isWorstFirst" });

    assert.equal(start.shown.active, "wrist");
    assert.equal(reduce(start, { type: "prediction_accepted" }).shown.active, "middle");
  });
});

describe("the prediction as a whole", () => {
  test("put away it is neither accepted nor visited, and comes back as it was", () => {
    const start = play(shown({ prediction: makePrediction() }), { type: "prediction_cleared" });

    assert.equal(reduce(start, { type: "prediction_accepted", isAll: true }), start);
    const again = [{ type: "prediction_loaded" }, { type: "prediction_accepted", isAll: true }].reduce(reduce, start);
    assert.equal(Object.keys(again.shown.points).length, 4);
  });

  test("a newer one does not come up uncalled", () => {
    const start = play(shown({ prediction: makePrediction() }), { type: "prediction_cleared" });

    const after = reduce(start, { type: "prediction_arrived", imageId: start.shown.ask.image.id, prediction: makePrediction() });

    assert.equal(after.shown.isCleared, true);
  });
});
