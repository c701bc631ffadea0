import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NetworkFailure, Problem } from "../../app/static/label/api.js";
import { createLastShape } from "../../app/static/label/last_shape.js";
import { UNSEEN_MS } from "../../app/static/label/session.js";
import { memoryShelf } from "../../app/static/label/storage.js";
import { makeAsk, SCHEMA } from "./asks.mjs";
import { layOut, makePage, memoryItems } from "./page.mjs";
import { settle } from "./timers.mjs";

describe("beginning", () => {
  test("what an earlier page had sent brings an ask, and nothing is shown before the start", async () => {
    const { session, queue, store, newAsk, look } = layOut();

    session.settled({ id: "of before", kind: "skip" }, { body: { next: newAsk(["side"]) } });
    await settle();
    assert.equal(store.state.shown, null);
    session.start("auto", []);
    await look();

    assert.equal(store.state.shown.ask.kind, "side");
    assert.equal(queue.held().length, 3);
  });

  test("what an earlier page had sent brings all that is held ahead, and the first of it is shown at the start", async () => {
    const { session, store, newAsk, look } = layOut();
    for (const id of ["a", "b", "c"]) session.settled({ id, kind: "skip" }, { body: { next: newAsk(["side"]) } });
    await settle(); // their images are there before the page begins

    session.start("auto", []);
    await look();

    assert.equal(store.state.phase, "showing");
  });

  test("a mode that was chosen before the start is the one that holds", async () => {
    const { session, store, look } = layOut({ kinds: ["landmarks"] });

    session.choose("attributes");
    session.start("auto", []);
    await look();

    assert.equal(store.state.mode, "attributes");
    assert.notEqual(store.state.shown.ask.kind, "landmarks");
  });
});

describe("questions that the page does not know", () => {
  test("one that is new since is asked of pages that are loaded later", async () => {
    const { shown, look, session } = await makePage({ kinds: ["mood", "side"] });
    const seen = [];

    for (let n = 0; n < 4; n += 1) {
      seen.push(shown().ask.kind);
      session.answer("palm");
      await look();
    }

    assert.deepEqual(new Set(seen), new Set(["side"]));
  });

  test("an answer to one that has gone is not opened again, and that is said", async () => {
    const { session, shown, store } = await makePage();
    const { ask } = shown();

    session.reopen({ id: "a", kind: "answer", ask: makeAsk({ kind: "mood" }), work: { points: {} }, body: {}, problem: {} });

    assert.equal(shown().ask, ask);
    assert.match(store.state.notice.text, /asked no more/);
  });

  test("drafts and earlier answers of one that has gone are passed over", async () => {
    const [kept, drafts] = [memoryItems(), memoryShelf("key")];
    const before = await makePage({ kinds: ["landmarks"], kept, drafts });
    before.store.dispatch({ type: "point_placed", x: 3, y: 4 });
    before.session.submit();
    before.session.submit();
    await before.look();
    before.store.dispatch({ type: "point_placed", x: 3, y: 4 });
    await before.look(1000);

    const { session, shown, store, look } = await makePage({ kept, drafts, schema: { ...SCHEMA, landmarks: [] } });
    assert.equal(shown().ask.kind, "side");
    session.back();
    await look();

    assert.equal(shown().ask.kind, "side");
    assert.match(store.state.notice.text, /no earlier answer/);
    assert.equal((await drafts.all()).length, 1);
  });
});

