/**
 * The keymap: one table that the keyboard, the key caps, the help, the palette and the page of own keys all read.
 *
 * A row has an `id` (presets and own keys name it), the scopes `where` it holds, a sentence and one or more bindings.
 * Scopes: "landmarks"; "classes" (a question with buttons); "binary" (one with two classes: the FIRST class is "yes");
 * "scale" (a question with a number). "any" is all of them, and the time when nothing is shown.
 * `isPlace`: the row's keys are positional (KeyboardEvent.code); all others are mnemonic (KeyboardEvent.key), see
 * chords.js. `repeats`: a held key may go on firing. What answers must not, or it would answer unseen images.
 */
import { isChord } from "./chords.js";

export const SCOPES = ["landmarks", "classes", "binary", "scale"];
const CLASSES = "classes binary";
const QUESTION = "classes binary scale";

const digits = (from, prefix = "") =>
  Array.from({ length: 10 - from }, (_, n) => ({ chords: [`${prefix}${n + from}`], arg: n + from, says: String(n + from) }));

const arrows = (prefix, px) =>
  [["Left", -px, 0], ["Right", px, 0], ["Up", 0, -px], ["Down", 0, px]].map(([name, dx, dy]) => ({
    chords: [`${prefix}Arrow${name}`], arg: { dx, dy }, says: name.toLowerCase(),
  }));

