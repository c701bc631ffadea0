import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCommands } from "../../app/static/label/commands.js";
import { createHistory } from "../../app/static/label/history.js";
import { memoryShelf } from "../../app/static/label/storage.js";
import { makePage, memoryItems } from "./page.mjs";
import { manualTimers, settle } from "./timers.mjs";

const WORK = { points: {}, past: [], future: [], value: "palm" };
const imageOf = (page) => page.shown().ask.image.id;

async function answered(page, ...values) {
  const images = [];
  for (const value of values) {
    images.push(imageOf(page));
    page.session.answer(value);
    await page.look();
  }
  return images;
}

describe("my own answers", () => {
  test("one walks back through all of them, and forward to where one was", async () => {
    const page = await makePage();
    const images = await answered(page, "palm", "edge", "back");
    const newest = imageOf(page);
    const seen = [];

    for (const step of ["back", "back", "back", "forward", "forward", "forward"]) {
      page.session[step]();
      await page.look();
      seen.push(imageOf(page));
    }

    assert.deepEqual(seen, [images[2], images[1], images[0], images[1], images[2], newest]);
    assert.equal(page.sent.length, 3);
  });

  test("at either end that is said, and nothing moves", async () => {
    const page = await makePage();
    const first = imageOf(page);

    page.session.back();
    assert.match(page.store.state.notice.text, /no earlier answer/);
    page.session.forward();
    assert.match(page.store.state.notice.text, /newest/);

    assert.equal(imageOf(page), first);
  });

  test("a changed one is sent on its own revision and is then the newest", async () => {
    const page = await makePage();
    const [first, second] = await answered(page, "palm", "edge");
    page.session.back();
    page.session.back();
    await page.look();

    page.session.answer("back");
    await page.look();
    assert.deepEqual(page.sent.at(-1).body.base_revision, 1);
    page.session.back();
    await page.look();

    assert.equal(imageOf(page), first);
    page.session.back();
    await page.look();
    assert.equal(imageOf(page), second);
  });

  test("points moved on an earlier image wait for the next visit", async () => {
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks" });
    const place = (name, x) => page.store.dispatch({ type: "point_placed", name, x, y: 1 });
    for (const name of ["wrist", "thumb", "index", "middle"]) place(name, 2);
    page.session.submit();
    await page.look();
    page.session.back();
    await page.look();
    place("wrist", 9);

    page.session.forward();
    await page.look();
    page.session.back();
    await page.look();

    assert.equal(page.shown().points.wrist.x, 9);
    page.store.dispatch({ type: "undone" });
    assert.equal(page.shown().points.wrist.x, 2);
  });

  test("after a reload the last answer can still be taken back, on its revision", async () => {
    const kept = memoryItems();
    const [first] = await answered(await makePage({ kept }), "palm");

    const page = await makePage({ kept });
    page.session.back();
    await page.look();
    assert.deepEqual([imageOf(page), page.shown().value], [first, "palm"]);
    page.session.answer(null);
    await page.look();

    assert.deepEqual(page.sent.map(({ body }) => [body.value, body.base_revision]), [[null, 1]]);
    page.session.back();
    await page.look();
    assert.equal(page.shown().value, null);
  });

  test("points moved on an earlier answer are there after a reload, to be submitted or undone", async () => {
    const kept = memoryItems();
    const before = await makePage({ kinds: ["landmarks"], mode: "landmarks", kept });
    const place = (page, name, x) => page.store.dispatch({ type: "point_placed", name, x, y: 1 });
    for (const name of ["wrist", "thumb", "index", "middle"]) place(before, name, 2);
    before.session.submit();
    await before.look();
    before.session.back();
    await before.look();
    place(before, "wrist", 9);
    await before.look(1000);

    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks", kept });
    page.session.back();
    await page.look();
    assert.equal(page.shown().points.wrist.x, 9);
    page.session.submit();
    await page.look();

    assert.deepEqual([page.sent[0].body.base_revision, page.sent[0].body.points[0].x], [1, 9]);
    assert.equal((await page.drafts.load(() => true)).length, 0);
  });

  test("what is begun on an answer is written at once when the page goes", () => {
    const [items, timers] = [memoryItems(), manualTimers()];
    const history = createHistory(() => items, 1, { timers });
    history.add({ ask: {}, work: WORK, itemId: "a" });

    history.edit(history.back(), { ...WORK, points: { wrist: { state: "absent" } } });
    history.flush();

    assert.deepEqual(Object.keys(createHistory(() => items, 1).back().edited.points), ["wrist"]);
  });

  test("a store that is blocked or damaged forgets them and stops nobody", (context) => {
    context.mock.method(console, "warn", () => {});
    const blocked = createHistory(() => { throw new Error("SecurityError"); }, 1);

    blocked.add({ ask: {}, work: WORK, itemId: "a" });
    assert.equal(blocked.back().itemId, "a");

    assert.equal(createHistory(() => ({ getItem: () => "{" }), 1).back(), null);
  });

  test("one that the server refused is no answer any more", () => {
    const history = createHistory(memoryItems, 1);
    for (const itemId of ["a", "b", "c"]) history.add({ ask: {}, work: WORK, itemId });
    history.back();

    history.drop("a");

    assert.equal(history.back().itemId, "b");
    assert.equal(history.back(), null);
  });
});

