import assert from "node:assert/strict";
import { test } from "node:test";
import { bindPreferences, DEFAULTS, loadPreferences } from "../../app/static/label/preferences.js";

function makeStorage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), kept };
}

test("what is switched on is there again, and written once", () => {
  const storage = makeStorage();
  const first = loadPreferences(() => storage);
  const draw = bindPreferences(() => storage, first);

  draw({ preferences: first });
  assert.equal(storage.kept.size, 0);
  draw({ preferences: { ...first, isWorstFirst: true } });

  assert.deepEqual(loadPreferences(() => storage), { ...DEFAULTS, isWorstFirst: true });
});

test("blocked, damaged or foreign storage leaves the defaults", (context) => {
  context.mock.method(console, "warn", () => {});
  const blocked = () => { throw new Error("SecurityError"); };

  assert.deepEqual(loadPreferences(blocked), DEFAULTS);
  for (const text of ["{", "null", '{"isWorstFirst": "yes", "other": true}', "[1]"]) {
    assert.deepEqual(loadPreferences(() => ({ getItem: () => text })), DEFAULTS, text);
  }
  bindPreferences(blocked, DEFAULTS)({ preferences: { ...DEFAULTS, isWorstFirst: true } });
});
