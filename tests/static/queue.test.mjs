import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createQueue } from "../../app/static/label/queue.js";
import { makeAsk, makePrediction } from "./asks.mjs";
import { manualTimers, settle } from "./timers.mjs";

function makeQueue({ asks = Infinity, ...part } = {}) {
  const timers = manualTimers();
  const asked = [];
  const released = [];
  let left = asks;
  const queue = createQueue({
    timers,
    ahead: 3,
    async ask(kinds) {
      asked.push(kinds);
      if (left <= 0) return null;
      left -= 1;
      return makeAsk({ kind: kinds?.[0] ?? "landmarks" });
    },
    release: (ask) => released.push(ask.lease_id),
    load: async () => {},
    hasImage: () => true,
    onChange() {},
    bytes: { keep: async () => {}, keepOnly() {}, hasRoom: () => true },
    ...part,
  });
  return { queue, timers, asked, released };
}

async function filled(part) {
  const made = makeQueue(part);
  made.queue.choose(null);
  await settle();
  return made;
}

test("three asks are held ahead, no more", async () => {
  const { queue, asked } = await filled();

  assert.equal(queue.held().length, 3);
  assert.equal(asked.length, 3);
});

test("an answer brings the next ask, so that nothing else has to be asked", async () => {
  const { queue, asked } = await filled();
  queue.take();

  assert.equal(queue.nextOf("a").next_kinds, null); // null = any kind
  queue.fill();
  queue.settle("a", makeAsk());
  await settle();

  assert.equal(queue.held().length, 3);
  assert.equal(asked.length, 3);
});

test("an answer asks for nothing while enough is held", async () => {
  const { queue } = await filled();

  assert.deepEqual(queue.nextOf("again").next_kinds, []);
});

test("while the promised ask does not come, an empty queue asks by itself", async () => {
  const { queue, asked } = await filled();
  for (const id of ["a", "b", "c"]) {
    queue.take();
    queue.nextOf(id);
  }

  queue.fill();
  await settle();

  assert.equal(asked.length, 4);
});

test("before the first choice nothing is asked, whatever wakes the queue", async () => {
  const { queue, asked } = makeQueue();

  queue.wake();
  queue.settle("of an earlier page", undefined);
  await settle();

  assert.equal(asked.length, 0);
});

test("that nothing was left of another mode says nothing about this one", async () => {
  const { queue } = await filled();
  queue.take();
  queue.choose(["landmarks"]);
  queue.nextOf("a");
  queue.choose(["side"]);

  queue.settle("a", null);

  assert.equal(queue.isExhausted, false);
});

test("an image that had to make room for others is loaded again before it is shown", async () => {
  const loaded = [];
  const gone = new Set();
  const { queue } = await filled({ load: async ({ id }) => { loaded.push(id); }, hasImage: (id) => !gone.has(id) });
  const { ask: { image } } = queue.held()[0];
  gone.add(image.id);

  const entry = queue.take();

  assert.equal(entry.isReady, false);
  await entry.loaded;
  assert.equal(entry.isReady, true);
  assert.deepEqual(loaded.filter((id) => id === image.id), [image.id, image.id]);
});

test("an image that is ready goes before one that still loads", async () => {
  const slow = new Promise(() => {});
  let loads = 0;
  const { queue } = await filled({ load: () => (loads++ === 0 ? slow : Promise.resolve()) });
  const [first, second] = queue.held();

  assert.equal(queue.take().ask, second.ask);
  queue.take();
  assert.equal(queue.take().ask, first.ask);
});

test("an image that does not open is handed out with its problem", async () => {
  const { queue } = await filled({ load: () => Promise.reject(new Error("1.png is not an image.")) });

  assert.equal(queue.take().problem, "1.png is not an image.");
});

test("nothing left is noticed, and asked again only when woken", async () => {
  const { queue, asked } = await filled({ asks: 1 });
  assert.equal(queue.isExhausted, true);
  const before = asked.length;

  queue.fill();
  await settle();
  assert.equal(asked.length, before);
  queue.wake();
  await settle();

  assert.equal(asked.length, before + 1);
});

test("no next in a response that asked for one means nothing is left", async () => {
  const { queue } = await filled();
  queue.take();
  queue.nextOf("a");
  queue.settle("a", null);

  assert.equal(queue.isExhausted, true);
});

test("a lease that is already held is not taken twice", async () => {
  const ask = makeAsk();
  const { queue } = await filled({ ask: async () => ask });

  assert.equal(queue.held().length, 1);
  assert.equal(queue.isExhausted, true);
});

test("an image that is in hand and handed out anew is held once, as the server has it now", async () => {
  const { queue } = await filled();
  const [passed, waiting] = [queue.take(), queue.held()[0]];
  queue.pass(passed);

  for (const { ask } of [passed, waiting]) queue.settle("a", makeAsk({ image: ask.image, revision: 3, lease_id: `new ${ask.image.id}` }));
  await settle();

  const held = queue.held().map(({ ask }) => [ask.image.id, ask.lease_id, ask.revision]);
  for (const { ask } of [passed, waiting]) {
    assert.deepEqual(held.filter(([image]) => image === ask.image.id), [[ask.image.id, `new ${ask.image.id}`, 3]]);
  }
});

