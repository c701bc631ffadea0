import assert from "node:assert/strict";
import { test } from "node:test";
import { createUploads, summaryWords } from "../../app/static/data/uploads.js";
import { createSender, importOutcome } from "../../app/static/data/sending.js";

const file = (name, size = 10) => ({ name, size });
const settled = () => new Promise((resolve) => setTimeout(resolve));

function uploadsWith(answers) {
  const calls = [];
  const seen = new Map();
  const uploads = createUploads({
    send(each, onShare) {
      calls.push(each.name);
      return new Promise((resolve, reject) => answers(each.name, { resolve, reject, onShare }));
    },
    onChange: (upload) => seen.set(upload.file.name, { ...upload }),
  });
  return { uploads, calls, seen };
}

test("no more than three files are under way, and each that ends lets the next one go", async () => {
  const open = new Map();
  const { uploads, calls } = uploadsWith((name, call) => open.set(name, call));
  uploads.add(["a", "b", "c", "d", "e"].map((name) => file(name)));
  assert.deepEqual(calls, ["a", "b", "c"]);
  open.get("b").resolve({ outcome: "added", words: "" });
  await settled();
  assert.deepEqual(calls, ["a", "b", "c", "d"]);
});

test("a file that is refused or lost takes no other along", async () => {
  const { uploads, seen } = uploadsWith((name, { resolve, reject }) => {
    if (name === "bad") resolve({ outcome: "refused", words: "bad is not an image." });
    else if (name === "lost") reject(new Error("no connection"));
    else resolve({ outcome: "added", words: "" });
  });
  uploads.add(["bad", "lost", "a", "b"].map((name) => file(name)));
  await settled();
  await settled();
  assert.deepEqual([...seen.values()].map(({ outcome }) => outcome), ["refused", "lost", "added", "added"]);
  assert.equal(seen.get("bad").words, "bad is not an image.");
  assert.equal(summaryWords(uploads.summary()), "2 of 4 stored, 1 refused, 1 without an answer.");
});

test("what got no answer can be sent again, and only that", async () => {
  let isOnline = false;
  const { uploads, calls, seen } = uploadsWith((name, { resolve, reject }) => {
    if (name === "a" || isOnline) resolve({ outcome: "added", words: "" });
    else reject(new Error("no connection"));
  });
  uploads.add([file("a"), file("b")]);
  await settled();
  isOnline = true;
  uploads.again();
  await settled();
  assert.deepEqual(calls, ["a", "b", "b"]);
  assert.equal(seen.get("b").outcome, "added");
  assert.equal(seen.get("b").words, "");
});

test("progress counts bytes, not files", async () => {
  const open = new Map();
  const { uploads, seen } = uploadsWith((name, call) => open.set(name, call));
  uploads.add([file("large", 90), file("small", 10)]);
  open.get("large").onShare(0.5);
  assert.equal(uploads.summary().share, 0.45);
  open.get("small").onShare(1);
  assert.equal(seen.get("small").outcome, "reading");
});

test("an import says what it brought, or why it brought nothing", () => {
  const done = { status: "done", error_detail: null, outcome_counts: { added: 3, refused: 1 } };
  assert.deepEqual(importOutcome(done), { outcome: "added", words: "Archive: 3 stored, 1 refused." });
  const same = { status: "done", error_detail: null, outcome_counts: { known: 4 } };
  assert.deepEqual(importOutcome(same), { outcome: "known", words: "Archive: 4 known already." });
  const failed = { status: "failed", error_detail: "It is no ZIP file.", outcome_counts: {} };
  assert.deepEqual(importOutcome(failed), { outcome: "refused", words: "It is no ZIP file." });
});

test("what the server may take later is lost and can go again; only what it can never take is refused", async (t) => {
  const statuses = [401, 408, 425, 429, 503, 409, 413, 422];
  let status = null;
  globalThis.FormData = class { append() {} };
  globalThis.XMLHttpRequest = class extends EventTarget {
    upload = new EventTarget();
    responseText = JSON.stringify({ code: "some_code", detail: "Words." });
    open() {}
    send() {
      this.status = status;
      this.dispatchEvent(new Event("load"));
    }
  };
  t.after(() => delete globalThis.XMLHttpRequest);
  const send = createSender(1);
  const outcomes = [];
  for (status of statuses) outcomes.push(await send(file("a.png"), () => {}).then(({ outcome }) => outcome, () => "lost"));
  assert.deepEqual(outcomes, ["lost", "lost", "lost", "lost", "lost", "refused", "refused", "refused"]);
});
