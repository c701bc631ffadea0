import assert from "node:assert/strict";
import { test } from "node:test";
import { createCounts } from "../../app/static/label/counts.js";
import { initialState } from "../../app/static/label/state.js";
import { reduce } from "../../app/static/label/reduce.js";
import { makeAsk, SCHEMA } from "./asks.mjs";
import { manualTimers } from "./timers.mjs";

/** A page whose server has `labelled` images of which it says so whenever the test lets it. */
function makeCounts() {
  const timers = manualTimers();
  const server = { labelled: 0, replies: [] };
  let state = initialState(SCHEMA);
  const reply = (value) => new Promise((resolve) => server.replies.push(() => resolve(value)));
  const counts = createCounts({
    fetchCounts: () => reply({ images: 9, landmarks_labelled: server.labelled, attributes: {} }),
    onCounts: (found) => { state = reduce(state, { type: "counts_changed", counts: found }); },
    timers,
  });
  async function answer({ isReplay = false } = {}) {
    if (!isReplay) server.labelled += 1;
    const response = await counts.during(() => reply({ isReplay, body: { revision: { number: 1 } } }));
    await new Promise((resolve) => timers.set(resolve, 5)); // until it is out of the browser's store
    state = reduce(state, { type: "answer_settled", item: { kind: "answer", ask: makeAsk() }, response, at: 0 });
    counts.added();
  }
  return { counts, server, answer, timers, said: () => state.counts?.landmarks_labelled };
}

async function replied({ server, timers }, at = 0) {
  server.replies.splice(at, 1)[0]();
  await timers.advance(10);
}

test("an answer that is on its way while the number is asked for is counted once, whichever comes first", async () => {
  for (const order of [[0, 0], [1, 0]]) {
    for (const isAnswerFirst of [true, false]) {
      const page = makeCounts();
      if (isAnswerFirst) page.answer();
      page.counts.refresh();
      if (!isAnswerFirst) page.answer();
      for (const at of order) if (page.server.replies.length > at) await replied(page, at);
      while (page.server.replies.length > 0) await replied(page);

      assert.equal(page.said(), 1, `${order}, answer first: ${isAnswerFirst}`);
    }
  }
});

test("an answer after the number adds to it", async () => {
  const page = makeCounts();
  page.counts.refresh();
  await replied(page);

  page.answer();
  await replied(page);

  assert.equal(page.said(), 1);
  assert.equal(page.server.replies.length, 0);
});

test("what an earlier page had sent already is in the number", async () => {
  const page = makeCounts();
  page.server.labelled = 1;
  page.counts.refresh();
  await replied(page);

  page.answer({ isReplay: true });
  await replied(page);

  assert.equal(page.said(), 1);
});

test("an answer that did not go out keeps no number back", async () => {
  const page = makeCounts();
  await assert.rejects(page.counts.during(() => Promise.reject(new Error("offline"))));

  page.counts.refresh();
  await replied(page);

  assert.equal(page.said(), 0);
});
