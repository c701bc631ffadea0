import assert from "node:assert/strict";
import { test } from "node:test";
import { ariaOf, capOf, chordOf, isChord, isChordText, shortCapOf } from "../../app/static/label/chords.js";

const press = (key, part = {}) => ({ key, code: "", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...part });

test("a pressed chord is written so that the same press means it again", () => {
  const presses = [
    [press("q", { code: "KeyQ" }), "Q"],
    [press("Q", { code: "KeyQ", shiftKey: true }), "Shift+Q"],
    [press("й", { code: "KeyQ" }), "Q"],
    [press("z", { code: "KeyZ", metaKey: true }), "Ctrl+Z"],
    [press("?", { code: "Slash", shiftKey: true }), "?"],
    [press("+", { code: "Equal", ctrlKey: true, shiftKey: true }), "Ctrl++"],
    [press(" ", { code: "Space", shiftKey: true }), "Shift+Space"],
    [press("!", { code: "Digit1", shiftKey: true }), "Shift+1"],
    [press("ArrowLeft", { code: "ArrowLeft", altKey: true }), "Alt+ArrowLeft"],
    [press("Shift", { shiftKey: true }), null],
  ];
  for (const [event, chord] of presses) {
    assert.equal(chordOf(event), chord);
    if (chord) assert.ok(isChord(event, chord) && isChordText(chord), chord);
  }
});

test("a positional chord is the place, a mnemonic one the letter", () => {
  const frenchQ = press("a", { code: "KeyQ" }); // where a US keyboard has Q

  assert.deepEqual([chordOf(frenchQ, true), chordOf(frenchQ, false)], ["Q", "A"]);
  assert.ok(isChord(frenchQ, "Q", true) && !isChord(frenchQ, "Q", false));
  assert.equal(chordOf(press(";", { code: "Comma" }), true), ",");
  assert.equal(chordOf(press("<", { code: "Comma", shiftKey: true }), true), "Shift+,");
});

test("text that no key press could have made is no chord", () => {
  for (const text of ["", "Ctrl", "Ctrl+", "Shift+Ctrl+Z", "Ctrl+Ctrl+Z", 7, null, "x".repeat(41)]) assert.ok(!isChordText(text), String(text));
});

test("caps are readable, short on buttons, and in the words of ARIA", () => {
  assert.deepEqual([capOf("Ctrl+Shift+Z"), capOf("+"), capOf("Ctrl+ArrowLeft")], ["Ctrl + Shift + Z", "+", "Ctrl + ←"]);
  assert.deepEqual([shortCapOf("Shift+A"), shortCapOf("Backspace"), shortCapOf("Ctrl+D")], ["⇧A", "⌫", "Ctrl D"]);
  assert.deepEqual([ariaOf("Ctrl+Shift+Z"), ariaOf("Ctrl++")], ["Control+Shift+Z", "Control+Plus"]);
});
