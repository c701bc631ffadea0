import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NetworkFailure, Problem } from "../../app/static/label/api.js";
import { bindKeys, findConflicts } from "../../app/static/label/bound.js";
import { createClock } from "../../app/static/label/clock.js";
import { createMarks } from "../../app/static/grid/marks.js";
import { createOutbox } from "../../app/static/label/outbox.js";
import { createPages } from "../../app/static/grid/pages.js";
import { createSession, UNSEEN_MS } from "../../app/static/grid/session.js";
import { createStore } from "../../app/static/label/store.js";
import { findBinding } from "../../app/static/label/keys.js";
import { initialState } from "../../app/static/grid/state.js";
import { manualTimers, settle } from "./timers.mjs";
import { memoryShelf } from "../../app/static/label/storage.js";
import { paletteItems } from "../../app/static/label/palette.js";
import { reduce } from "../../app/static/grid/reduce.js";

const ATTRIBUTE = { name: "side", question: "Which side?", classes: ["palm", "edge", "back"] };
const ENDS = Date.parse("2026-11-25T10:10:00Z");

function pageOf(number, said) {
  const tiles = said.map((value, index) => ({
    lease_id: `lease-${number}-${index}`,
    revision: 0,
    image: { id: 10 * number + index, name: `${number}-${index}.png`, thumb_url: "/t", file_url: "/f", width_px: 4, height_px: 3 },
    said: value === null ? null : { prediction_id: 100 * number + index, value, share: 0.9 },
  }));
  return { attribute: "side", expires_at: new Date(ENDS).toISOString(), tiles };
}

function memorySession() {
  const rows = new Map();
  return { getItem: (key) => rows.get(key) ?? null, setItem: (key, text) => rows.set(key, text), removeItem: (key) => rows.delete(key) };
}

/** Grid mode without its DOM, and with a server of a few lines. */
async function makeGrid({ given = [["palm", "palm", "palm"], ["edge", "edge"]], server = {}, storage = memorySession(), person = null } = {}) {
  const timers = manualTimers();
  const [sent, released, renewed, checks] = [[], [], [], []];
  const left = given.map((said, index) => pageOf(index + 1, said));
  let id = 0;
  const store = createStore(initialState(ATTRIBUTE), reduce, (state) => session.drawn(state), (act) => act());
  const pages = createPages({
    async ask() {
      if (server.failure) throw server.failure;
      return { body: left.shift() ?? pageOf(9, []), servedAt: ENDS - 600_000 };
    },
    async renew(ids) {
      renewed.push(ids);
      return { body: { expires_at: new Date(ENDS).toISOString(), lost: server.lost ?? [] }, servedAt: ENDS - 600_000 };
    },
    release: async (ids) => released.push(...ids),
    load: async () => {}, kind: "side", isPresent: () => true, onChange: () => session.pagesChanged(), timers,
    every: (check) => checks.push(check),
  });
  const outbox = createOutbox({
    shelf: memoryShelf("seq"), timers, onChange() {}, onSettled: (...args) => session.settled(...args),
    async send(item) {
      if (server.sending) throw server.sending;
      sent.push(structuredClone(item));
      return { body: { revision: { number: item.body.base_revision + 1 }, next: null } };
    },
  });
  const marks = createMarks({ storage, projectId: 1, kind: "side", person });
  const session = createSession({
    store, pages, outbox, clock: createClock(timers.now), marks, projectId: 1, tab: "t",
    newId: () => `id-${(id += 1)}`, timers, wallClock: () => new Date(timers.now()),
  });
  session.start(marks.find());
  await settle();
  const look = (ms = UNSEEN_MS) => timers.advance(ms);
  await look();
  const act = (type, part) => store.dispatch({ type, ...part });
  const answers = () => sent.map(({ body }) => body.value);
  return { store, session, pages, outbox, timers, server, sent, released, renewed, check: () => checks[0](), look, act, answers, storage };
}

const shownAnswers = ({ store }) => store.state.tiles.map(({ answer }) => answer);