describe("answering", () => {
  test("one answer, one submission, and the next image is there at once", async () => {
    const { session, sent, shown } = await makePage();
    const first = shown().ask;

    session.answer("palm");

    assert.notEqual(shown().ask, first);
    await settle();
    assert.deepEqual(sent.map(({ path, body }) => [path, body.value]), [[`/images/${first.image.id}/attributes/side`, "palm"]]);
    assert.equal(sent[0].body.lease_id, first.lease_id);
  });

  test("a second press on an image that was not seen yet does nothing (case 103)", async () => {
    const { session, sent, look } = await makePage();

    session.answer("palm");
    session.answer("palm");
    await look(UNSEEN_MS - 1);
    session.answer("palm");
    session.skip();
    await settle();
    assert.equal(sent.length, 1);
    await look(1);
    session.answer("palm");
    await settle();

    assert.equal(sent.length, 2);
  });

  test("active seconds are those since the image was shown", async () => {
    const { session, sent, look } = await makePage();
    await look(1500 - UNSEEN_MS);

    session.answer(null);
    await settle();

    assert.equal(sent[0].body.active_seconds, 1.5);
    assert.equal(sent[0].body.value, null);
  });

  test("going back answers again on the revision that the server gave", async () => {
    const { session, sent, look, shown } = await makePage();
    const first = shown().ask.image.id;
    session.answer("palm");
    await look();
    const second = shown().ask.image.id;

    session.back();
    await look();
    assert.equal(shown().ask.image.id, first);
    assert.equal(shown().value, "palm");
    session.answer("back");
    await look();

    assert.deepEqual(sent.map(({ body }) => [body.value, body.base_revision]), [["palm", 0], ["back", 1]]);
    assert.equal(shown().ask.image.id, second);
  });

  test("going back to an answer that still waits builds on it", async () => {
    const { session, sent, server, look, outbox } = await makePage();
    server.failure = new NetworkFailure("offline");
    session.answer("palm");
    await look();
    session.back();
    await look();
    session.answer("edge");
    await look();
    assert.equal(outbox.summary().waiting, 2);

    server.failure = null;
    outbox.kick();
    await look();

    assert.deepEqual(sent.map(({ body }) => [body.value, body.base_revision]), [["palm", 0], ["edge", 1]]);
  });

  test("going back and giving the same answer stores nothing", async () => {
    const { session, sent, look } = await makePage();
    session.answer("palm");
    await look();
    session.back();
    await look();

    session.answer("palm");
    await look();

    assert.equal(sent.length, 1);
  });

  test("an answer that the server refused can be opened again on the newer revision", async () => {
    const { session, sent, server, look, outbox, shown } = await makePage();
    const first = shown().ask.image.id;
    server.failure = new Problem(409, { code: "stale_revision", detail: "Newer.", actual: 5 });
    session.answer("palm");
    await look();
    server.failure = null;
    const [item] = outbox.summary().attention;

    session.reopen(item);
    await look();
    assert.equal(shown().ask.image.id, first);
    session.answer("edge");
    await look();

    assert.deepEqual([sent[0].body.value, sent[0].body.base_revision], ["edge", 5]);
    assert.deepEqual(outbox.summary().attention, []);
  });
});