test("a failed request is tried again later", async () => {
  let tries = 0;
  const { queue, timers } = makeQueue({
    ask: async () => {
      tries += 1;
      if (tries === 1) throw new Error("no route");
      return makeAsk();
    },
  });
  queue.choose(null);
  await settle();
  assert.equal(queue.problem.message, "no route");

  await timers.advance(5000);

  assert.equal(queue.problem, null);
  assert.equal(queue.held().length, 3);
});

test("who has nothing to do waits for some seconds at most, unless the server asks for more", async () => {
  const waits = [];
  let retryAfterMs = null;
  const timers = { ...manualTimers(), set: (act, ms) => waits.push(ms) };
  const { queue } = makeQueue({ timers, ask: () => Promise.reject(Object.assign(new Error("busy"), { retryAfterMs })) });
  queue.choose(null);
  for (let n = 0; n < 9; n += 1) {
    await settle();
    queue.fill();
  }
  await settle();
  assert.ok(Math.max(...waits) <= 8000);

  retryAfterMs = 20_000;
  queue.fill();
  await settle();

  assert.equal(waits.at(-1), 20_000);
});

describe("changing the kinds", () => {
  test("gives back what is not wanted any more and asks for the new kinds", async () => {
    const { queue, asked, released } = await filled();

    queue.choose(["side"]);
    await settle();

    assert.equal(released.length, 3);
    assert.deepEqual(asked.at(-1), ["side"]);
    assert.ok(queue.held().every(({ ask }) => ask.kind === "side"));
  });

  test("keeps an ask with work in it until its kind is wanted again", async () => {
    const { queue } = await filled();
    const entry = queue.take();
    entry.work = { points: {} };
    queue.putBack(entry);

    queue.choose(["side"]);
    await settle();
    assert.equal(queue.take().ask.kind, "side");
    queue.choose(["landmarks"]);

    assert.equal(queue.take(), entry);
  });

  test("gives back an ask of the old kind that arrives late", async () => {
    const { queue, released } = await filled();
    queue.choose(["side"]);
    await settle();
    const late = makeAsk({ kind: "landmarks" });

    queue.settle("a", late);

    assert.ok(released.includes(late.lease_id));
  });
});

test("a newer prediction reaches the held asks of its image", async () => {
  const { queue } = await filled();
  const [{ ask }] = queue.held();

  queue.refresh(ask.image.id, makePrediction({ id: 99 }));

  assert.equal(queue.take().ask.prediction.id, 99);
});

test("an ask that arrives after the page has gone is given back", async () => {
  const { queue, released } = await filled();
  queue.close();
  const late = makeAsk();

  queue.settle("a", late);

  assert.deepEqual(released, [late.lease_id]);
});

describe("spare asks", () => {
  async function stocked({ spared = Infinity, hasRoom = () => true, ...part } = {}) {
    const [held, loaded, near] = [[], [], []];
    const made = makeQueue({
      ahead: 3,
      spare: 4,
      async ask(_kinds, count) {
        held.push(count);
        return count >= 3 && held.length > spared + 3 ? null : makeAsk();
      },
      load: async ({ id }) => { loaded.push(id); },
      bytes: { keep: async () => true, keepOnly() {}, hasRoom },
      onNear: (ask) => near.push(ask.image.id),
      ...part,
    });
    made.queue.choose(null);
    await made.timers.advance(20_000);
    return { ...made, held, loaded, near };
  }

  test("come one by one behind the next ones, undecoded", async () => {
    const { queue, held, loaded } = await stocked();

    assert.deepEqual(held, [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([queue.readyCount(), queue.held().length, loaded.length], [3, 7, 3]);
  });

  test("are decoded when their turn comes, and are there to go on with", async () => {
    const { queue, timers, near } = await stocked();
    const first = queue.held().map(({ ask }) => ask.image.id);

    const taken = [];
    for (let n = 0; n < 7; n += 1) {
      queue.nextOf(`offline ${n}`);
      const entry = queue.take();
      queue.fill();
      await entry.loaded;
      taken.push([entry.ask.image.id, entry.isReady]);
      await timers.advance(0);
    }

    assert.deepEqual(taken, first.map((id) => [id, true]));
    assert.deepEqual(near, first.slice(3));
  });

  test("that the server has not are asked for again after a minute, and are not the end", async () => {
    const { queue, held, timers } = await stocked({ spared: 1 });
    assert.deepEqual([queue.held().length, queue.isExhausted], [4, false]);
    assert.deepEqual(queue.nextOf("a").next_kinds, []);
    const asked = held.length;

    await timers.advance(30_000);
    assert.equal(held.length, asked);
    await timers.advance(60_000);

    assert.ok(held.length > asked);
  });

  test("a response that spares none is not the end either", async () => {
    const { queue } = await stocked();
    queue.take();
    queue.nextOf("a");

    queue.settle("a", null);

    assert.equal(queue.isExhausted, false);
  });

  test("are as many as there is room for", async () => {
    const { queue } = await stocked({ hasRoom: () => false });

    assert.equal(queue.held().length, 3);
    assert.deepEqual(queue.nextOf("a").next_kinds, []);
  });

  test("one that somebody chose to be next does not wait behind them", async () => {
    const { queue } = await stocked();
    const chosen = makeAsk({ reason: { code: "chosen", text: "" } });

    queue.settle("a", chosen);
    await settle();

    assert.equal(queue.take().ask, chosen);
  });
});
