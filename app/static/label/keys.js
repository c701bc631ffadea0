/**
 * The keymap: one table that the keyboard, the key caps, the help, the palette and the page of own keys all read.
 *
 * A row has an `id` (presets and own keys name it), the scopes `where` it holds, a sentence and one or more bindings.
 * Scopes: "landmarks"; "classes" (a question with buttons); "binary" (one with two classes: the FIRST class is "yes");
 * "scale" (a question with a number); "grid". "any" is all of the labelling page, and the time when nothing is shown there.
 * `isPlace`: the row's keys are positional (KeyboardEvent.code); all others are mnemonic (KeyboardEvent.key), see
 * chords.js. `repeats`: a held key may go on firing. What answers must not, or it would answer unseen images.
 */
import { isChord } from "./chords.js";
import { gridRows } from "./keys_grid.js";
import { digits, arrows, many, row } from "./rows.js";
import { t } from "../language.js";

export const SCOPES = ["landmarks", "classes", "binary", "scale", "grid"];
/** Holds on the labelling page and in the grid. */
export const SHARED = "any grid";
const CLASSES = "classes binary";
const QUESTION = "classes binary scale";

export const KEYMAP = [
  row("submit", SHARED, t("Submit and go on"), ["Enter", "Ctrl+Enter"], { inGrid: t("Confirm the page, or scroll on where part of it was not on the screen yet") }),
  row("skip", "any", t("Skip this image"), ["Ctrl+Space"]),
  row("skipBecause", "any", t("Skip this image and say why"), ["Ctrl+Shift+Space"]),
  row("back", SHARED, t("Back in my own answers"), ["Ctrl+ArrowLeft"], { inGrid: t("See the page before again and change it") }),
  row("forward", "any", t("Forward in my own answers"), ["Ctrl+ArrowRight"]),
  row("undo", SHARED, t("Undo"), ["Ctrl+Z"], { repeats: true, inGrid: t("Undo the last answer on this page; beyond the first one, see the page before again") }),
  row("redo", SHARED, t("Redo"), ["Ctrl+Shift+Z", "Ctrl+Y"], { repeats: true, inGrid: t("Redo on this page") }),
  row("saySaved", SHARED, t("Say what is saved"), ["Ctrl+S"]),
  row("note", SHARED, t("Note on this image, or flag it for review"), ["M"], { inGrid: t("Note on the framed image, or flag it for review") }),
  row("palette", SHARED, t("Find and run a command"), ["Ctrl+K"]),
  row("modeLandmarks", SHARED, t("Ask only for landmarks"), ["Alt+1"], { command: "mode", arg: "landmarks", inGrid: t("One image at a time: landmarks") }),
  row("modeAttributes", SHARED, t("Ask only for attributes"), ["Alt+2"], { command: "mode", arg: "attributes", inGrid: t("One image at a time: attributes") }),
  row("modeAuto", SHARED, t("Ask for what helps most"), ["Alt+4"], { command: "mode", arg: "auto", inGrid: t("One image at a time: what helps most") }),
  row("gridMode", "any", t("Many images at once, in the grid"), ["Alt+3"], { command: "leaveTo", arg: "grid" }),
  row("fit", "any", t("Show the whole image"), ["F"]),
  row("zoomIn", "landmarks classes binary", t("Zoom in"), ["+", "="], { command: "zoom", arg: 1.25, repeats: true }),
  row("zoomOut", "landmarks classes binary", t("Zoom out"), ["-"], { command: "zoom", arg: 0.8, repeats: true }),
  row("imageBefore", "landmarks classes binary", t("Previous image, nothing submitted"), [","], { isPlace: true }),
  row("imageAfter", "landmarks classes binary", t("Next image, nothing submitted: work is kept"), ["."], { isPlace: true }),
  row("lighter", "any", t("Brighter"), ["Shift+B"], { command: "lighten", arg: "brightness", repeats: true }),
  row("darker", "any", t("Darker"), ["Alt+B"], { command: "darken", arg: "brightness", repeats: true }),
  row("harder", "any", t("More contrast"), ["Shift+C"], { command: "lighten", arg: "contrast", repeats: true }),
  row("softer", "any", t("Less contrast"), ["Alt+C"], { command: "darken", arg: "contrast", repeats: true }),
  row("localContrast", "any", t("Local contrast: structure in shadow and glare"), ["I"]),
  row("lightReset", "any", t("Picture as it is"), ["Ctrl+0"]),
  row("help", SHARED, t("This help"), ["?", "F1"]),
  row("keys", SHARED, t("Presets and own keys"), []),
  row("escape", "any", t("Close, cancel a drag, or go from the image to the buttons, the bar, and back"), ["Escape"]),

  many("jump", "landmarks", t("Jump to a landmark (two digits quickly for 10 and more)"), "1 – 9, 0", digits(0)),
  row("next", "landmarks", t("Next landmark"), ["Tab", "S"], { command: "step", arg: 1, repeats: true, isPlace: true }),
  row("previous", "landmarks", t("Previous landmark"), ["Shift+Tab", "W"], { command: "step", arg: -1, repeats: true, isPlace: true }),
  row("hidden", "landmarks", t("Hidden behind something: keeps its place"), ["Q"]),
  row("absent", "landmarks", t("Absent: not in the picture"), ["O"]),
  row("unset", "landmarks", t("Take the point away"), ["Backspace", "Delete"]),
  row("accept", "landmarks", t("Accept the network's point"), ["A"]),
  row("acceptAll", "landmarks", t("Accept all points that are left; submit if none is missing"), ["Shift+A"]),
  row("loadPrediction", "landmarks", t("Show the prediction, or ask the server for one"), ["P"]),
  row("clearPrediction", "landmarks", t("Put the prediction away"), ["Shift+P"]),
  row("bringShape", "landmarks", t("Bring the shape of my previous image to what is unset"), ["B"]),
  row("copyShape", "landmarks", t("Copy the shape"), ["Ctrl+C"]),
  row("pasteShape", "landmarks", t("Paste the copied shape"), ["Ctrl+V"]),
  row("mirror", "landmarks", t("Mirror the shape about its own axis, left and right names swapped"), ["X"]),
  row("swapPair", "landmarks", t("Swap the active landmark with its partner"), ["Shift+X"]),
  many("nudge", "landmarks", t("Nudge by 1 image pixel; what is unset comes to its predicted place, or to the middle"), t("Arrows"), arrows("", 1), { repeats: true }),
  many("nudgeFar", "landmarks", t("Nudge by 10"), t("Shift + arrows"), arrows("Shift+", 10), { command: "nudge", repeats: true }),
  many("nudgeFine", "landmarks", t("Nudge by a quarter"), t("Alt + arrows"), arrows("Alt+", 0.25), { command: "nudge", repeats: true }),
  row("autoZoom", "landmarks", t("Auto-zoom to the active landmark"), ["Z"]),
  row("panReady", "landmarks", t("Hold and drag to pan (or drag with the middle button)"), ["Space"]),
  row("hide", "landmarks", t("Hide the overlay (hold to peek)"), ["H"]),
  row("edges", "landmarks", t("Edges of the skeleton"), ["E"]),
  row("names", "landmarks", t("Names"), ["T"]),
  row("reference", "landmarks", t("Reference: where the landmark belongs"), ["R"]),
  row("heat", "landmarks", t("Doubt of the network as heat"), ["U"]),
  // without a key: any new one may be somebody's own already, and then none of theirs could be used
  row("worstFirst", "landmarks", t("Worst first: go to the landmark that is most in doubt"), [], { command: "prefer", arg: "isWorstFirst" }),
  row("follow", "landmarks", t("Follow: predicted points move with a corrected one"), [], { command: "prefer", arg: "isRefining" }),

  many("choose", CLASSES, t("Answer (or the letter on the button)"), "1 – 9", digits(1)),
  many("chooseStay", CLASSES, t("Answer, but stay on this image"), t("Shift + 1 – 9"), digits(1, "Shift+")),
  row("yes", "binary", t("The first of two classes: yes"), ["ArrowRight", "Y", "A"], { command: "choose", arg: 1 }),
  row("no", "binary", t("The second of two classes: no"), ["ArrowLeft", "N", "X"], { command: "choose", arg: 2 }),
  row("repeat", QUESTION, t("The same answer as last time"), ["R"]),
  row("questionBefore", CLASSES, t("Previous question about this image"), ["ArrowUp", "PageUp"], { command: "question", arg: -1 }),
  row("questionAfter", CLASSES, t("Next question about this image"), ["ArrowDown", "PageDown"], { command: "question", arg: 1 }),
  row("cannotTell", QUESTION, t("Cannot tell (this is stored as an answer)"), ["U"]),
  row("cannotTellZero", CLASSES, t("Cannot tell, beside the digits"), ["0"], { command: "cannotTell" }),
  row("skipQuestion", QUESTION, t("Skip"), ["Space"], { command: "skip" }),
  row("takeBack", QUESTION, t("Take the last answer back"), ["Backspace"], { command: "back" }),

  many("typeNumber", "scale", t("Type the number"), t("Digits"), [
    ...digits(0), { chords: ["-"], says: t("minus") }, { chords: ["."], says: t("point") },
  ]),
  many("stepValue", "scale", t("One step up or down"), null, [
    { chords: ["ArrowUp"], arg: 1, says: t("up") }, { chords: ["ArrowDown"], arg: -1, says: t("down") },
  ], { repeats: true }),
  row("scaleBefore", "scale", t("Previous question about this image"), ["PageUp"], { command: "question", arg: -1 }),
  row("scaleAfter", "scale", t("Next question about this image"), ["PageDown"], { command: "question", arg: 1 }),

  ...gridRows(),
];