describe("landmarks", () => {
  const place = (store, ...names) => {
    for (const name of names) store.dispatch({ type: "point_placed", name, x: 1.5, y: 2.5 });
  };

  test("nothing placed is not an answer", async () => {
    const { session, sent, store } = await makePage({ kinds: ["landmarks"] });

    session.submit();
    await settle();

    assert.equal(sent.length, 0);
    assert.match(store.state.notice.text, /Nothing is placed/);
  });

  test("missing landmarks are pointed out once, then the answer goes as it is", async () => {
    const { session, sent, store, shown } = await makePage({ kinds: ["landmarks"] });
    place(store, "wrist", "index");

    session.submit();
    assert.match(store.state.notice.text, /thumb, middle/);
    assert.equal(shown().active, "thumb");
    session.submit();
    await settle();

    assert.deepEqual(sent[0].body.points.map(({ name }) => name), ["wrist", "index"]);
  });

  test("a tab that is closed in the middle leaves a draft that comes back, with its undo steps (case 97)", async () => {
    const shelf = memoryShelf("key");
    const before = await makePage({ kinds: ["landmarks"], drafts: shelf });
    place(before.store, "wrist", "thumb");
    const { ask, points } = before.shown();
    await before.look(1000);

    const after = await makePage({ kinds: ["landmarks"], drafts: shelf });

    assert.equal(after.shown().ask.image.id, ask.image.id);
    assert.deepEqual(after.shown().points, points);
    assert.equal(after.shown().past.length, 2);
    assert.deepEqual(before.session.held().filter(({ isKept }) => isKept).map((each) => each.ask.lease_id), [ask.lease_id]);
  });

  test("a draft whose lease ran out takes the new one, and is not handed out beside itself", async () => {
    const drafts = memoryShelf("key");
    const before = await makePage({ kinds: ["landmarks"], drafts });
    place(before.store, "wrist", "thumb");
    const { ask } = before.shown();
    await before.look(1000);
    const { session, queue, look, shown, sent } = layOut({ kinds: ["landmarks"], drafts });

    session.start("landmarks", await before.drafts.load(() => true));
    queue.settle("of before", makeAsk({ image: ask.image, revision: 2, lease_id: "new" }));
    await look();
    session.submit();
    session.submit();
    await look();

    assert.deepEqual([sent[0].body.lease_id, sent[0].body.base_revision], ["new", 0]);
    assert.notEqual(shown().ask.image.id, ask.image.id);
    assert.ok(queue.held().every((each) => each.ask.image.id !== ask.image.id));
  });

  test("a draft whose image does not open just now is kept, and not given back", async () => {
    const drafts = memoryShelf("key");
    const before = await makePage({ kinds: ["landmarks"], drafts });
    place(before.store, "wrist");
    const { ask, points } = before.shown();
    await before.look(1000);
    let isAway = true;
    const load = ({ id }) => (isAway && id === ask.image.id ? Promise.reject(new Error("It cannot be loaded.")) : Promise.resolve());

    const { session, look, shown } = await makePage({ kinds: ["landmarks"], drafts, load });
    assert.deepEqual(session.held().filter(({ isKept }) => isKept).map((each) => each.ask.lease_id), [ask.lease_id]);
    session.choose("attributes");
    await look();
    isAway = false;
    session.choose("landmarks");
    await look();
    session.retryImage();
    await look();

    assert.deepEqual([shown().ask.image.id, shown().points], [ask.image.id, points]);
  });

  test("a draft with a landmark that has gone since comes back without it, undo included", async () => {
    const drafts = memoryShelf("key");
    const before = await makePage({ kinds: ["landmarks"], drafts });
    place(before.store, "middle", "wrist", "thumb");
    before.store.dispatch({ type: "active_set", name: "middle" });
    place(before.store, "index");
    before.store.dispatch({ type: "active_set", name: "middle" });
    before.store.dispatch({ type: "point_hidden" });
    before.store.dispatch({ type: "active_set", name: "middle" });
    before.store.dispatch({ type: "point_nudged", dx: 1, dy: 0 });
    await before.look(1000);
    const schema = { ...SCHEMA, landmarks: ["wrist", "thumb", "index", "tip"] };

    const { store, shown, session, sent, look } = await makePage({ kinds: ["landmarks"], drafts, schema });

    assert.deepEqual([Object.keys(shown().points), shown().active], [["wrist", "thumb", "index"], "tip"]);
    store.dispatch({ type: "point_placed", x: 9, y: 9 });
    store.dispatch({ type: "undone" });
    store.dispatch({ type: "undone" });
    store.dispatch({ type: "undone" });
    assert.deepEqual(Object.keys(shown().points), ["wrist", "thumb", "index"]);
    session.submit();
    session.submit();
    await look();
    assert.deepEqual(sent[0].body.points.map(({ name }) => name), ["wrist", "thumb", "index"]);
  });

  test("a submitted image leaves no draft", async () => {
    const shelf = memoryShelf("key");
    const { session, store, look } = await makePage({ kinds: ["landmarks"], drafts: shelf });
    place(store, ...SCHEMA.landmarks);
    await look(1000);
    assert.equal((await shelf.all()).length, 1);

    session.submit();
    await look(1000);

    assert.deepEqual(await shelf.all(), []);
  });
});

describe("a refused answer that is opened again", () => {
  const NAMES = SCHEMA.landmarks;
  const refused = (page) => page.outbox.summary().attention;

  /** One refused answer is open, with its wrist moved to 77. */
  async function opened(part = {}) {
    const page = await makePage({ kinds: ["landmarks"], ...part });
    for (const name of NAMES) page.store.dispatch({ type: "point_placed", name, x: 5, y: 5 });
    page.server.failure = new Problem(409, { code: "stale_revision", detail: "Newer.", actual: 1 });
    page.session.submit();
    await page.look();
    page.server.failure = null;
    page.session.reopen(refused(page)[0]);
    await page.look();
    page.store.dispatch({ type: "point_placed", name: "wrist", x: 77, y: 7 });
    await page.look(1000);
    return page;
  }

  test("keeps what was changed on it when it is left, also after a reload", async () => {
    for (const way of ["imageAfter", "skip"]) {
      const [drafts, answers] = [memoryShelf("key"), memoryShelf("seq")];
      const page = await opened({ drafts, answers });
      page.session[way]();
      await page.look(1000);

      for (const each of [page, await makePage({ kinds: ["landmarks"], drafts, answers })]) {
        assert.equal(each.shown().points.wrist, undefined);
        each.session.reopen(refused(each)[0]);
        await each.look();
        assert.equal(each.shown().points.wrist.x, 77);
        each.session.imageAfter();
        await each.look();
      }
    }
  });

  test("is still that answer after a reload in its middle: one submission, and nothing is left", async () => {
    const [drafts, answers] = [memoryShelf("key"), memoryShelf("seq")];
    await opened({ drafts, answers });

    const page = await makePage({ kinds: ["landmarks"], drafts, answers });
    assert.equal(page.shown().points.wrist.x, 77);
    page.session.submit();
    await page.look(1000);

    assert.deepEqual(page.sent.map(({ body }) => [body.base_revision, body.points[0].x]), [[1, 77]]);
    assert.deepEqual([refused(page), await drafts.all(), await answers.all()], [[], [], []]);
  });

  test("beside a newer draft waits for its next opening after a reload", async () => {
    const [drafts, answers] = [memoryShelf("key"), memoryShelf("seq")];
    await opened({ drafts, answers });
    const newer = { ...(await drafts.all())[0], key: "newer", ask: makeAsk(), replaces: null, saved_at: "2030-01-01" };
    await drafts.put(newer);

    const page = await makePage({ kinds: ["landmarks"], drafts, answers });

    assert.equal(page.shown().ask.image.id, newer.ask.image.id);
    assert.equal(refused(page)[0].work.points.wrist.x, 77);
    assert.deepEqual((await drafts.all()).map(({ key }) => key), ["newer"]);
  });
});

