import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, assistOf, decimalsOf, pointsToSend, predictedAnswer } from "../../app/static/label/answers.js";
import { makeAsk, makePrediction, SCHEMA } from "./asks.mjs";

const [SIDE, YAW] = SCHEMA.attributes;

test("points go in the order of the schema, unrounded; an absent one without a place, an unset one not at all", () => {
  const points = {
    thumb: { state: "absent", x: 5, y: 5 },
    index: { state: "hidden", x: 2.125, y: 3.3333333333333335 },
    wrist: { state: "visible", x: 1 / 3, y: 0 },
  };

  assert.deepEqual(pointsToSend(points, SCHEMA.landmarks), [
    { name: "wrist", state: "visible", x: 1 / 3, y: 0 },
    { name: "thumb", state: "absent" },
    { name: "index", state: "hidden", x: 2.125, y: 3.3333333333333335 },
  ]);
});

test("help is stored when it was on screen", () => {
  const prediction = makePrediction();

  assert.deepEqual(assistOf({ ask: makeAsk(), prediction }), { kind: "prediction", prediction_id: 7 });
  assert.deepEqual(assistOf({ ask: makeAsk({ kind: "side" }), prediction }), { kind: "prediction", prediction_id: 7 });
  assert.deepEqual(assistOf({ ask: makeAsk({ kind: "other" }), prediction }), { kind: "none", prediction_id: null });
  assert.deepEqual(assistOf({ ask: makeAsk(), prediction: null }), { kind: "none", prediction_id: null });
  assert.deepEqual(assistOf({ ask: makeAsk(), prediction, isCleared: true }), { kind: "prediction", prediction_id: 7 });
  assert.deepEqual(assistOf({ ask: makeAsk(), prediction, isHelped: true }), { kind: "previous_image", prediction_id: 7 });
  assert.deepEqual(assistOf({ ask: makeAsk(), prediction: null, isHelped: true }), { kind: "previous_image", prediction_id: null });
});

test("an attribute's answer goes to its own address, also with odd letters in its name", () => {
  const ask = makeAsk({ kind: "left/right ?" });

  const { path, part } = answerOf({ ask, points: {}, value: null }, { schema: SCHEMA, schemaVersion: 1 });

  assert.equal(path, `/images/${ask.image.id}/attributes/left%2Fright%20%3F`);
  assert.deepEqual(part, { value: null });
});

test("the predicted answer is the likeliest class, or the number as a person would give it", () => {
  const prediction = makePrediction();

  assert.equal(predictedAnswer(prediction, SIDE), "palm");
  assert.equal(predictedAnswer(prediction, YAW), 3.2);
  assert.equal(predictedAnswer({ attributes: { yaw: 200 } }, YAW), 90);
  assert.equal(predictedAnswer(null, SIDE), null);
  assert.equal(predictedAnswer({ attributes: {} }, YAW), null);
});

test("decimals follow the range of the scale", () => {
  assert.equal(decimalsOf({ minimum: -90, maximum: 90 }), 1);
  assert.equal(decimalsOf({ minimum: 0, maximum: 1 }), 3);
  assert.equal(decimalsOf({ minimum: 0, maximum: 1e6 }), 0);
});
