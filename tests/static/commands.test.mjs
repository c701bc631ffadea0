import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCommands } from "../../app/static/label/commands.js";
import { makePrediction, SCHEMA } from "./asks.mjs";
import { makePage } from "./page.mjs";
import { settle } from "./timers.mjs";

/** The page on an image with landmarks, and what the network says of it; null: nothing. */
async function makeCommands({ prediction = makePrediction() } = {}) {
  const page = await makePage({ kinds: ["landmarks"] });
  const arrive = () => page.store.dispatch({ type: "prediction_arrived", imageId: page.shown().ask.image.id, prediction });
  if (prediction) arrive();
  return { ...page, arrive, commands: createCommands({ ...page, now: page.timers.now }) };
}

const without = (...names) => makePrediction({ points: makePrediction().points.filter(({ name }) => !names.includes(name)) });
const notice = ({ store }) => store.state.notice.text;

describe("accepting all that is left", () => {
  test("submits the image, and keeps what was placed", async () => {
    const { commands, store, sent, shown } = await makeCommands();
    const first = shown().ask.image.id;
    store.dispatch({ type: "point_placed", x: 90, y: 70 });

    commands.acceptAll();
    await settle();

    assert.notEqual(shown().ask.image.id, first);
    assert.deepEqual(sent.map(({ path }) => path), [`/images/${first}/landmarks`]);
    const points = Object.fromEntries(sent[0].body.points.map(({ name, x, y }) => [name, [x, y]]));
    assert.deepEqual(Object.keys(points), SCHEMA.landmarks);
    assert.deepEqual([points.wrist, points.thumb], [[90, 70], [10.25, 20.5]]);
  });

  test("one undo on the next image brings it back, the second takes the accepted points away", async () => {
    const { commands, shown, look } = await makeCommands();
    const first = shown().ask.image.id;
    commands.acceptAll();
    await look();

    commands.undo();
    await look();

    assert.equal(shown().ask.image.id, first);
    assert.deepEqual(Object.keys(shown().points), SCHEMA.landmarks);
    commands.undo();
    assert.deepEqual(shown().points, {});
  });

  test("where a landmark has no prediction nothing is submitted, and it is said which", async () => {
    const page = await makeCommands({ prediction: without("thumb", "index") });

    page.commands.acceptAll();
    await settle();

    assert.deepEqual(page.sent, []);
    assert.deepEqual(Object.keys(page.shown().points), ["wrist", "middle"]);
    assert.equal(page.shown().active, "thumb");
    assert.equal(notice(page), "Not submitted. There is no prediction of: thumb, index.");
  });

  test("without a prediction nothing is submitted, though all be placed", async () => {
    const page = await makeCommands({ prediction: null });
    for (const name of SCHEMA.landmarks) page.store.dispatch({ type: "point_placed", name, x: 5, y: 5 });

    page.commands.acceptAll();
    await settle();

    assert.deepEqual(page.sent, []);
    assert.equal(notice(page), "There is no prediction to accept here.");
  });

  test("a second press on an image that was not seen yet accepts nothing", async () => {
    const { commands, arrive, sent, shown } = await makeCommands();
    commands.acceptAll();
    arrive();

    commands.acceptAll();
    await settle();

    assert.equal(sent.length, 1);
    assert.deepEqual(shown().points, {});
  });
});
