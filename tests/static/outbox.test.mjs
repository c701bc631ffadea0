import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NetworkFailure, Problem } from "../../app/static/label/api.js";
import { createOutbox } from "../../app/static/label/outbox.js";
import { memoryShelf } from "../../app/static/label/storage.js";
import { noteAgain } from "../../app/static/label/notes.js";
import { makeAsk } from "./asks.mjs";
import { manualTimers, settle } from "./timers.mjs";

/** A server that answers by a script: each entry is an Error to throw or a body; afterwards everything is fine. */
function makeOutbox({ shelf = memoryShelf("seq"), script = [], ...part } = {}) {
  const timers = manualTimers();
  const sent = [];
  const settled = [];
  const outbox = createOutbox({
    shelf,
    timers,
    onChange() {},
    onSettled: (item, response) => settled.push([item.id, response]),
    async send(item) {
      sent.push(structuredClone(item));
      const next = script.shift();
      if (next instanceof Error) throw next;
      return { body: next ?? { revision: { number: 1 }, next: null } };
    },
    ...part,
  });
  return { outbox, shelf, timers, sent, settled };
}

function makeItem(id, part = {}) {
  const ask = part.ask ?? makeAsk();
  const body = { id, base_revision: 0 };
  return { id, project_id: 1, tab: "t", kind: "answer", method: "PUT", path: `/${id}`, body, ask, work: {}, follows: null, problem: null, ...part };
}

const offline = () => new NetworkFailure("no route");
const says = (status, body = {}) => new Problem(status, { code: "some_code", detail: "Words of the server.", ...body });

describe("sending", () => {
  test("an answer is stored before it is sent and removed when it is acknowledged", async () => {
    const order = [];
    const shelf = memoryShelf("seq");
    const watched = { ...shelf, add: (row) => { order.push("stored"); return shelf.add(row); } };
    const { outbox } = makeOutbox({ shelf: watched, send: async () => { order.push("sent"); return { body: {} }; } });

    await outbox.put(makeItem("a"));
    await settle();

    assert.deepEqual(order, ["stored", "sent"]);
    assert.deepEqual(await shelf.all(), []);
    assert.equal(outbox.summary().waiting, 0);
  });

  test("a lost acknowledgement is retried with the same id and the same body (case 99)", async () => {
    const { outbox, timers, sent, settled } = makeOutbox({ script: [says(504), offline()] });

    await outbox.put(makeItem("a"));
    await timers.advance(60_000);

    assert.equal(sent.length, 3);
    assert.deepEqual(sent[0].body, sent[2].body);
    assert.deepEqual(settled.map(([id]) => id), ["a"]);
  });

  test("offline answers wait, are counted, and go once each in their order (case 98)", async () => {
    let isOnline = false;
    const arrived = [];
    const { outbox, timers } = makeOutbox({
      async send(item) {
        if (!isOnline) throw offline();
        arrived.push(item.id);
        return { body: {} };
      },
    });
    for (let n = 0; n < 20; n += 1) await outbox.put(makeItem(`a${n}`));
    await timers.advance(5000);
    assert.equal(outbox.summary().waiting, 20);
    assert.equal(outbox.summary().isOffline, true);

    isOnline = true;
    outbox.kick();
    await settle();
    await timers.advance(0);

    assert.deepEqual(arrived, Array.from({ length: 20 }, (_, n) => `a${n}`));
    assert.equal(outbox.summary().isOffline, false);
  });

  test("the pause between tries doubles and never exceeds half a minute", async () => {
    const at = [];
    const { outbox, timers } = makeOutbox({ send: async () => { at.push(timers.now()); throw offline(); } });

    await outbox.put(makeItem("a"));
    await timers.advance(300_000);

    const gaps = at.slice(1).map((time, n) => time - at[n]);
    assert.deepEqual(gaps.slice(0, 4), [375, 750, 1500, 3000]);
    assert.ok(gaps.every((gap) => gap <= 30_000));
  });

  test("Retry-After is obeyed", async () => {
    const busy = new Problem(429, { detail: "Slow down." }, 7000);
    const { outbox, timers, sent } = makeOutbox({ script: [busy] });

    await outbox.put(makeItem("a"));
    await timers.advance(6999);
    assert.equal(sent.length, 1);
    await timers.advance(2);

    assert.equal(sent.length, 2);
  });

  test("an image whose answer is postponed holds back its own later answers only", async () => {
    const ask = makeAsk();
    const { outbox, timers, sent } = makeOutbox({ script: [says(503)] });

    await outbox.put(makeItem("first", { ask }));
    await outbox.put(makeItem("later", { ask }));
    await outbox.put(makeItem("other"));
    await settle();
    assert.deepEqual(sent.map(({ id }) => id), ["first", "other"]);
    await timers.advance(10_000);

    assert.deepEqual(sent.map(({ id }) => id), ["first", "other", "first", "later"]);
  });
});