describe("questions", () => {
  test("an answer that stays can be changed, and Enter goes on", async () => {
    const page = await makePage();
    const first = imageOf(page);

    page.session.answer("palm", { isStaying: true });
    await page.look();
    assert.deepEqual([imageOf(page), page.shown().value], [first, "palm"]);
    page.session.answer("edge", { isStaying: true });
    await page.look();
    page.session.submit();
    await page.look();

    assert.deepEqual(page.sent.map(({ body }) => [body.value, body.base_revision]), [["palm", 0], ["edge", 1]]);
    assert.notEqual(imageOf(page), first);
  });

  test("the last answer is that to the same question", async () => {
    const page = await makePage({ kinds: ["side", "yaw"] });

    assert.equal(page.session.lastValue("side"), undefined);
    await answered(page, page.shown().ask.kind === "side" ? "palm" : 3);

    assert.equal(page.session.lastValue("side"), page.sent[0].path.endsWith("side") ? "palm" : undefined);
  });

  test("another question about the same image is answered without a lease, and the first one comes back", async () => {
    const page = await makePage({ kinds: ["side"], labels: { yaw: { revision: 4, label: { value: 12 } } } });
    const first = page.shown().ask;

    await page.session.question(1);
    await page.look();
    assert.deepEqual([imageOf(page), page.shown().ask.kind, page.shown().value], [first.image.id, "yaw", 12]);
    page.session.answer(15);
    await page.look();

    assert.deepEqual([page.sent[0].body.base_revision, page.sent[0].body.lease_id], [4, null]);
    assert.deepEqual(page.shown().ask, first);
  });

  test("up after down is the first question again, with its lease", async () => {
    const page = await makePage({ kinds: ["side"] });
    const first = page.shown().ask;

    await page.session.question(1);
    await page.look();
    await page.session.question(-1);
    await page.look();

    assert.deepEqual(page.shown().ask, first);
    assert.deepEqual(page.released, []);
  });

  test("a question that was answered before is shown as it was answered", async () => {
    const page = await makePage({ kinds: ["side"] });
    page.session.answer("palm", { isStaying: true });
    await page.look();

    await page.session.question(1);
    await page.look();
    await page.session.question(1);
    await page.look();

    assert.deepEqual([page.shown().ask.kind, page.shown().value], ["side", "palm"]);
  });

  test("where the server does not answer, that is said and the question stays", async () => {
    const page = await makePage({ kinds: ["side"], labels: { yaw: { problem: "The server does not answer." } } });

    await page.session.question(1);

    assert.equal(page.shown().ask.kind, "side");
    assert.match(page.store.state.notice.text, /does not answer/);
  });
});

describe("images passed over", () => {
  test("they wait with their work and come back in their order, nothing is sent", async () => {
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks" });
    const first = imageOf(page);
    page.store.dispatch({ type: "point_placed", name: "wrist", x: 4, y: 5 });

    page.session.imageAfter();
    await page.look();
    const second = imageOf(page);
    page.session.imageAfter();
    await page.look();
    assert.equal(new Set([first, second, imageOf(page)]).size, 3);
    assert.equal(page.session.held().filter(({ isKept }) => isKept).length, 1);
    page.session.imageBefore();
    await page.look();
    assert.equal(imageOf(page), second);
    page.session.imageBefore();
    await page.look();

    assert.deepEqual([imageOf(page), page.shown().points.wrist.x], [first, 4]);
    assert.deepEqual([page.sent, page.released], [[], []]);
  });

  test("each of two that are begun in haste leaves a draft", async () => {
    const drafts = memoryShelf("key");
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks", drafts });
    const begun = [];
    for (let n = 0; n < 2; n += 1) {
      begun.push(imageOf(page));
      page.store.dispatch({ type: "point_placed", name: "wrist", x: 4, y: 5 });
      page.session.imageAfter();
    }

    await page.look(1000);

    assert.deepEqual((await drafts.all()).map(({ ask }) => ask.image.id), begun);
  });

  test("work that was undone does not come back, and can be redone", async () => {
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks" });
    const names = () => Object.keys(page.shown().points);
    const away = async () => {
      page.session.imageAfter();
      await page.look();
      page.session.imageBefore();
      await page.look();
    };
    for (const name of ["wrist", "thumb"]) page.store.dispatch({ type: "point_placed", name, x: 4, y: 5 });
    await away();
    for (let n = 0; n < 2; n += 1) page.store.dispatch({ type: "undone" });

    await away();

    assert.deepEqual(names(), []);
    for (let n = 0; n < 2; n += 1) page.store.dispatch({ type: "redone" });
    assert.deepEqual(names(), ["wrist", "thumb"]);
  });

  test("of too many, the oldest without work goes back to the server", async () => {
    const page = await makePage();
    const first = page.shown().ask.lease_id;

    for (let n = 0; n < 11; n += 1) {
      page.session.imageAfter();
      await page.look();
    }

    assert.deepEqual(page.released, [first]);
  });

  test("where all of them are begun, the next one is refused in words", async () => {
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks" });
    for (let n = 0; n < 11; n += 1) {
      page.store.dispatch({ type: "point_placed", name: "wrist", x: 4, y: 5 });
      page.session.imageAfter();
      await page.look();
    }

    assert.match(page.store.state.notice.text, /begun already/);
    assert.deepEqual(page.released, []);
  });

  test("behind them lie my answers", async () => {
    const page = await makePage();
    const [first] = await answered(page, "palm");

    page.session.imageBefore();
    await page.look();

    assert.equal(imageOf(page), first);
  });
});