test("on a shared computer nobody goes on with the work of the one before, who finds it again", async () => {
  const browser = { drafts: memoryShelf("key"), answers: memoryShelf("seq"), storage: memoryItems(), kept: memoryItems() };
  const open = (person) => makePage({ kinds: ["landmarks"], ...browser, person });
  const first = await open("1");
  const place = ({ store }, x) => SCHEMA.landmarks.forEach((name) => store.dispatch({ type: "point_placed", name, x, y: 2 }));
  place(first, 5);
  first.session.submit();
  await first.look();
  const { ask } = first.shown();
  place(first, 6);
  await first.look(1000);

  const second = await open("2");
  assert.deepEqual([second.shown().points, second.session.previousShape()], [{}, null]);
  second.session.back();
  assert.match(second.store.state.notice.text, /no earlier answer/);
  second.queue.putBack(second.queue.entryFor({ ...ask }));
  await settle();
  second.session.skip();
  await second.look();
  assert.equal(second.shown().ask.image.id, ask.image.id);
  second.store.dispatch({ type: "point_placed", name: "wrist", x: 9, y: 9 });
  await second.look(1000);

  const again = await open("1");
  assert.equal(again.shown().points.middle.x, 6);
  assert.equal(again.session.previousShape().points.middle.x, 5);
  again.session.back();
  await again.look();
  assert.equal(again.shown().points.middle.x, 5);
});

describe("the mode", () => {
  test("a begun image that was put aside keeps its points when its lease is lost", async () => {
    const { session, queue, store, look, shown } = await makePage({ kinds: ["landmarks"] });
    store.dispatch({ type: "point_placed", x: 3, y: 4 });
    const begun = shown();
    session.choose("attributes");
    await look();

    queue.drop(begun.ask.lease_id);
    session.choose("landmarks");
    await look();

    assert.deepEqual([shown().ask.image.id, shown().points], [begun.ask.image.id, begun.points]);
  });

  test("an untouched ask of another kind is given back", async () => {
    const { session, released, look, shown } = await makePage({ kinds: ["landmarks"] });
    const { lease_id: lease } = shown().ask;

    session.choose("attributes");
    await look();

    assert.ok(released.includes(lease));
    assert.notEqual(shown().ask.kind, "landmarks");
  });

  test("a begun image is put aside and comes back with its points", async () => {
    const { session, store, look, shown } = await makePage({ kinds: ["landmarks"] });
    store.dispatch({ type: "point_placed", x: 3, y: 4 });
    const begun = shown();

    session.choose("attributes");
    await look();
    session.choose("landmarks");
    await look();

    assert.equal(shown().ask.image.id, begun.ask.image.id);
    assert.deepEqual(shown().points, begun.points);
  });
});

test("skipping gives the lease back with the wish for the next ask", async () => {
  const { session, sent, look, shown } = await makePage();
  const { lease_id: lease } = shown().ask;

  session.skip();
  await look();

  assert.equal(sent[0].path, `/asks/${lease}/skip`);
  assert.notEqual(shown().ask.lease_id, lease);
});

