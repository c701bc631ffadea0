import assert from "node:assert/strict";
import { test } from "node:test";
import { joinTabs } from "../../app/static/label/tabs.js";

/** As navigator.locks: whoever asks has the lock for good. */
function makeLocks() {
  const held = [];
  return { request: (name) => held.push({ name }), query: async () => ({ held }) };
}

const join = (locks, tab, part = {}) => joinTabs(locks, tab, { projectId: 1, person: "7", limitMs: 20, ...part });

test("the second tab of a person in a project hears of the first one, whose rows are not its own (case 102)", async () => {
  const locks = makeLocks();
  const [first, second] = [join(locks, "a"), join(locks, "b")];

  for (const [tab, ours, theirs] of [[first, "a", "b"], [second, "b", "a"]]) {
    const { isAlone, isOurs } = await tab.look();
    assert.equal(isAlone, false);
    assert.deepEqual([ours, "gone", theirs].map((id) => isOurs({ tab: id })), [true, true, false]);
  }
});

test("a tab in another project, or of another person, is nobody to hear of; its rows are its own", async () => {
  const locks = makeLocks();
  join(locks, "a", { projectId: 11 });
  join(locks, "b", { person: "8" });
  join(locks, "c", { person: null });

  const { isAlone, isOurs } = await join(locks, "d").look();

  assert.equal(isAlone, true);
  assert.equal(isOurs({ tab: "a" }), false);
});

test("where there are no locks, or they say nothing, the page begins all the same", async () => {
  const silent = { request() {}, query: () => new Promise(() => {}) };
  const refusing = { request() {}, query: () => Promise.reject(new Error("SecurityError")) };

  for (const locks of [undefined, silent, refusing]) {
    const { isAlone, isOurs } = await join(locks, "a").look();
    assert.deepEqual([isAlone, isOurs({ tab: "b" })], [true, true]);
  }
});
