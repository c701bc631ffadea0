import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as bound from "../../app/static/label/bound.js";
import { capOf } from "../../app/static/label/chords.js";
import { findBinding, KEYMAP } from "../../app/static/label/keys.js";
import { bindKeysKept, loadKeys } from "../../app/static/label/keys_kept.js";
import { classLetters } from "../../app/static/label/letters.js";
import { PRESETS } from "../../app/static/label/presets.js";

const press = (key, part = {}) => ({ key, code: "", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, repeat: false, ...part });

describe("presets", () => {
  for (const preset of Object.keys(PRESETS)) {
    test(`${preset}: every row exists and no chord has two meanings in a scope`, () => {
      const { rows } = bound.bindKeys(preset);

      for (const id of Object.keys(PRESETS[preset].changes)) assert.ok(KEYMAP.some((entry) => entry.id === id), id);
      for (const entry of rows) {
        const chords = entry.bindings.flatMap((binding) => binding.chords);
        assert.equal(new Set(chords).size, chords.length, entry.id);
        for (const chord of chords) assert.deepEqual(bound.findConflicts(rows, entry.id, chord).map(({ row }) => row.id), [], `${chord}: ${entry.id}`);
      }
    });
  }

  test("D means back in CVAT and on in napari", () => {
    const dPressed = press("d", { code: "KeyD" });
    const meaning = (preset) => findBinding(dPressed, "landmarks", bound.bindKeys(preset).rows)?.command;

    assert.deepEqual([meaning("cvat"), meaning("napari"), meaning("default")], ["imageBefore", "imageAfter", undefined]);
  });
});

describe("own keys", () => {
  const keys = bound.bindKeys();

  test("a free chord is taken, in place of another or besides", () => {
    assert.deepEqual(bound.chordsOf(bound.rebind(keys, "hidden", 0, "Q", "J").rows, "hidden"), ["J"]);
    assert.deepEqual(bound.chordsOf(bound.rebind(keys, "hidden", 0, null, "J").rows, "hidden"), ["Q", "J"]);
    assert.deepEqual(bound.chordsOf(bound.rebind(keys, "hidden", 0, "Q", null).rows, "hidden"), []);
    assert.deepEqual(bound.chordsOf(bound.rebind(keys, "submit", 0, "Enter", "Ctrl+Enter").rows, "submit"), ["Ctrl+Enter"]);
  });

  test("a conflict names the row, only where both can hold at once", () => {
    const clash = (id, chord) => bound.findConflicts(keys.rows, id, chord).map(({ row }) => row.id);

    assert.deepEqual(clash("hidden", "O"), ["absent"]);
    assert.deepEqual(clash("hidden", "Space"), ["panReady"]);
    assert.deepEqual(clash("fit", "U"), ["heat", "cannotTell"]);
    assert.deepEqual(clash("hidden", "N"), []); // "no" is of questions
  });

  test("a swap gives the other row the old chord", () => {
    const { rows } = bound.swap(keys, "hidden", 0, "Q", "O");

    assert.deepEqual([bound.chordsOf(rows, "hidden"), bound.chordsOf(rows, "absent")], [["O"], ["Q"]]);
    assert.equal(findBinding(press("o"), "landmarks", rows).command, "hidden");
  });

  test("a chord added besides is taken from the other row", () => {
    const { rows } = bound.swap(keys, "hidden", 0, null, "O");

    assert.deepEqual([bound.chordsOf(rows, "hidden"), bound.chordsOf(rows, "absent")], [["Q", "O"], []]);
  });

  test("with two others, the old chord goes only where it is free", () => {
    const { rows } = bound.swap(keys, "fit", 0, "F", "U");

    assert.deepEqual([bound.chordsOf(rows, "heat"), bound.chordsOf(rows, "cannotTell")], [["F"], ["F"]]);
    for (const id of ["fit", "heat", "cannotTell"]) {
      for (const chord of bound.chordsOf(rows, id)) assert.deepEqual(bound.findConflicts(rows, id, chord), [], id);
    }
  });

  test("a row is restored unless its chord is taken, all of them always", () => {
    const swapped = bound.swap(keys, "hidden", 0, "Q", "O");
    const moved = bound.rebind(keys, "hidden", 0, "Q", "J");

    assert.deepEqual(bound.restore(swapped, "hidden").conflicts.map(({ row, chord }) => [row.id, chord]), [["absent", "Q"]]);
    assert.ok(!bound.isChanged(bound.restore(moved, "hidden").keys, "hidden"));
    assert.deepEqual(bound.restoreAll(swapped).rows, keys.rows);
  });

  test("another preset and back loses nothing", () => {
    const own = bound.rebind(keys, "hidden", 0, "Q", "J");
    const there = bound.choosePreset(own, "cvat");

    assert.deepEqual(bound.chordsOf(there.rows, "hidden"), ["Q"]);
    assert.deepEqual(bound.choosePreset(there, "default").rows, own.rows);
  });
});

