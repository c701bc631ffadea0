import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findBinding, isIn, isPressing, isTyping, jumpIndex, KEYMAP, SCOPES } from "../../app/static/label/keys.js";

const press = (key, part = {}) => ({
  key, code: "", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, repeat: false, ...part,
});
const command = (event, scope = "landmarks") => findBinding(event, scope)?.command ?? null;

const EXPECTED = [
  [press("Enter"), "landmarks", "submit"],
  [press("Enter", { ctrlKey: true }), "landmarks", "submit"],
  [press(" ", { ctrlKey: true }), "landmarks", "skip"],
  [press(" "), "landmarks", "panReady"],
  [press(" "), "classes", "skip"],
  [press("z", { ctrlKey: true }), "landmarks", "undo"],
  [press("z", { metaKey: true }), "landmarks", "undo"],
  [press("Z", { ctrlKey: true, shiftKey: true }), "landmarks", "redo"],
  [press("y", { ctrlKey: true }), "landmarks", "redo"],
  [press("s", { ctrlKey: true }), "classes", "saySaved"],
  [press("s", { code: "KeyS" }), "landmarks", "step"],
  [press("s"), "classes", null],
  [press("w", { code: "KeyW" }), "landmarks", "step"],
  [press("Tab", { shiftKey: true }), "landmarks", "step"],
  [press("q"), "landmarks", "hidden"],
  [press("o"), "landmarks", "absent"],
  [press("a"), "landmarks", "accept"],
  [press("A", { shiftKey: true }), "landmarks", "acceptAll"],
  [press("Backspace"), "landmarks", "unset"],
  [press("Backspace"), "classes", "back"],
  [press("ArrowLeft", { altKey: true }), "landmarks", "nudge"],
  [press("ArrowLeft", { ctrlKey: true }), "landmarks", "back"],
  [press("1", { code: "Digit1", altKey: true }), "landmarks", "mode"],
  [press("1", { code: "Digit1" }), "landmarks", "jump"],
  [press("1", { code: "Digit1" }), "classes", "choose"],
  [press("0", { code: "Digit0" }), "classes", "cannotTell"],
  [press("u"), "classes", "cannotTell"],
  [press("5", { code: "Digit5" }), "scale", "typeNumber"],
  [press("?", { shiftKey: true }), "none", "help"],
  [press("?"), "landmarks", "help"],
  [press("h"), "landmarks", "hide"],
  [press("x", { ctrlKey: true }), "landmarks", null],
  [press("b"), "landmarks", "bringShape"],
  [press("c", { ctrlKey: true }), "landmarks", "copyShape"],
  [press("c", { ctrlKey: true }), "classes", null],
  [press("v", { metaKey: true }), "landmarks", "pasteShape"],
  [press("p"), "landmarks", "loadPrediction"],
  [press("P", { shiftKey: true }), "landmarks", "clearPrediction"],
  [press("x"), "landmarks", "mirror"],
  [press("u"), "landmarks", "heat"],
  [press("r"), "landmarks", "reference"],
  [press("r"), "classes", "repeat"],
  [press("B", { shiftKey: true }), "landmarks", "lighten"],
  [press("b", { altKey: true }), "classes", "darken"],
  [press("C", { shiftKey: true }), "scale", "lighten"],
  [press("∫", { code: "KeyB", altKey: true }), "landmarks", "darken"],
  [press("i"), "classes", "localContrast"],
  [press("0", { code: "Digit0", ctrlKey: true }), "landmarks", "lightReset"],
  [press("X", { shiftKey: true }), "landmarks", "swapPair"],
  [press("ArrowRight", { ctrlKey: true }), "landmarks", "forward"],
  [press(",", { code: "Comma" }), "landmarks", "imageBefore"],
  [press(".", { code: "Period" }), "binary", "imageAfter"],
  [press(".", { code: "Period" }), "scale", "typeNumber"],
  [press("m"), "scale", "note"],
  [press("k", { ctrlKey: true }), "none", "palette"],
  [press("ArrowRight"), "binary", "choose"],
  [press("ArrowRight"), "classes", null],
  [press("ArrowRight"), "landmarks", "nudge"],
  [press("n"), "binary", "choose"],
  [press("r"), "binary", "repeat"],
  [press("ArrowDown"), "classes", "question"],
  [press("ArrowDown"), "scale", "stepValue"],
  [press("PageDown"), "scale", "question"],
  [press("!", { code: "Digit1", shiftKey: true }), "classes", "chooseStay"],
  [press("Backspace"), "scale", "back"],
];

test("every key does what the keymap promises", () => {
  for (const [event, scope, wanted] of EXPECTED) {
    assert.equal(command(event, scope), wanted, `${JSON.stringify(event)} in ${scope}`);
  }
});

