import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reduce } from "../../app/static/label/reduce.js";
import { initialState } from "../../app/static/label/state.js";
import { makeAsk, makePrediction, SCHEMA } from "./asks.mjs";
import { sequence } from "./sequence.mjs";

function play(...actions) {
  const start = reduce(initialState(SCHEMA), { type: "viewport_resized", viewport: { width: 832, height: 632 } });
  return actions.reduce(reduce, start);
}

const shown = (part) => ({ type: "ask_shown", ask: makeAsk(part) });
const placed = (x, y, name) => ({ type: "point_placed", x, y, ...(name ? { name } : {}) });

test("an unknown action throws", () => {
  assert.throws(() => play({ type: "poin_placed" }), /Unknown action: poin_placed/);
  assert.throws(() => play({ type: "constructor" }), /Unknown action/);
});

test("a state is never changed in place", () => {
  const before = play(shown());
  const copy = structuredClone(before);

  reduce(before, placed(1, 2));

  assert.deepEqual(before, copy);
});

describe("notices", () => {
  const said = (tone) => ({ type: "notice_shown", text: "Said.", tone });
  const textAfter = (...actions) => play(...actions).notice.text;

  test("what was said about an image goes with it", () => {
    const [first, second] = [shown(), shown()];

    assert.equal(textAfter(first, said("quiet"), placed(1, 1)), "Said.");
    assert.equal(textAfter(first, said("quiet"), second), "");
    assert.equal(textAfter(first, said("warn"), { type: "ask_cleared", phase: "loading" }), "");
  });

  test("a warning goes with the points that it was about", () => {
    assert.equal(textAfter(shown(), said("warn"), { type: "active_moved", step: 1 }), "Said.");
    assert.equal(textAfter(shown(), said("warn"), placed(1, 1)), "");
  });

  test("a refusal stays, and so does what was said before an image came", () => {
    assert.equal(textAfter(shown(), said("bad"), placed(1, 1), shown()), "Said.");
    assert.equal(textAfter({ type: "ask_cleared", phase: "loading" }, said("quiet"), shown()), "Said.");
  });
});

describe("placing", () => {
  test("a click places the active landmark and goes on to the next unset one", () => {
    const { shown: after } = play(shown(), placed(10.25, 20.125));

    assert.deepEqual(after.points, { wrist: { state: "visible", x: 10.25, y: 20.125 } });
    assert.equal(after.active, "thumb");
  });

  test("the next unset landmark is found round the end of the list", () => {
    const { shown: after } = play(shown(), { type: "active_set", name: "middle" }, placed(1, 1));

    assert.equal(after.active, "wrist");
  });

  test("after the last landmark none is active and a click places nothing", () => {
    const all = SCHEMA.landmarks.map((name, n) => placed(n, n));

    const { shown: after } = play(shown(), ...all, placed(50, 50));

    assert.equal(after.active, null);
    assert.deepEqual(after.points.middle, { state: "visible", x: 3, y: 3 });
  });

  test("a point outside the image is put on its border", () => {
    const { shown: after } = play(shown(), placed(-5, 400));

    assert.deepEqual(after.points.wrist, { state: "visible", x: 0, y: 100 });
  });

  test("an existing label is shown and its missing landmark is active", () => {
    const label = { points: [{ name: "wrist", state: "hidden", x: 1.5, y: 2.5 }, { name: "thumb", state: "absent" }] };

    const { shown: after } = play(shown({ label }));

    assert.deepEqual(after.points, { wrist: { state: "hidden", x: 1.5, y: 2.5 }, thumb: { state: "absent" } });
    assert.equal(after.active, "index");
  });
});