describe("kept keys", () => {
  const memory = (text) => {
    const kept = { text };
    return { kept, getItem: () => kept.text, setItem: (_, value) => { kept.text = value; } };
  };

  test("they come back, also through a file", () => {
    const own = bound.swap(bound.choosePreset(bound.bindKeys(), "sleap"), "hidden", 0, "Q", "O");
    const storage = memory(null);
    bindKeysKept(() => storage, bound.bindKeys(), assert.fail)({ keys: own });

    assert.deepEqual(loadKeys(() => storage), { keys: own, problem: null });
    assert.deepEqual(bound.keysOf(bound.textOf(own)), own);
  });

  test("nothing kept is no problem", () => {
    assert.equal(loadKeys(() => memory(null)).problem, null);
  });

  const kept = (changes, part = {}) => JSON.stringify({ version: 1, preset: "default", changes: { default: changes }, ...part });
  const DAMAGED = [
    ["{", "not a file of keys"],
    ["[]", "not a file of keys"],
    [kept({}, { version: 2 }), "Version 2"],
    [kept({}, { preset: "emacs" }), "emacs"],
    [kept({}, { preset: "constructor" }), "constructor"],
    [kept({}, { changes: null }), "missing"],
    [kept({ fly: [["Q"]] }), "fly"],
    [kept({ hidden: [["Ctrl+"]] }), "damaged"],
    [kept({ hidden: [["J"], ["K"]] }), "damaged"],
    [kept({ hidden: ["J"] }), "damaged"],
    [kept({ hidden: [["O"]] }), "two meanings"],
  ];
  for (const [text, words] of DAMAGED) {
    test(`damaged: ${words}: the default holds, and it is said`, (context) => {
      context.mock.method(console, "warn", () => {});

      const { keys, problem } = loadKeys(() => memory(text));

      assert.deepEqual(keys, bound.bindKeys());
      assert.match(problem, new RegExp(words));
    });
  }

  test("where they cannot be kept, that is said", (context) => {
    context.mock.method(console, "warn", () => {});
    const said = [];
    const blocked = () => { throw new Error("SecurityError"); };

    bindKeysKept(blocked, bound.bindKeys(), (words) => said.push(words))({ keys: bound.bindKeys("cvat") });

    assert.equal(said.length, 1);
  });
});

describe("words", () => {
  const { rows } = bound.rebind(bound.bindKeys(), "undo", 0, "Ctrl+Z", null);

  test("a sentence names the key, or the command where no key is left", () => {
    assert.equal(bound.keyWords(bound.bindKeys().rows, "undo"), "Ctrl + Z");
    assert.equal(bound.keyWords(rows, "undo"), "“Undo”");
    assert.deepEqual(bound.capsOf(rows, "undo"), { short: "", words: "", aria: "" });
  });

  test("the help is short for many keys until one of them is another", () => {
    const entry = (all) => all.find(({ id }) => id === "nudge");
    const changed = bound.rebind(bound.bindKeys(), "nudge", 0, "ArrowLeft", "J");

    assert.deepEqual(bound.helpCaps(entry(bound.bindKeys().rows)), ["Arrows"]);
    assert.deepEqual(bound.helpCaps(entry(changed.rows)), ["J", "→", "↑", "↓"]);
  });
});

describe("letters of classes", () => {
  const { rows } = bound.bindKeys();

  test("each has the first letter of its name that is free", () => {
    assert.deepEqual(classLetters(["palm", "edge", "back"], rows, "classes"), ["P", "E", "B"]);
    assert.deepEqual(classLetters(["up", "upper"], rows, "binary"), ["P", "E"]);
    assert.deepEqual(classLetters(["猫", "fu"], rows, "binary"), [null, null]); // F shows the whole image, U cannot tell
  });

  test("a class called no has N, whatever N would mean", () => {
    assert.deepEqual(classLetters(["no", "yes"], rows, "binary"), ["N", "Y"]);
  });

  test("they give way to own keys", () => {
    const own = bound.rebind(bound.bindKeys(), "note", 0, "M", "P");
    assert.deepEqual(classLetters(["palm"], own.rows, "classes"), ["A"]);
  });
});

test("every chord of the table can be read", () => {
  for (const entry of KEYMAP) for (const { chords } of entry.bindings) for (const chord of chords) assert.ok(capOf(chord).length > 0);
});