test("no two rows of a scope share a chord", () => {
  for (const scope of SCOPES) {
    const rows = KEYMAP.filter((entry) => isIn(entry, scope));
    const chords = rows.flatMap(({ bindings }) => bindings).flatMap((binding) => binding.chords);
    assert.deepEqual(chords.filter((chord, at) => chords.indexOf(chord) !== at), [], scope);
  }
});

test("a held key nudges but never answers (case 103)", () => {
  assert.equal(command(press("ArrowUp", { repeat: true })), "nudge");
  for (const [event, scope] of [[press("Enter"), "landmarks"], [press("A", { shiftKey: true }), "landmarks"], [press("1", { code: "Digit1" }), "classes"], [press(" "), "classes"]]) {
    assert.equal(command({ ...event, repeat: true }, scope), "ignore");
  }
});

test("nudges are 1, 10 and a quarter of an image pixel", () => {
  const by = (part) => findBinding(press("ArrowRight", part), "landmarks").arg.dx;

  assert.deepEqual([by({}), by({ shiftKey: true }), by({ altKey: true })], [1, 10, 0.25]);
});

test("letters work on a Cyrillic layout and digits on a French one", () => {
  assert.equal(command(press("й", { code: "KeyQ" })), "hidden");
  assert.equal(command(press("&", { code: "Digit1" }), "classes"), "choose");
});

test("two quick digits are one number, slow ones are two", () => {
  assert.equal(jumpIndex(null, 1, 0, 21), 0);
  assert.equal(jumpIndex({ digit: 1, at: 0 }, 2, 399, 21), 11);
  assert.equal(jumpIndex({ digit: 1, at: 0 }, 2, 401, 21), 1);
  assert.equal(jumpIndex(null, 0, 0, 21), 9);
  assert.equal(jumpIndex(null, 0, 0, 5), null);
  assert.equal(jumpIndex({ digit: 9, at: 0 }, 9, 10, 21), 8);
});

test("what is typed comes before what lies at the same place", () => {
  const french = press("z", { code: "KeyW" }); // the place of W

  assert.equal(command(french), "autoZoom");
  assert.equal(command(press("w", { code: "KeyZ" })), null);
  assert.equal(command(press(";", { code: "Comma" })), "imageBefore");
  assert.equal(command(press(",", { code: "KeyM" })), null);
});

test("Enter and Space press the control that has the focus, with a modifier they are commands", () => {
  const onButton = (key, held = {}) => isPressing({ key, ...held, target: { closest: () => ({}) } });

  assert.deepEqual([onButton("Enter"), onButton(" "), onButton("u")], [true, true, false]);
  for (const modifier of ["ctrlKey", "altKey", "metaKey", "shiftKey"]) {
    assert.equal(onButton(" ", { [modifier]: true }), false, modifier);
  }
  assert.equal(isPressing({ key: "Enter", target: { closest: () => null } }), false);
});

describe("keys inside a field", () => {
  const inside = (field, part) => isTyping({ ...part, target: { closest: () => ({ value: "", validity: {}, ...field }) } });
  const ours = (field, keys) => keys.filter((key) => !inside(field, typeof key === "string" ? { key } : key));

  test("belong to it, whatever they are", () => {
    for (const type of ["text", "search", "textarea", "select-one", undefined]) {
      assert.deepEqual(ours({ type }, ["u", "Enter", "Escape", { key: "k", ctrlKey: true }]), []);
    }
    assert.equal(isTyping({ key: "u", target: { closest: () => null } }), false);
  });

  test("of a number are its own where it can take them, and ours else", () => {
    const field = { type: "number", value: "4" };

    assert.deepEqual(ours(field, ["5", "-", ",", ".", "e", "Backspace", "ArrowUp", "Tab", "Enter", { key: "v", ctrlKey: true }]), []);
    const free = ["u", "m", " ", "?", "Escape", "PageDown", { key: "k", ctrlKey: true }, { key: "1", altKey: true }];
    assert.deepEqual(ours(field, free), free);
  });

  test("Backspace goes back only where it has nothing to take away, and not while it is held", () => {
    assert.equal(inside({ type: "number", value: "" }, { key: "Backspace" }), false);
    assert.equal(inside({ type: "number", value: "", validity: { badInput: true } }, { key: "Backspace" }), true);
    assert.equal(inside({ type: "number", value: "" }, { key: "Backspace", repeat: true }), true);
  });

  test("of a slider are those that move it", () => {
    assert.deepEqual(ours({ type: "range" }, ["ArrowUp", "Home", "PageUp", "7", "u"]), ["7", "u"]);
  });
});