describe("dragging", () => {
  const drag = [
    { type: "point_grabbed", name: "wrist" },
    { type: "point_dragged", x: 11, y: 11 },
    { type: "point_dragged", x: 12.5, y: 13.5 },
  ];

  test("a drag of many moves is one undo step", () => {
    const after = play(shown(), placed(10, 10), ...drag, { type: "point_dropped", isAdvancing: false });

    assert.deepEqual(after.shown.points.wrist, { state: "visible", x: 12.5, y: 13.5 });
    assert.equal(after.shown.active, "wrist");
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points.wrist, { state: "visible", x: 10, y: 10 });
  });

  test("a cancelled drag leaves no trace", () => {
    const before = play(shown(), placed(10, 10));

    const after = [...drag, { type: "drag_cancelled" }].reduce(reduce, before);

    assert.deepEqual(after.shown, before.shown);
  });

  test("pressing places, moving refines, releasing goes on, as one undo step", () => {
    const press = { type: "point_grabbed", name: "wrist", x: 4, y: 4 };
    const after = play(shown(), press, { type: "point_dragged", x: 5, y: 6 }, { type: "point_dropped", isAdvancing: true });

    assert.deepEqual(after.shown.points, { wrist: { state: "visible", x: 5, y: 6 } });
    assert.equal(after.shown.active, "thumb");
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points, {});
  });

  test("a drop without a grab changes nothing", () => {
    const before = play(shown(), placed(1, 1));

    assert.equal(reduce(before, { type: "point_dropped", isAdvancing: true }), before);
  });
});

describe("nudging", () => {
  test("moves by image px, a quarter if asked, and stops at the border", () => {
    const there = [placed(10, 10), { type: "active_set", name: "wrist" }];

    const after = play(shown(), ...there, { type: "point_nudged", dx: 0.25, dy: 0 }, { type: "point_nudged", dx: 0, dy: -30 });

    assert.deepEqual(after.shown.points.wrist, { state: "visible", x: 10.25, y: 0 });
  });

  test("a held key is one undo step", () => {
    const held = [1, 2, 3].map(() => ({ type: "point_nudged", dx: 1, dy: 0, isContinued: true }));
    const there = [placed(10, 10), { type: "active_set", name: "wrist" }, { type: "point_nudged", dx: 1, dy: 0 }];

    const after = play(shown(), ...there, ...held, { type: "undone" });

    assert.equal(after.shown.points.wrist.x, 10);
  });

  test("what is unset is placed in the middle of what is seen, and stays active", () => {
    const { camera, ...before } = play(shown(), { type: "camera_panned", dx: 20, dy: 0 });

    const after = reduce({ camera, ...before }, { type: "point_nudged", dx: 0, dy: 1 });

    const middle = { x: (416 - camera.x) / camera.scale, y: (316 - camera.y) / camera.scale };
    assert.deepEqual(after.shown.points.wrist, { state: "visible", x: middle.x, y: middle.y + 1 });
    assert.equal(after.shown.active, "wrist");
    assert.deepEqual(reduce(after, { type: "undone" }).shown.points, {});
  });

  test("what is predicted comes from its predicted place, hidden where that was said before", () => {
    const before = play(shown({ prediction: makePrediction() }), { type: "point_hidden" });
    const { x, y } = before.shown.ghosts.wrist;

    const after = reduce(before, { type: "point_nudged", dx: 1, dy: 0 });

    assert.deepEqual(after.shown.points.wrist, { state: "hidden", x: x + 1, y });
  });

  test("a key that is held from before the point was there is one undo step with it", () => {
    const held = [1, 2, 3].map(() => ({ type: "point_nudged", dx: 1, dy: 0, isContinued: true }));

    assert.deepEqual(play(shown(), ...held, { type: "undone" }).shown.points, {});
  });

  test("an absent landmark and no landmark stay as they are", () => {
    const absent = play(shown(), { type: "point_absent" }, { type: "active_set", name: "wrist" });
    const none = play(shown(), ...SCHEMA.landmarks.map((name) => placed(5, 5, name)));

    for (const state of [absent, none]) assert.equal(reduce(state, { type: "point_nudged", dx: 1, dy: 0 }), state);
  });
});