export const KEYMAP = [
  row("submit", "any", "Submit and show the next image", ["Enter", "Ctrl+Enter"]),
  row("skip", "any", "Skip this image", ["Ctrl+Space"]),
  row("back", "any", "Back in my own answers", ["Ctrl+ArrowLeft"]),
  row("forward", "any", "Forward in my own answers", ["Ctrl+ArrowRight"]),
  row("undo", "any", "Undo", ["Ctrl+Z"], { repeats: true }),
  row("redo", "any", "Redo", ["Ctrl+Shift+Z", "Ctrl+Y"], { repeats: true }),
  row("saySaved", "any", "Say what is saved", ["Ctrl+S"]),
  row("note", "any", "Note on this image, or flag it for review", ["M"]),
  row("palette", "any", "Find and run a command", ["Ctrl+K"]),
  row("modeLandmarks", "any", "Ask only for landmarks", ["Alt+1"], { command: "mode", arg: "landmarks" }),
  row("modeAttributes", "any", "Ask only for attributes", ["Alt+2"], { command: "mode", arg: "attributes" }),
  row("modeAuto", "any", "Ask for what helps most", ["Alt+3"], { command: "mode", arg: "auto" }),
  row("fit", "any", "Show the whole image", ["F"]),
  row("zoomIn", "landmarks classes binary", "Zoom in", ["+", "="], { command: "zoom", arg: 1.25, repeats: true }),
  row("zoomOut", "landmarks classes binary", "Zoom out", ["-"], { command: "zoom", arg: 0.8, repeats: true }),
  row("imageBefore", "landmarks classes binary", "Previous image, nothing submitted", [","], { isPlace: true }),
  row("imageAfter", "landmarks classes binary", "Next image, nothing submitted: work is kept", ["."], { isPlace: true }),
  row("lighter", "any", "Brighter", ["Shift+B"], { command: "lighten", arg: "brightness", repeats: true }),
  row("darker", "any", "Darker", ["Alt+B"], { command: "darken", arg: "brightness", repeats: true }),
  row("harder", "any", "More contrast", ["Shift+C"], { command: "lighten", arg: "contrast", repeats: true }),
  row("softer", "any", "Less contrast", ["Alt+C"], { command: "darken", arg: "contrast", repeats: true }),
  row("localContrast", "any", "Local contrast: structure in shadow and glare", ["I"]),
  row("lightReset", "any", "Picture as it is", ["Ctrl+0"]),
  row("help", "any", "This help", ["?", "F1"]),
  row("keys", "any", "Presets and own keys", []),
  row("escape", "any", "Close, cancel a drag, or leave the image for the buttons (then Tab)", ["Escape"]),

  many("jump", "landmarks", "Jump to a landmark (two digits quickly for 10 and more)", "1 – 9, 0", digits(0)),
  row("next", "landmarks", "Next landmark", ["Tab", "S"], { command: "step", arg: 1, repeats: true, isPlace: true }),
  row("previous", "landmarks", "Previous landmark", ["Shift+Tab", "W"], { command: "step", arg: -1, repeats: true, isPlace: true }),
  row("hidden", "landmarks", "Hidden behind something: keeps its place", ["Q"]),
  row("absent", "landmarks", "Absent: not in the picture", ["O"]),
  row("unset", "landmarks", "Take the point away", ["Backspace", "Delete"]),
  row("accept", "landmarks", "Accept the network's point", ["A"]),
  row("acceptAll", "landmarks", "Accept all points that are left", ["Shift+A"]),
  row("loadPrediction", "landmarks", "Show the prediction, or ask the server for one", ["P"]),
  row("clearPrediction", "landmarks", "Put the prediction away", ["Shift+P"]),
  row("bringShape", "landmarks", "Bring the shape of my previous image to what is unset", ["B"]),
  row("copyShape", "landmarks", "Copy the shape", ["Ctrl+C"]),
  row("pasteShape", "landmarks", "Paste the copied shape", ["Ctrl+V"]),
  row("mirror", "landmarks", "Mirror the shape about its own axis, left and right names swapped", ["X"]),
  row("swapPair", "landmarks", "Swap the active landmark with its partner", ["Shift+X"]),
  many("nudge", "landmarks", "Nudge by 1 image pixel", "Arrows", arrows("", 1), { repeats: true }),
  many("nudgeFar", "landmarks", "Nudge by 10", "Shift + arrows", arrows("Shift+", 10), { command: "nudge", repeats: true }),
  many("nudgeFine", "landmarks", "Nudge by a quarter", "Alt + arrows", arrows("Alt+", 0.25), { command: "nudge", repeats: true }),
  row("autoZoom", "landmarks", "Auto-zoom to the active landmark", ["Z"]),
  row("panReady", "landmarks", "Hold and drag to pan (or drag with the middle button)", ["Space"]),
  row("hide", "landmarks", "Hide the overlay (hold to peek)", ["H"]),
  row("edges", "landmarks", "Edges of the skeleton", ["E"]),
  row("names", "landmarks", "Names", ["T"]),
  row("reference", "landmarks", "Reference: where the landmark belongs", ["R"]),
  row("heat", "landmarks", "Doubt of the network as heat", ["U"]),

  many("choose", CLASSES, "Answer (or the letter on the button)", "1 – 9", digits(1)),
  many("chooseStay", CLASSES, "Answer, but stay on this image", "Shift + 1 – 9", digits(1, "Shift+")),
  row("yes", "binary", "The first of two classes: yes", ["ArrowRight", "Y", "A"], { command: "choose", arg: 1 }),
  row("no", "binary", "The second of two classes: no", ["ArrowLeft", "N", "X"], { command: "choose", arg: 2 }),
  row("repeat", CLASSES, "The same answer as last time", ["R"]),
  row("questionBefore", CLASSES, "Previous question about this image", ["ArrowUp", "PageUp"], { command: "question", arg: -1 }),
  row("questionAfter", CLASSES, "Next question about this image", ["ArrowDown", "PageDown"], { command: "question", arg: 1 }),
  row("cannotTell", QUESTION, "Cannot tell (this is stored as an answer)", ["U"]),
  row("cannotTellZero", CLASSES, "Cannot tell, beside the digits", ["0"], { command: "cannotTell" }),
  row("skipQuestion", QUESTION, "Skip", ["Space"], { command: "skip" }),
  row("takeBack", QUESTION, "Take the last answer back", ["Backspace"], { command: "back" }),

  many("typeNumber", "scale", "Type the number", "Digits", [
    ...digits(0), { chords: ["-"], says: "minus" }, { chords: ["."], says: "point" },
  ]),
  many("stepValue", "scale", "One step up or down", null, [
    { chords: ["ArrowUp"], arg: 1, says: "up" }, { chords: ["ArrowDown"], arg: -1, says: "down" },
  ], { repeats: true }),
  row("scaleBefore", "scale", "Previous question about this image", ["PageUp"], { command: "question", arg: -1 }),
  row("scaleAfter", "scale", "Next question about this image", ["PageDown"], { command: "question", arg: 1 }),
];

