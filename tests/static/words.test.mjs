import assert from "node:assert/strict";
import { test } from "node:test";
import { noAnswerWords, noShapeWords, progressOf, savingDetail, savingWords } from "../../app/static/label/words.js";

const saving = (part) => ({ waiting: 0, attention: [], isOffline: false, isMemoryOnly: false, reason: null, ...part });
const text = (part) => savingWords(saving(part)).text;

test("an ended session is not taken for a server that is away", () => {
  assert.equal(noAnswerWords({ status: 401, message: "Sign in first." }), "Sign in first.");
  assert.match(noAnswerWords({ message: "no route" }), /does not answer/);
});

test("an ended session is said beside what waits", () => {
  assert.equal(text({ isSignedOut: true, waiting: 3, reason: "Sign in first." }), "Signed out, 3 waiting");
  assert.equal(savingWords(saving({ isSignedOut: true })).tone, "warn");
});

test("the state line says what is saved and what is not", () => {
  assert.equal(text({}), "All saved");
  assert.equal(text({ waiting: 2 }), "2 waiting");
  assert.equal(text({ waiting: 5, isOffline: true }), "Offline: 5 waiting");
  assert.equal(text({ isOffline: true }), "Offline");
  assert.equal(text({ attention: [{}] }), "1 needs attention");
  assert.equal(text({ attention: [{}, {}], waiting: 1 }), "2 need attention, 1 waiting");
  assert.equal(text({ waiting: 1, reason: "busy" }), "1 waiting, trying again");
  assert.equal(text({ isMemoryOnly: true }), "Keep this tab open");
});

test("the detail gives the server's reason while something waits", () => {
  assert.match(savingDetail(saving({ waiting: 1, reason: "The database is busy." }), null), /The database is busy/);
  assert.match(savingDetail(saving({}), 12.4), /saved 12 s ago/);
});

test("where there is no shape to move, a prediction is offered as one", () => {
  assert.match(noShapeWords(true, "Shift + A"), /Shift \+ A/);
  assert.equal(noShapeWords(false, "Shift + A"), "Nothing is placed yet.");
});

test("progress counts the kind that is shown", () => {
  const counts = { images: 10, landmarks_labelled: 3, attributes: { side: 7 } };

  assert.equal(progressOf(counts, "landmarks").done, 3);
  assert.equal(progressOf(counts, "side").done, 7);
  assert.equal(progressOf(counts, "new").done, 0);
});