describe("hidden and absent", () => {
  test("hidden keeps the place and goes on; again makes it visible", () => {
    const wrist = [placed(10, 10), { type: "active_set", name: "wrist" }];

    const once = play(shown(), ...wrist, { type: "point_hidden" });
    const twice = [{ type: "active_set", name: "wrist" }, { type: "point_hidden" }].reduce(reduce, once);

    assert.deepEqual(once.shown.points.wrist, { state: "hidden", x: 10, y: 10 });
    assert.equal(once.shown.active, "thumb");
    assert.equal(twice.shown.points.wrist.state, "visible");
  });

  test("hidden before the click makes the click place a hidden one", () => {
    const { shown: after } = play(shown(), { type: "point_hidden" }, placed(3, 4));

    assert.deepEqual(after.points.wrist, { state: "hidden", x: 3, y: 4 });
    assert.equal(after.isNextHidden, false);
  });

  test("absent goes on; again brings the point back where it stood", () => {
    const once = play(shown(), placed(10, 10), { type: "active_set", name: "wrist" }, { type: "point_absent" });
    const twice = [{ type: "active_set", name: "wrist" }, { type: "point_absent" }].reduce(reduce, once);

    assert.equal(once.shown.points.wrist.state, "absent");
    assert.equal(once.shown.active, "thumb");
    assert.deepEqual(twice.shown.points.wrist, { state: "visible", x: 10, y: 10 });
  });

  test("a right click cycles visible, hidden, absent, visible", () => {
    const cycle = { type: "point_cycled", name: "wrist" };
    const states = [];
    let state = play(shown(), placed(10, 10));
    for (let n = 0; n < 3; n += 1) {
      state = reduce(state, cycle);
      states.push(state.shown.points.wrist.state);
    }

    assert.deepEqual(states, ["hidden", "absent", "visible"]);
  });

  test("an absent point that never stood anywhere is unset by the next click on it", () => {
    const { shown: after } = play(shown(), { type: "point_absent" }, { type: "point_cycled", name: "wrist" });

    assert.deepEqual(after.points, {});
  });
});

describe("undo and redo", () => {
  test("any walk of edits can be undone to the start and redone to the end", () => {
    const random = sequence(5);
    for (let walk = 0; walk < 50; walk += 1) {
      const start = play(shown({ prediction: makePrediction() }));
      let state = start;
      for (let step = 0; step < 25; step += 1) {
        const name = SCHEMA.landmarks[Math.floor(random(0, 4))];
        const edits = [
          placed(random(0, 200), random(0, 100), name),
          { type: "point_cycled", name },
          { type: "point_unset", name },
          { type: "point_nudged", dx: 1, dy: 1 },
          { type: "prediction_accepted", isAll: random(0, 1) > 0.8 },
        ];
        state = reduce(state, edits[Math.floor(random(0, edits.length))]);
      }
      const end = state.shown.points;
      const steps = state.shown.past.length;
      for (let n = 0; n < steps; n += 1) state = reduce(state, { type: "undone" });
      assert.deepEqual(state.shown.points, start.shown.points);
      for (let n = 0; n < steps; n += 1) state = reduce(state, { type: "redone" });
      assert.deepEqual(state.shown.points, end);
    }
  });

  test("with nothing to undo or redo the state stays", () => {
    const before = play(shown());

    assert.equal(reduce(before, { type: "undone" }), before);
    assert.equal(reduce(before, { type: "redone" }), before);
  });
});