/** Gestures, for the help only. */
export const GESTURES = [
  [t("Click or tap"), t("Place the active landmark and go on to the next")],
  [t("Hold a finger, then drag"), t("Place with the loupe")],
  [t("Drag a point"), t("Move it")],
  [t("Shift + click"), t("Place on top of another point")],
  [t("Right-click or long press on a point"), t("Visible, hidden, absent")],
  [t("Alt + drag"), t("Move the whole shape")],
  [t("Alt + wheel"), t("Turn the whole shape")],
  [t("Ctrl + Alt + wheel"), t("Scale the whole shape")],
  [t("Wheel or two fingers"), t("Zoom at the pointer, pan")],
  [t("Swipe right, left, up"), t("Yes (the first of two classes), no, skip; on the whole image, not while zoomed in")],
  [t("Tap with two fingers"), t("Undo; at a question, take the last answer back")],
];

/** @returns {boolean} whether a row holds in a scope */
export function isIn({ where }, scope) {
  return where.split(" ").some((each) => each === scope || (each === "any" && scope !== "grid"));
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

/** True where a key belongs to the field that has the focus and not to us. */
export function isTyping(event) {
  const field = event.target?.closest?.("input, textarea, select, [contenteditable]");
  return Boolean(field && (OF_FIELD[field.type] ?? (() => true))(event, field));
}

/** Fields of numbers take few keys. All others are ours there: who has typed one digit must not be shut in. */
const OF_FIELD = {
  number(event, { value, validity }) {
    if (event.ctrlKey || event.metaKey) return /^[acvxyz]$/i.test(event.key);
    if (event.altKey) return false;
    if (event.key === "Backspace" && value === "" && !validity.badInput) return event.repeat; // it has emptied the field
    return /^([0-9.,+\-e]|Tab|Enter|Backspace|Delete|Home|End|Arrow\w+)$/i.test(event.key);
  },
  range: (event) => !event.ctrlKey && !event.altKey && /^(Tab|Enter|Home|End|Page\w+|Arrow\w+)$/.test(event.key),
};

/** True where Enter and Space press the focused control. With a modifier they are commands there, too. */
export function isPressing(event) {
  const isBare = !(event.ctrlKey || event.altKey || event.metaKey || event.shiftKey);
  return isBare && ["Enter", " "].includes(event.key) && Boolean(event.target?.closest?.("button, a[href], summary"));
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