describe("an answer that follows one whose revision is not known", () => {
  test("waits for it and then builds on its number", async () => {
    const ask = makeAsk();
    const { outbox, timers, sent } = makeOutbox({ script: [offline(), { revision: { number: 4 } }] });

    await outbox.put(makeItem("a", { ask }));
    await outbox.put(makeItem("b", { ask, follows: "a" }));
    await timers.advance(10_000);

    assert.deepEqual(sent.map(({ id, body }) => [id, body.base_revision]), [["a", 0], ["a", 0], ["b", 4]]);
  });

  test("waits while the earlier one needs attention, and takes its base when that is discarded", async () => {
    const ask = makeAsk();
    const { outbox, timers, sent } = makeOutbox({ script: [says(409)] });
    await outbox.put(makeItem("a", { ask }));
    await outbox.put(makeItem("b", { ask, follows: "a" }));
    await timers.advance(100_000);
    assert.deepEqual(sent.map(({ id }) => id), ["a"]);

    await outbox.discard("a");
    await settle();

    assert.deepEqual(sent.map(({ id }) => id), ["a", "b"]);
    assert.equal(sent[1].body.base_revision, 0);
  });
});

describe("what the server refuses (case 101)", () => {
  for (const status of [404, 409, 410, 413, 422]) {
    test(`${status} keeps the answer with the server's words`, async () => {
      const { outbox, shelf, timers, sent } = makeOutbox({ script: [says(status, { actual: 3 })] });

      await outbox.put(makeItem("a"));
      await timers.advance(100_000);

      const [item] = outbox.summary().attention;
      assert.deepEqual(item.problem, { status, code: "some_code", words: "Words of the server.", actual: 3 });
      assert.equal(sent.length, 1);
      assert.equal((await shelf.all())[0].problem.status, status);
      assert.equal(outbox.summary().waiting, 0);
    });
  }

  for (const status of [401, 408, 425, 429, 500, 502, 503, 504]) {
    test(`${status} is tried again`, async () => {
      const { outbox, timers, sent } = makeOutbox({ script: [says(status)] });

      await outbox.put(makeItem("a"));
      await timers.advance(5000);

      assert.equal(sent.length, 2);
      assert.equal(outbox.summary().waiting, 0);
    });
  }

  test("a conflict that the server calls retryable is tried again", async () => {
    const { outbox, timers, sent } = makeOutbox({ script: [says(409, { retryable: true })] });

    await outbox.put(makeItem("a"));
    await timers.advance(5000);

    assert.equal(sent.length, 2);
  });

  test("a skip whose lease has gone is done, not a problem", async () => {
    const { outbox, shelf } = makeOutbox({ script: [says(404)] });

    await outbox.put(makeItem("s", { kind: "skip" }));
    await settle();

    assert.deepEqual(outbox.summary().attention, []);
    assert.deepEqual(await shelf.all(), []);
  });

  test("a refused skip leaves the annotator's own words as a note, and only those", async () => {
    const { outbox, shelf } = makeOutbox({ script: [says(404), says(404), says(404)] });
    const bodies = [{ reason_code: null, reason: "two hands" }, { reason_code: "broken", reason: "404" }, { reason_code: "blurred", reason: null }];
    for (const [number, body] of bodies.entries()) await outbox.put(makeItem(`s${number}`, { kind: "skip", body }));
    await settle();

    const [note, ...others] = outbox.summary().attention;
    assert.deepEqual([note.kind, note.id, note.body, others], ["note", "s0", { text: "two hands", is_flagged: false }, []]);
    assert.deepEqual(noteAgain(note), { type: "note_opened", ask: note.ask, text: "two hands", isFlagged: false, replaces: "s0" });
    assert.deepEqual((await shelf.all()).map(({ kind }) => kind), ["note"]);
    await outbox.discard("s0");
    assert.deepEqual(await shelf.all(), []);
  });

  test("a problem without words is still a sentence, never [object Object]", () => {
    assert.equal(new Problem(422, { detail: [{ loc: ["body"] }], title: "Unprocessable" }).message, "Unprocessable");
    assert.equal(new Problem(502, null).message, "The server answered 502.");
  });

  test("discarding removes it for good", async () => {
    const { outbox, shelf } = makeOutbox({ script: [says(422)] });
    await outbox.put(makeItem("a"));
    await settle();

    await outbox.discard("a");

    assert.deepEqual(outbox.summary().attention, []);
    assert.deepEqual(await shelf.all(), []);
  });

  test("an answer that still waits cannot be discarded", async () => {
    const { outbox } = makeOutbox({ script: [offline()] });
    await outbox.put(makeItem("a"));
    await settle();

    await outbox.discard("a");

    assert.equal(outbox.summary().waiting, 1);
  });
});