describe("undo on a page", () => {
  test("takes back one answer after the other, selection and all, and redo brings them again", async () => {
    const grid = await makeGrid();
    grid.act("all_selected");
    grid.act("answered", { value: "edge" });
    grid.act("tile_toggled", { index: 2 });
    grid.act("answered", { value: null });

    const seen = [shownAnswers(grid)];
    for (const type of ["undone", "undone", "undone", "redone", "redone"]) {
      grid.act(type);
      seen.push(shownAnswers(grid));
    }

    const [network, first, second] = [["palm", "palm", "palm"], ["edge", "edge", "edge"], ["edge", "edge", null]];
    assert.deepEqual(seen, [second, first, network, network, first, second]);
  });

  test("selects again what a wrong key was for, and ends with the page", async () => {
    const grid = await makeGrid();
    grid.act("all_selected");
    grid.act("answered", { value: "edge" });
    grid.act("undone");
    assert.deepEqual(grid.store.state.selected, [0, 1, 2]);
    grid.act("answered", { value: "back" });
    assert.deepEqual(grid.store.state.future, []);

    grid.session.confirm();
    await settle();
    grid.act("undone");

    assert.deepEqual(shownAnswers(grid), ["edge", "edge"]);
  });
});

describe("a reload", () => {
  test("keeps the steps of the page: undo and redo go on, and left out is not cannot tell", async () => {
    const before = await makeGrid();
    before.act("all_selected");
    before.act("answered", { value: undefined });
    before.act("focus_moved", { by: 1 });
    before.act("answered", { value: null });
    before.act("answered", { value: "back" });
    before.act("undone");
    before.act("undone");

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    const seen = [shownAnswers(after)];
    for (const type of ["undone", "redone", "redone", "redone"]) {
      after.act(type);
      seen.push(shownAnswers(after));
    }

    const none = [undefined, undefined, undefined];
    assert.deepEqual(seen, [none, ["palm", "palm", "palm"], none, [undefined, null, undefined], [undefined, "back", undefined]]);
    assert.equal(after.store.state.focus, 1);
  });

  test("keeps what was undone altogether, with its leases", async () => {
    const before = await makeGrid();
    before.act("answered", { value: "edge" });
    before.act("undone");
    before.pages.close(before.session.keptPage());
    assert.deepEqual(before.released, ["lease-2-0", "lease-2-1"]);

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    after.act("redone");

    assert.deepEqual(shownAnswers(after), ["edge", "palm", "palm"]);
  });

  test("keeps the pages before, which are changed on top of their first answers", async () => {
    const before = await makeGrid();
    before.session.confirm();
    await before.look();

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    assert.equal(after.store.state.canGoBack, true);
    after.session.back();
    await after.look();
    assert.deepEqual(shownAnswers(after), ["palm", "palm", "palm"]);
    after.act("answered", { value: "back" });
    after.session.confirm();
    await settle();

    assert.deepEqual(after.sent.map(({ body }) => [body.value, body.base_revision, body.lease_id]), [["back", 1, null]]);
  });

  test("keeps what was changed on an earlier page, and the marks of the page that waits meanwhile", async () => {
    const before = await makeGrid();
    before.session.confirm();
    await before.look();
    before.act("answered", { value: "palm" }); // on the second page
    before.session.back();
    await before.look();
    before.act("answered", { value: null });
    before.pages.close(before.session.keptPage());
    assert.deepEqual(before.released, []);

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    assert.deepEqual(shownAnswers(after), ["palm", "edge"]);
    after.session.back();
    await after.look();
    assert.deepEqual(shownAnswers(after), [null, "palm", "palm"]);
    after.act("undone");

    assert.deepEqual(shownAnswers(after), ["palm", "palm", "palm"]);
  });
});

test("what was kept by an earlier version of the page is still read", async () => {
  const before = await makeGrid();
  before.act("answered", { value: "back" });
  const { tiles } = before.store.state;
  const storage = memorySession();
  storage.setItem("equimark-grid/1/side", JSON.stringify({ tiles, seconds: 3 }));

  const after = await makeGrid({ given: [["edge"]], storage });

  assert.deepEqual(shownAnswers(after), ["back", "palm", "palm"]);
  assert.deepEqual(after.store.state.past, []);
});

