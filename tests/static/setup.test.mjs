import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, freePlace, moved } from "../../app/static/setup/places.js";
import { initialState, isDirty, schemaOf } from "../../app/static/setup/state.js";
import { refusalsOf, saidAt } from "../../app/static/setup/refusals.js";
import { reduce } from "../../app/static/setup/reduce.js";

const SCHEMA = {
  landmarks: ["eye_l", "eye_r", "mouth"],
  edges: [["eye_l", "mouth"]],
  mirror_pairs: [["eye_l", "eye_r"]],
  attributes: [
    { name: "pose", question: "Where?", kind: "classes", classes: ["front", "side"] },
    { name: "yaw", question: "", kind: "scale", minimum: -90, maximum: 90, unit: "deg" },
  ],
  normaliser: { kind: "landmarks", between: ["eye_l", "eye_r"] },
};
const EXAMPLE = { url: "/x", width_px: 200, height_px: 100, places: { eye_l: [10, 20] } };
const project = { id: 1, name: "faces", schema: SCHEMA, schema_version: 3 };
const EMPTY = { project: null, has_labels: false, example: null };

const play = (state, ...actions) => actions.reduce(reduce, state);
const existing = (part = {}) => initialState({ project, has_labels: false, example: EXAMPLE, ...part });
const keyOf = (state, name) => state.plan.landmarks.find((landmark) => landmark.name === name).key;
const names = (state) => state.plan.landmarks.map(({ name }) => name);

test("a schema comes back as it was", () => {
  const state = existing();
  assert.deepEqual(schemaOf(state.plan), SCHEMA);
  assert.equal(isDirty(state), false);
});

test("landmarks stand where the example has them, the others on a circle inside the picture", () => {
  const [eye, ...others] = existing().plan.landmarks;
  assert.deepEqual([eye.x, eye.y], [10, 20]);
  for (const { x, y } of others) assert.ok(x >= 0 && x <= 200 && y >= 0 && y <= 100);
});

test("a new name keeps edges, pairs and the normaliser", () => {
  let state = existing();
  state = reduce(state, { type: "landmark_named", key: keyOf(state, "eye_l"), name: "left eye" });
  const schema = schemaOf(state.plan);
  assert.deepEqual(schema.edges, [["left eye", "mouth"]]);
  assert.deepEqual(schema.mirror_pairs, [["left eye", "eye_r"]]);
  assert.deepEqual(schema.normaliser.between, ["left eye", "eye_r"]);
});

test("removing a landmark takes along what hangs on it", () => {
  let state = existing();
  state = reduce(state, { type: "landmark_removed", key: keyOf(state, "eye_l") });
  const { landmarks, edges, mirror_pairs: pairs, normaliser } = schemaOf(state.plan);
  assert.deepEqual([landmarks, edges, pairs, normaliser], [["eye_r", "mouth"], [], [], { kind: "box" }]);
});

test("undo and redo go through every step, and typing a name is one of them", () => {
  const start = existing();
  const key = keyOf(start, "mouth");
  const named = play(start, ...["m", "mo", "mou"].map((name) => ({ type: "landmark_named", key, name })));
  const after = play(named, { type: "landmark_added", at: [5, 5] });
  const back = play(after, { type: "undone" }, { type: "undone" });
  assert.equal(after.past.length, 2);
  assert.deepEqual(names(back), SCHEMA.landmarks);
  assert.equal(isDirty(back), false);
  assert.deepEqual(play(back, { type: "redone" }, { type: "redone" }).plan, after.plan);
  assert.equal(play(back, { type: "undone" }), back);
});

test("a joined pair that is joined again is parted, whichever end comes first", () => {
  const state = existing();
  const [from, to] = [keyOf(state, "mouth"), keyOf(state, "eye_r")];
  const joined = reduce(state, { type: "edge_toggled", from, to });
  const parted = reduce(joined, { type: "edge_toggled", from: to, to: from });
  assert.equal(joined.plan.edges.length, 2);
  assert.deepEqual(parted.plan.edges, state.plan.edges);
  assert.equal(reduce(state, { type: "edge_toggled", from, to: from }), state);
});

test("a landmark has one mirror image at most", () => {
  const state = existing();
  const next = reduce(state, { type: "pair_set", from: keyOf(state, "mouth"), to: keyOf(state, "eye_r") });
  assert.deepEqual(schemaOf(next.plan).mirror_pairs, [["mouth", "eye_r"]]);
});