describe("a skip that is undone", () => {
  const bodies = (sent) => sent.map(({ kind, ask, body }) => [kind, ask.image.id, body.base_revision]);

  test("shows the image again with what was placed on it; redone and undone it is still one skip", async () => {
    const kept = memoryItems();
    const { session, store, sent, shown, look } = await makePage({ kinds: ["landmarks"], kept });
    store.dispatch({ type: "point_placed", x: 3, y: 4 });
    const { ask: { image }, points } = shown();
    session.skip();
    await look();
    const next = shown().ask.image.id;

    for (const way of ["back", "forward", "back"]) {
      session[way]();
      await look();
      assert.equal(shown().ask.image.id, way === "back" ? image.id : next);
    }
    assert.deepEqual(shown().points, points);
    assert.match(store.state.notice.text, /You skipped this image/);
    session.skip();
    await look();

    assert.equal(shown().ask.image.id, next);
    assert.deepEqual(bodies(sent), [["skip", image.id, undefined]]);
    const reloaded = await makePage({ kinds: ["landmarks"], kept });
    reloaded.session.back();
    await reloaded.look();
    assert.deepEqual([reloaded.shown().ask.image.id, reloaded.shown().points], [image.id, points]);
  });

  test("becomes an answer as it stands, which is built upon as any other", async () => {
    const { session, sent, store, shown, look, server, outbox } = await makePage({ kinds: ["landmarks"] });
    for (const name of SCHEMA.landmarks) store.dispatch({ type: "point_placed", name, x: 3, y: 4 });
    const { id } = shown().ask.image;
    server.failure = new NetworkFailure("offline");
    session.skip();
    await look();
    session.back();
    await look();
    session.submit();
    await look();
    session.back();
    await look();
    assert.equal(shown().ask.image.id, id);
    store.dispatch({ type: "point_placed", name: "wrist", x: 7, y: 7 });
    session.submit();
    await look();

    server.failure = null;
    outbox.kick();
    await look();

    assert.deepEqual(bodies(sent), [["skip", id, undefined], ["answer", id, 0], ["answer", id, 1]]);
  });

  test("gives neither the value nor the shape of an earlier answer", async () => {
    const { session, store, look } = await makePage({ kinds: ["landmarks"] });
    store.dispatch({ type: "point_placed", x: 3, y: 4 });
    session.skip();
    await look();

    assert.equal(session.previousShape(), null);
    assert.equal(session.lastValue("landmarks"), undefined);
  });
});

test("a skip takes the annotator's reason along", async () => {
  const { session, sent, look } = await makePage();
  session.skip({ code: "cut_off" });
  await look();
  session.skip({ text: "two hands" });
  await look();
  session.skip();
  await settle();

  assert.deepEqual(sent.map(({ kind, body }) => [kind, body.reason_code, body.reason]), [
    ["skip", "cut_off", null], ["skip", null, "two hands"], ["skip", null, null],
  ]);
});

test("an image that did not open while the server was away appears when it is back", async () => {
  let isAway = true;
  const { store, look } = await makePage({ load: () => (isAway ? Promise.reject(new Error("1.png cannot be loaded.")) : Promise.resolve()) });
  assert.equal(store.state.phase, "broken");
  await look(6000);
  assert.equal(store.state.phase, "broken");

  isAway = false;
  await look(6000);

  assert.equal(store.state.phase, "showing");
});

test("the shape of my previous image is that of the newest answer about another one", async () => {
  const storage = memoryItems();
  const { session, store, shown, look } = await makePage({ kinds: ["landmarks"], mode: "landmarks", storage });
  const first = shown().ask.image;
  assert.equal(session.previousShape(), null);
  for (const name of SCHEMA.landmarks) store.dispatch({ type: "point_placed", x: 7, y: 8, name });

  session.submit();
  await look();

  const { points, size, imageId } = session.previousShape();
  assert.deepEqual([points.wrist, size, imageId], [{ state: "visible", x: 7, y: 8 }, { width: 200, height: 100 }, first.id]);
  session.back();
  await look();
  assert.equal(session.previousShape(), null);
  const reloaded = await makePage({ kinds: ["landmarks"], mode: "landmarks", storage });
  assert.deepEqual(reloaded.session.previousShape(), { points, size, imageId });
});

test("a shape that was kept but cannot be read, or not be kept, stops nobody", (context) => {
  context.mock.method(console, "warn", () => {});
  const blocked = createLastShape(() => { throw new Error("SecurityError"); }, 1);

  blocked.keep({ points: {} });

  assert.equal(blocked.find(), null);
  assert.equal(createLastShape(() => ({ getItem: () => "{" }), 1).find(), null);
  assert.equal(createLastShape(memoryItems, 1).find(), null);
});