describe("a page", () => {
  test("confirms what the network says, but for the exceptions that were marked", async () => {
    const grid = await makeGrid();
    grid.act("tile_toggled", { index: 1 });
    grid.act("answered", { value: "back" });
    grid.act("focus_moved", { by: 1 });
    grid.act("answered", { value: null });

    grid.session.confirm();
    await settle();

    assert.deepEqual(grid.answers(), ["palm", "back", null]);
    assert.deepEqual(grid.sent.map(({ path }) => path), [10, 11, 12].map((image) => `/images/${image}/attributes/side`));
    assert.deepEqual(grid.sent.map(({ body }) => body.lease_id), ["lease-1-0", "lease-1-1", "lease-1-2"]);
    assert.deepEqual(grid.sent[1].body.assist, { kind: "prediction", prediction_id: 101 });
    assert.deepEqual(shownAnswers(grid), ["edge", "edge"]);
    assert.deepEqual(grid.released, []);
  });

  test("takes the page's active seconds, shared out among its answers", async () => {
    const grid = await makeGrid();
    await grid.look(6000 - UNSEEN_MS);

    grid.session.confirm();
    await settle();

    assert.deepEqual(grid.sent.map(({ body }) => body.active_seconds), [2, 2, 2]);
  });

  test("cannot be confirmed before it has been seen", async () => {
    const grid = await makeGrid();
    grid.session.confirm();
    grid.session.confirm(); // the same key press, repeated
    await settle();
    assert.equal(grid.sent.length, 3);
    await grid.look();
    grid.session.confirm();
    await settle();
    assert.equal(grid.sent.length, 5);
    assert.equal(grid.store.state.phase, "empty");
  });

  test("with images that have no answer warns once, then leaves them for later", async () => {
    const grid = await makeGrid({ given: [["palm", null, "palm"]] });
    grid.act("tile_toggled", { index: 0 });
    grid.act("answered", { value: undefined });

    grid.session.confirm();
    await settle();
    assert.equal(grid.sent.length, 0);
    assert.match(grid.store.state.notice.text, /2 without an answer/);
    grid.session.confirm();
    await settle();

    assert.deepEqual(grid.answers(), ["palm"]);
    assert.deepEqual(grid.released, ["lease-1-0", "lease-1-1"]);
  });

  test("with images that have no answer says so no longer once they have one", async () => {
    const grid = await makeGrid({ given: [["palm", null, "palm"], ["palm"]] });
    grid.session.confirm();
    await settle();
    assert.match(grid.store.state.notice.text, /1 without an answer/);

    grid.act("tile_toggled", { index: 1 });
    assert.match(grid.store.state.notice.text, /1 without an answer/);
    grid.act("answered", { value: "back" });

    assert.equal(grid.store.state.notice.text, "");
  });

  test("without predictions is answered by selection", async () => {
    const grid = await makeGrid({ given: [[null, null, null]] });
    grid.act("all_selected");
    grid.act("answered", { value: "back" });
    grid.session.confirm();
    await settle();
    assert.deepEqual(grid.answers(), ["back", "back", "back"]);
    assert.deepEqual(grid.sent[0].body.assist, { kind: "none", prediction_id: null });
  });

  test("an image that does not open is left out, unless it was answered by hand", async () => {
    const grid = await makeGrid();
    grid.act("tile_toggled", { index: 1 });
    grid.act("answered", { value: "back" });
    grid.act("image_broken", { leaseId: "lease-1-0" });
    grid.act("image_broken", { leaseId: "lease-1-1" });
    assert.deepEqual(shownAnswers(grid), [undefined, "back", "palm"]);
  });
});

