import assert from "node:assert/strict";
import { test } from "node:test";
import { openStorage } from "../../app/static/label/storage.js";

/** An IndexedDB that opens, and whose transactions are kept waiting by another tab for ever. */
function makeFactory(aborted) {
  const store = { add: () => ({}), put: () => ({}), delete: () => ({}), getAll: () => ({}) };
  const transaction = () => ({ objectStore: () => store, abort: () => aborted.push("abort") });
  return {
    open() {
      const request = { result: { transaction } };
      setImmediate(() => request.onsuccess());
      return request;
    },
  };
}

test("a store that another tab keeps busy is waited for no longer than a while, and what was asked of it is taken back", async () => {
  const aborted = [];
  const { outbox, drafts } = await openStorage(makeFactory(aborted), 20);

  await assert.rejects(outbox.add({ id: "a" }), /too long/);
  await assert.rejects(drafts.all(), /too long/);

  assert.equal(aborted.length, 2);
});