describe("a reload (cases 97 and 98)", () => {
  test("answers left behind are sent first and in order, refused ones stay refused", async () => {
    const shelf = memoryShelf("seq");
    const before = makeOutbox({ shelf, script: [says(409), offline(), offline(), offline()] });
    await before.outbox.put(makeItem("refused"));
    await before.outbox.put(makeItem("a"));
    await before.outbox.put(makeItem("b"));
    await settle();

    const after = makeOutbox({ shelf });
    await after.outbox.load(() => true);
    await settle();

    assert.deepEqual(after.sent.map(({ id }) => id), ["a", "b"]);
    assert.deepEqual(after.outbox.summary().attention.map(({ id }) => id), ["refused"]);
  });

  test("answers of a tab that lives are left to it", async () => {
    const shelf = memoryShelf("seq");
    const other = makeOutbox({ shelf, script: [offline()] });
    await other.outbox.put(makeItem("theirs", { tab: "other" }));

    const { outbox, sent } = makeOutbox({ shelf });
    await outbox.load((item) => item.tab !== "other");
    await settle();

    assert.deepEqual(sent, []);
    assert.equal(outbox.summary().waiting, 0);
  });
});

describe("a browser that does not store (case 106)", () => {
  const full = () => ({ ...memoryShelf("seq"), add: () => Promise.reject(new Error("QuotaExceededError")) });

  test("the answer is sent all the same, with a warning while it is in memory only", async (context) => {
    context.mock.method(console, "warn", () => {});
    const { outbox, timers, sent } = makeOutbox({ shelf: full(), script: [offline()] });

    await outbox.put(makeItem("a"));
    assert.equal(outbox.summary().isMemoryOnly, true);
    assert.equal(outbox.summary().isUnsafe, true);
    await timers.advance(5000);

    assert.equal(sent.length, 2);
    assert.equal(outbox.summary().isUnsafe, false);
  });

  test("a store that cannot be read is said, and work goes on", async (context) => {
    context.mock.method(console, "warn", () => {});
    const shelf = { ...memoryShelf("seq"), all: () => Promise.reject(new Error("UnknownError")) };
    const { outbox, sent } = makeOutbox({ shelf });

    await outbox.load(() => true);
    await outbox.put(makeItem("a"));
    await settle();

    assert.equal(outbox.summary().isMemoryOnly, true);
    assert.equal(sent.length, 1);
  });
});

describe("an expired sign-in", () => {
  test("answers stay, one is tried at a time, and all go once the person is back", async () => {
    let isIn = false;
    const tried = [];
    const { outbox, shelf, timers } = makeOutbox({
      async send(item) {
        tried.push(item.id);
        if (!isIn) throw says(401, { code: "sign_in_needed", detail: "Sign in first." });
        return { body: {} };
      },
    });
    for (const id of ["a", "b", "c"]) await outbox.put(makeItem(id));
    await settle();

    assert.deepEqual(tried, ["a"]);
    assert.equal(outbox.summary().isSignedOut, true);
    assert.equal(outbox.summary().waiting, 3);
    assert.deepEqual(outbox.summary().attention, []);
    assert.equal((await shelf.all()).length, 3);

    isIn = true;
    outbox.kick();
    await settle();
    await timers.advance(0);

    assert.deepEqual(tried, ["a", "a", "b", "c"]);
    assert.equal(outbox.summary().isSignedOut, false);
    assert.deepEqual(await shelf.all(), []);
  });

  test("it is tried again by itself, too", async () => {
    const { outbox, timers, sent } = makeOutbox({ script: [says(401), says(401)] });

    await outbox.put(makeItem("a"));
    await timers.advance(60_000);

    assert.equal(sent.length, 3);
    assert.equal(outbox.summary().waiting, 0);
  });

  test("what somebody else left on this computer stays until they are back", async () => {
    const shelf = memoryShelf("seq");
    const hers = makeOutbox({ shelf, person: "7", script: [says(401)] });
    await hers.outbox.put(makeItem("a"));
    await settle();

    const his = makeOutbox({ shelf, person: "8" });
    await his.outbox.load(() => true);
    await settle();
    assert.deepEqual([his.sent, his.outbox.summary().waiting], [[], 0]);
    assert.equal((await shelf.all()).length, 1);

    const again = makeOutbox({ shelf, person: "7" });
    await again.outbox.load(() => true);
    await settle();
    assert.deepEqual(again.sent.map(({ id }) => id), ["a"]);
  });
});