describe("selecting", () => {
  test("ranges begin at the anchor, both ways", async () => {
    const grid = await makeGrid({ given: [Array(9).fill("palm")] });
    grid.act("tile_toggled", { index: 4 });
    grid.act("range_selected", { index: 7 });
    assert.deepEqual(grid.store.state.selected, [4, 5, 6, 7]);
    grid.act("range_selected", { index: 2 });
    assert.deepEqual(grid.store.state.selected, [2, 3, 4]);
    grid.act("selection_cleared");
    assert.deepEqual(grid.store.state.selected, []);
  });

  test("the frame stays on the page", async () => {
    const grid = await makeGrid();
    grid.act("focus_moved", { by: -3 });
    assert.equal(grid.store.state.focus, 0);
    grid.act("focus_moved", { by: 1, isRange: true });
    grid.act("focus_moved", { by: 30, isRange: true });
    assert.deepEqual([grid.store.state.focus, grid.store.state.selected], [2, [0, 1, 2]]);
  });

  test("an answer without a selection is for the framed tile alone, and a selection is used once", async () => {
    const grid = await makeGrid();
    grid.act("all_selected");
    grid.act("answered", { value: "edge" });
    grid.act("answered", { value: "back" });
    assert.deepEqual(shownAnswers(grid), ["back", "edge", "edge"]);
  });
});

describe("going back", () => {
  test("only what was changed is sent again, on top of the first answer, and the page in hand comes back", async () => {
    const grid = await makeGrid();
    grid.session.confirm();
    await grid.look();
    grid.act("answered", { value: "back" }); // on the second page

    grid.session.back();
    await grid.look();
    assert.deepEqual(shownAnswers(grid), ["palm", "palm", "palm"]);
    grid.act("focus_moved", { by: 2 });
    grid.act("answered", { value: null });
    grid.session.confirm();
    await settle();

    const [again] = grid.sent.slice(3);
    assert.equal(grid.sent.length, 4);
    assert.deepEqual([again.body.value, again.body.base_revision, again.body.lease_id], [null, 1, null]);
    assert.deepEqual(shownAnswers(grid), ["back", "edge"]);
  });

  test("an answer that changes one that is still on its way waits for its number", async () => {
    const grid = await makeGrid({ given: [["palm"], ["edge"]], server: { sending: new NetworkFailure("offline") } });
    grid.session.confirm();
    await grid.look();
    grid.session.back();
    await grid.look();
    grid.act("answered", { value: "back" });
    grid.session.confirm();
    grid.server.sending = null;
    grid.outbox.kick();
    await grid.look(5000);

    assert.deepEqual(grid.sent.map(({ body }) => [body.value, body.base_revision]), [["palm", 0], ["back", 1]]);
  });

  test("goes back page by page, and an earlier page that is left as it was sends nothing", async () => {
    const grid = await makeGrid();
    grid.session.confirm();
    await grid.look();
    grid.session.confirm();
    await grid.look();
    grid.session.back();
    await grid.look();
    grid.act("answered", { value: "back" }); // not confirmed yet
    grid.session.back();
    await grid.look();
    assert.deepEqual(shownAnswers(grid), ["palm", "palm", "palm"]);
    grid.session.confirm();
    await grid.look();
    assert.equal(grid.sent.length, 5);

    assert.deepEqual(shownAnswers(grid), ["back", "edge"]);
    grid.session.confirm();
    await settle();
    assert.deepEqual(grid.answers().slice(5), ["back"]);
  });

  test("reaches the first of four pages, and comes forward again through each with its marks", async () => {
    const grid = await makeGrid({ given: [["palm"], ["edge"], ["back"], ["palm", "edge"]] });
    const shown = () => grid.store.state.tiles[0].ask.image.name;
    const seen = [];
    for (const step of ["confirm", "confirm", "confirm", "back", "back", "back", "back"]) {
      grid.session[step]();
      await grid.look();
      seen.push(shown());
      if (seen.length === 3 || seen.length === 5) grid.act("answered", { value: null }); // on pages 4 and 2
    }
    assert.deepEqual(seen, ["2-0.png", "3-0.png", "4-0.png", "3-0.png", "2-0.png", "1-0.png", "1-0.png"]);

    const forward = [];
    for (let page = 1; page < 4; page += 1) {
      grid.session.confirm();
      await grid.look();
      forward.push([shown(), ...shownAnswers(grid)]);
    }
    assert.deepEqual(forward, [["2-0.png", null], ["3-0.png", "back"], ["4-0.png", null, "edge"]]);
    assert.deepEqual(grid.answers(), ["palm", "edge", "back", null]);
  });

  test("the page in hand keeps its leases and every page between survives a reload", async () => {
    const before = await makeGrid({ given: [["palm"], ["edge"], ["back"], ["palm"]] });
    for (const step of ["confirm", "confirm", "back", "back"]) {
      before.session[step]();
      await before.look();
      if (before.store.state.tiles[0].ask.image.id >= 20) before.act("answered", { value: null }); // all but the first
    }
    assert.equal(before.session.keptPage().tiles[0].ask.image.id, 30);

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    const names = [after.store.state.tiles[0].ask.image.name];
    for (const _ of [1, 2]) {
      after.session.back();
      await after.look();
      names.push(after.store.state.tiles[0].ask.image.name);
    }
    assert.deepEqual(names, ["3-0.png", "2-0.png", "1-0.png"]);
  });

  test("with nothing before says so", async () => {
    const grid = await makeGrid();
    grid.session.back();
    assert.match(grid.store.state.notice.text, /no earlier page/);
    assert.equal(grid.store.state.tiles.length, 3);
  });
});