test("a note is kept in the outbox and sent once; one that is refused can be opened again", async () => {
  const page = await makePage();
  const { ask } = page.shown();

  page.session.note({ ask, text: "two hands", isFlagged: true });
  await settle();

  assert.equal(page.sent[0].path, `/images/${ask.image.id}/notes/${page.sent[0].id}`);
  assert.deepEqual(page.sent[0].body, { text: "two hands", is_flagged: true });
  page.session.reopen({ ...page.sent[0], problem: {} });
  assert.deepEqual(page.store.state.noteOpen, { ask, text: "two hands", isFlagged: true, replaces: page.sent[0].id });
});

describe("undo across images", () => {
  const NAMES = ["wrist", "thumb", "index", "middle"];
  const commandsOf = ({ store, session }) => createCommands({ store, session, now: () => 0 });

  async function placedEverywhere(options) {
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks", ...options });
    const image = imageOf(page);
    for (const name of NAMES) page.store.dispatch({ type: "point_placed", name, x: 2, y: 1 });
    page.session.submit();
    await page.look();
    return { page, image };
  }

  test("beyond the first step lies the answer before, with the steps that led to it", async () => {
    const { page, image } = await placedEverywhere();
    const commands = commandsOf(page);
    const newest = imageOf(page);

    commands.undo();
    await page.look();
    assert.equal(imageOf(page), image);
    assert.deepEqual(Object.keys(page.shown().points), NAMES);
    commands.undo();
    assert.deepEqual(Object.keys(page.shown().points), NAMES.slice(0, 3));
    commands.redo();
    assert.deepEqual(Object.keys(page.shown().points), NAMES);
    commands.redo();
    await page.look();

    assert.equal(imageOf(page), newest);
    assert.equal(page.sent.length, 1);
  });

  test("a held key stops at the beginning of an image", async () => {
    const { page } = await placedEverywhere();
    const newest = imageOf(page);

    commandsOf(page).undo(undefined, { repeat: true });
    await page.look();

    assert.equal(imageOf(page), newest);
  });

  test("the steps are there after a reload, too", async () => {
    const kept = memoryItems();
    const { image } = await placedEverywhere({ kept });
    const page = await makePage({ kinds: ["landmarks"], mode: "landmarks", kept });
    const commands = commandsOf(page);

    commands.undo();
    await page.look();
    commands.undo();

    assert.equal(imageOf(page), image);
    assert.deepEqual(Object.keys(page.shown().points), NAMES.slice(0, 3));
  });

  test("what was changed on an earlier image and left is sent when it is submitted on the next visit", async () => {
    const { page } = await placedEverywhere();
    const commands = commandsOf(page);
    commands.undo();
    await page.look();
    page.store.dispatch({ type: "point_placed", name: "wrist", x: 9, y: 1 });
    page.session.forward();
    await page.look();
    page.session.back();
    await page.look();

    page.session.submit();
    await page.look();

    assert.equal(page.sent.length, 2);
    assert.equal(page.sent[1].body.points.find(({ name }) => name === "wrist").x, 9);
  });

  test("of many points only the newest steps are kept for a reload", () => {
    const items = memoryItems();
    const kept = () => items;
    const points = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`p${at}`, { state: "visible", x: 1, y: 1 }]));
    const past = Array.from({ length: 50 }, (_, at) => ({ points, active: `p${at}` }));
    const history = createHistory(kept, 1);

    history.add({ ask: {}, work: { points, past, future: [] }, itemId: "a" });

    assert.equal(history.back().work.past.length, 50);
    assert.deepEqual(createHistory(kept, 1).back().work.past.map(({ active }) => active), ["p46", "p47", "p48", "p49"]);
  });
});