test("with labels, old landmarks and questions keep name, order and place in the list; new ones do not have to", () => {
  const state = existing({ has_labels: true });
  const key = keyOf(state, "eye_l");
  const refused = play(
    state,
    { type: "landmark_named", key, name: "other" },
    { type: "landmark_removed", key },
    { type: "landmark_shifted", key, by: 1 },
    { type: "template_taken", template: { schema: SCHEMA, places: {} } },
    { type: "attribute_removed", key: state.plan.attributes[0].key },
  );
  assert.deepEqual(schemaOf(refused.plan), SCHEMA);

  let grown = play(state, { type: "landmark_added", at: [1, 1] }, { type: "landmark_added", at: [2, 2] });
  grown = reduce(grown, { type: "landmark_shifted", key: grown.selected, by: -5 });
  assert.deepEqual(names(grown), [...SCHEMA.landmarks, "point_5", "point_4"]);
});

test("a template fills the canvas and leaves the questions alone; going back and adding makes no key twice", () => {
  const template = {
    schema: { ...SCHEMA, attributes: [] },
    places: { eye_l: [0, 0], eye_r: [1, 0], mouth: [0.5, 1] },
  };
  const asked = play(initialState(EMPTY), { type: "landmark_added" }, { type: "attribute_added", kind: "classes" });
  const taken = reduce(asked, { type: "template_taken", template });
  assert.deepEqual(taken.plan.landmarks.map(({ x, y }) => [x, y]), [[0, 0], [600, 0], [300, 600]]);
  assert.equal(taken.plan.attributes.length, 1);
  const back = play(taken, { type: "undone" }, { type: "landmark_added" }, { type: "landmark_added" });
  const keys = [...back.plan.landmarks, ...back.plan.attributes].map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test("another picture takes the points along, there and back", () => {
  const state = play(initialState(EMPTY), { type: "landmark_added", at: [300, 150] });
  const wide = reduce(state, { type: "picture_changed", picture: { url: "x" }, frame: { width: 4000, height: 2000 } });
  assert.deepEqual([wide.plan.landmarks[0].x, wide.plan.landmarks[0].y], [2000, 500]);
  assert.deepEqual(moved([2000, 500], wide.frame, state.frame), [300, 150]);
});

test("a point that is added without pointing stands apart from the others and inside the frame", () => {
  let state = initialState(EMPTY);
  for (let count = 0; count < 12; count += 1) state = reduce(state, { type: "landmark_added" });
  const places = state.plan.landmarks.map(({ x, y }) => `${x} ${y}`);
  assert.equal(new Set(places).size, 12);
  assert.deepEqual(freePlace([], state.frame), fitted([0.5, 0.5], state.frame));
});

test("numbers that are none go to the server as null, so that it names the field", () => {
  let state = play(initialState(EMPTY), { type: "attribute_added", kind: "scale" });
  const { key } = state.plan.attributes[0];
  state = reduce(state, { type: "attribute_changed", key, part: { minimum: "", maximum: "ten" } });
  assert.deepEqual([schemaOf(state.plan).attributes[0].minimum, schemaOf(state.plan).attributes[0].maximum], [null, null]);
});

test("what the server refuses stands beside its field, in plain words", () => {
  const refusals = refusalsOf({
    code: "request_invalid",
    fields: [
      { field: "name", reason: "String should have at least 1 character" },
      { field: "schema.landmarks.2", reason: "String should match pattern 'x'" },
      { field: "schema.landmarks", reason: "landmarks must be distinct, repeated: a" },
      { field: "schema.attributes.0.classes.classes", reason: "Tuple should have at least 2 items after validation, not 1" },
      { field: "schema.attributes.1.scale.minimum", reason: "Input should be a valid number" },
      { field: "schema.normaliser.between", reason: "no landmark is called x" },
    ],
  });
  assert.equal(saidAt(refusals, "name"), "It needs a name.");
  assert.equal(saidAt(refusals, "landmark 2"), "No slash and no line break.");
  assert.equal(saidAt(refusals, "landmarks"), "Landmarks must be distinct, repeated: a.");
  assert.equal(saidAt(refusals, "attribute 0 classes"), "At least two classes.");
  assert.equal(saidAt(refusals, "attribute 1 minimum"), "A number, please.");
  assert.equal(saidAt(refusals, "normaliser"), "No landmark is called x.");
  assert.equal(saidAt(refusals, "all"), null);
});

test("a refusal of the whole is said above all, a name that is taken beside the name", () => {
  assert.match(saidAt(refusalsOf({ code: "schema_in_use", detail: "Labels exist" }), "all"), /Labels exist/);
  assert.match(saidAt(refusalsOf({ code: "stale_schema", detail: "The schema is at 2." }), "all"), /Reload/);
  assert.equal(saidAt(refusalsOf({ code: "project_name_taken", detail: "Taken." }), "name"), "Taken.");
});

test("an action that nobody knows is an error", () => {
  assert.throws(() => reduce(existing(), { type: "mystery" }));
});