describe("when things fail", () => {
  test("marks come back after a reload, with their seconds and their leases", async () => {
    const before = await makeGrid();
    before.act("answered", { value: undefined });
    before.act("focus_moved", { by: 1 });
    before.act("answered", { value: "back" });
    before.pages.close(before.session.keptPage());
    assert.deepEqual(before.released, ["lease-2-0", "lease-2-1"]);

    const after = await makeGrid({ given: [["edge"]], storage: before.storage });
    assert.deepEqual(shownAnswers(after), [undefined, "back", "palm"]);
    assert.deepEqual(after.renewed, [["lease-1-0", "lease-1-1", "lease-1-2"]]);
    after.session.confirm();
    after.session.confirm();
    await settle();
    assert.deepEqual(after.answers(), ["back", "palm"]);

    const third = await makeGrid({ given: [["edge"]], storage: after.storage });
    assert.deepEqual(shownAnswers(third), ["edge"]);
  });

  test("on a shared computer nobody sees the marks and pages of the one before, who finds them again", async () => {
    const storage = memorySession();
    const first = await makeGrid({ storage, person: "1" });
    first.session.confirm();
    await first.look();
    first.act("answered", { value: "back" });

    const second = await makeGrid({ given: [["edge"]], storage, person: "2" });
    assert.deepEqual(shownAnswers(second), ["edge"]);
    second.session.back();
    assert.match(second.store.state.notice.text, /no earlier page/);
    second.act("answered", { value: "palm" });

    const again = await makeGrid({ given: [["edge"]], storage, person: "1" });
    assert.deepEqual(shownAnswers(again), ["back", "edge"]);
    again.session.back();
    assert.deepEqual(shownAnswers(again), ["palm", "palm", "palm"]);
  });

  test("a page without marks goes back when it is left", async () => {
    const grid = await makeGrid();
    grid.pages.close(grid.session.keptPage());
    assert.deepEqual(grid.released.sort(), ["lease-1-0", "lease-1-1", "lease-1-2", "lease-2-0", "lease-2-1"]);
  });

  test("a refused answer can be opened alone, on top of what stands now", async () => {
    const refusal = new Problem(409, { code: "stale_revision", detail: "At revision 1.", actual: 1 });
    const grid = await makeGrid({ given: [["palm"]], server: { sending: refusal } });
    grid.session.confirm();
    await settle();
    const [item] = grid.outbox.summary().attention;
    assert.match(grid.store.state.notice.text, /At revision 1/);

    grid.server.sending = null;
    grid.session.reopen(item);
    await grid.look();
    grid.session.confirm();
    await settle();

    assert.deepEqual(grid.sent.map(({ body }) => [body.value, body.base_revision, body.lease_id]), [["palm", 1, null]]);
    assert.deepEqual(grid.outbox.summary().attention, []);
  });

  test("leases are prolonged before they end, and a waiting page loses the images that somebody took", async () => {
    const grid = await makeGrid({ given: [["palm"], ["edge", "edge"]] });
    await grid.check();
    assert.deepEqual(grid.renewed, []);
    grid.server.lost = ["lease-2-0"];
    await grid.look(301_000);
    await grid.check();
    await settle();
    assert.deepEqual(grid.renewed, [["lease-1-0"], ["lease-2-0", "lease-2-1"]]);
    grid.session.confirm();
    await settle();
    assert.deepEqual(grid.store.state.tiles.map(({ ask }) => ask.lease_id), ["lease-2-1"]);
  });

  test("a server that is away is asked again, one that refuses says why", async () => {
    const grid = await makeGrid({ server: { failure: new NetworkFailure("offline") } });
    assert.deepEqual([grid.store.state.phase, grid.store.state.problem], ["loading", "The server does not answer yet. Trying again."]);
    grid.server.failure = null;
    await grid.look(5000);
    assert.equal(grid.store.state.phase, "showing");

    const refused = await makeGrid({ server: { failure: new Problem(404, { code: "attribute_not_found", detail: "No such question." }) } });
    assert.deepEqual([refused.store.state.phase, refused.store.state.problem], ["refused", "No such question."]);
  });
});