describe("predictions", () => {
  test("accepting one takes its exact place and goes on", () => {
    const { shown: after } = play(shown({ prediction: makePrediction() }), { type: "prediction_accepted" });

    assert.deepEqual(after.points, { wrist: { state: "visible", x: 0.25, y: 20.5 } });
    assert.equal(after.active, "thumb");
  });

  test("what was to be hidden is hidden when it is accepted, and nothing else is", () => {
    for (const isAll of [false, true]) {
      const after = play(shown({ prediction: makePrediction() }), { type: "point_hidden" }, { type: "prediction_accepted", isAll });
      const states = Object.entries(after.shown.points).map(([name, { state }]) => [name, state]);

      assert.deepEqual(states.filter(([, state]) => state === "hidden"), [["wrist", "hidden"]]);
      assert.equal(states.length, isAll ? 4 : 1);
      assert.equal(after.shown.isNextHidden, false);
    }
  });

  test("accepting all fills what is unset and leaves what is placed, as one undo step", () => {
    const after = play(shown({ prediction: makePrediction() }), placed(99, 99), { type: "prediction_accepted", isAll: true });

    assert.equal(Object.keys(after.shown.points).length, 4);
    assert.deepEqual(after.shown.points.wrist, { state: "visible", x: 99, y: 99 });
    assert.deepEqual(Object.keys(reduce(after, { type: "undone" }).shown.points), ["wrist"]);
  });

  test("a prediction that arrives is no undo step and moves no placed point", () => {
    const before = play(shown(), placed(5, 5));
    const arrival = { type: "prediction_arrived", imageId: before.shown.ask.image.id, prediction: makePrediction() };

    const after = reduce(before, arrival);

    assert.deepEqual(after.shown.points, before.shown.points);
    assert.equal(after.shown.past.length, before.shown.past.length);
    assert.equal(after.shown.prediction.id, 7);
  });

  test("a prediction for another image is not shown", () => {
    const before = play(shown());

    assert.equal(reduce(before, { type: "prediction_arrived", imageId: -1, prediction: makePrediction() }), before);
  });
});

describe("the camera (case 104)", () => {
  test("zooming, panning, resizing and hiding never change a stored coordinate", () => {
    const random = sequence(8);
    const before = play(shown(), placed(10.123456789, 20.987654321), placed(150.5, 99.999));
    let state = before;
    for (let n = 0; n < 300; n += 1) {
      const moves = [
        { type: "camera_zoomed", at: { x: random(0, 800), y: random(0, 600) }, factor: random(0.5, 2) },
        { type: "camera_panned", dx: random(-300, 300), dy: random(-300, 300) },
        { type: "viewport_resized", viewport: { width: random(200, 4000), height: random(200, 2000) } },
        { type: "overlay_toggled", what: "isHidden" },
        { type: "camera_fitted" },
        { type: "auto_zoom_toggled" },
      ];
      state = reduce(state, moves[Math.floor(random(0, moves.length))]);
    }

    assert.deepEqual(state.shown.points, before.shown.points);
  });

  test("auto-zoom goes to the prediction of the active landmark and back to the whole without one", () => {
    const prediction = makePrediction({ points: [{ name: "wrist", x: 50, y: 50, doubt_px: null }] });

    const zoomed = play(shown({ prediction }), { type: "auto_zoom_toggled" });
    const next = reduce(zoomed, { type: "active_set", name: "thumb" });

    assert.equal(zoomed.camera.x + 50 * zoomed.camera.scale, 416);
    assert.ok(next.isFitted && next.camera.scale < zoomed.camera.scale);
  });

  test("a resize keeps a fitted image fitted", () => {
    const { camera } = play(shown(), { type: "viewport_resized", viewport: { width: 432, height: 632 } });

    assert.equal(camera.scale, 2);
  });
});

test("a landmark may have the name of something that every object has", () => {
  const schema = { ...SCHEMA, landmarks: ["constructor", "__proto__", "toString"], edges: [] };
  const start = reduce(initialState(schema), { type: "viewport_resized", viewport: { width: 832, height: 632 } });
  const actions = [shown(), { type: "point_hidden" }, placed(1, 2), placed(3, 4), { type: "point_absent" }];

  const { points } = actions.reduce(reduce, start).shown;

  assert.deepEqual(Object.entries(points), [
    ["constructor", { state: "hidden", x: 1, y: 2 }],
    ["__proto__", { state: "visible", x: 3, y: 4 }],
    ["toString", { state: "absent" }],
  ]);
});

test("tab goes round the landmarks both ways", () => {
  const step = (by) => ({ type: "active_moved", step: by });

  assert.equal(play(shown(), step(-1)).shown.active, "middle");
  assert.equal(play(shown(), step(-1), step(1)).shown.active, "wrist");
});