/** Gestures, for the help only. */
export const GESTURES = [
  ["Click or tap", "Place the active landmark and go on to the next"],
  ["Hold a finger, then drag", "Place with the loupe"],
  ["Drag a point", "Move it"],
  ["Shift + click", "Place on top of another point"],
  ["Right-click or long press on a point", "Visible, hidden, absent"],
  ["Alt + drag", "Move the whole shape"],
  ["Alt + wheel", "Turn the whole shape"],
  ["Ctrl + Alt + wheel", "Scale the whole shape"],
  ["Wheel or two fingers", "Zoom at the pointer, pan"],
  ["Swipe right, left, up", "Yes (the first of two classes), no, skip; on the whole image, not while zoomed in"],
  ["Tap with two fingers", "Undo; at a question, take the last answer back"],
];

/** @returns {boolean} whether a row holds in a scope */
export function isIn({ where }, scope) {
  return where === "any" || where.split(" ").includes(scope);
}

/**
 * What a key event means in this scope. What is typed comes before what lies at a place: on a French keyboard the key
 * where S/W's W lies types a Z, and Z has a meaning of its own.
 * @returns {{command: string, arg: any}|null}
 */
export function findBinding(event, scope, rows = KEYMAP) {
  const here = rows.filter((entry) => isIn(entry, scope));
  for (const isPlace of [false, true]) {
    for (const entry of here.filter((each) => each.isPlace === isPlace)) {
      const found = entry.bindings.find(({ chords }) => chords.some((chord) => isChord(event, chord, isPlace)));
      if (found && event.repeat && !entry.repeats) return { command: "ignore", arg: null };
      if (found) return { command: entry.command, arg: found.arg ?? null };
    }
  }
  return null;
}

/** True where keys belong to the field and not to us. */
export function isTyping(target) {
  return Boolean(target?.closest?.("input, textarea, select, [contenteditable]"));
}

/** True where Enter and Space press the focused control. */
export function isPressing(event) {
  return ["Enter", " "].includes(event.key) && Boolean(event.target?.closest?.("button, a[href], summary"));
}

/** Two digits within this time are one number. */
export const SECOND_DIGIT_MS = 400;

/**
 * Landmark index for a digit: 1 is the first, 0 the tenth; a second digit in time makes "1" "2" the twelfth.
 * @param {{digit: number, at: number}|null} before the digit pressed before, ms
 */
export function jumpIndex(before, digit, at, count) {
  const both = before && at - before.at <= SECOND_DIGIT_MS ? before.digit * 10 + digit : 0;
  if (both >= 10 && both <= count) return both - 1;
  const alone = digit === 0 ? 10 : digit;
  return alone <= count ? alone - 1 : null;
}

function row(id, where, text, chords, { command = id, arg = null, repeats = false, isPlace = false } = {}) {
  return { id, where, text, command, repeats, isPlace, shows: null, bindings: [{ chords, arg, says: null }] };
}

/** A row of many keys, shown as `shows` while they are as here. */
function many(id, where, text, shows, bindings, { command = id, repeats = false } = {}) {
  return { id, where, text, command, repeats, isPlace: false, shows, bindings };
}