test("keys", () => {
  const { rows } = bindKeys();
  const press = (key, part = {}, keys = rows) => findBinding({ key, code: "", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...part }, "grid", keys);
  assert.deepEqual(press("ArrowDown"), { command: "move", arg: { dx: 0, dy: 1 } });
  assert.deepEqual(press("ArrowLeft", { shiftKey: true }), { command: "moveRange", arg: { dx: -1, dy: 0 } });
  assert.deepEqual(press("2"), { command: "choose", arg: 2 });
  assert.equal(press("2", { repeat: true }).command, "ignore");
  assert.deepEqual([press("0"), press("u")].map(({ command }) => command), ["cannotTell", "cannotTell"]);
  const held = (key, part) => press(key, { ctrlKey: true, ...part })?.command ?? null;
  assert.deepEqual([held("a"), held("z"), held("Z", { shiftKey: true }), held("y"), held("k"), held("s")], ["selectAll", "undo", "redo", "redo", "palette", "saySaved"]);
  assert.deepEqual([held("constructor"), held("a", { altKey: true })], [null, null]);
  assert.deepEqual(press("¡", { altKey: true, code: "Digit1" }), { command: "mode", arg: "landmarks" });
  assert.deepEqual([press("m"), press("Enter"), press("f")].map((found) => found?.command ?? null), ["note", "submit", null]);
  const sleap = bindKeys("sleap").rows;
  assert.deepEqual([press(" ", {}, sleap).command, press("g", {}, sleap).command], ["submit", "toggle"]);
});

test("conflicts of keys are those of the page on which both hold", () => {
  const { rows } = bindKeys();
  const clash = (id, chord) => findConflicts(rows, id, chord).map(({ row }) => row.id);

  assert.deepEqual(clash("gridToggle", "M"), ["note"]);
  assert.deepEqual(clash("submit", "Delete"), ["unset", "gridLeaveOut"]);
  assert.deepEqual(clash("gridToggle", "F"), []); // the grid has no camera
  assert.deepEqual(clash("fit", "Ctrl+A"), []);
});

test("the palette has the commands of the grid with its own classes", async () => {
  const { store } = await makeGrid();
  const labels = paletteItems(store.state, "grid").map(({ label }) => label);

  assert.ok(labels.some((label) => label.endsWith("edge")));
  assert.ok(labels.includes("Presets and own keys"));
  assert.ok(!labels.includes("Skip this image"));
});

test("a note on an image goes out beside the answers, and a refused one is opened again", async () => {
  const { store, session, sent, server, outbox } = await makeGrid();
  const { ask } = store.state.tiles[1];
  session.note({ ask, text: "Two hands", isFlagged: true });
  await settle();
  assert.deepEqual(sent.map(({ kind, path }) => [kind, path]), [["note", `/images/${ask.image.id}/notes/id-1`]]);

  server.sending = new Problem(422, { code: "note_invalid", detail: "No." });
  session.note({ ask, text: "Three", isFlagged: false });
  await settle();
  const [item] = outbox.summary().attention;
  session.reopen(item);

  assert.equal(store.state.noteOpen.text, "Three");
  assert.equal(store.state.tiles.length, 3);
});
