/**
 * The keymap: one table that both the keyboard and the help overlay read.
 *
 * A chord is modifiers and a name: letters match the letter typed (or its place on non-Latin layouts), digits match
 * their place, everything else matches KeyboardEvent.key. Cmd counts as Ctrl.
 * `where`: "any", or some of "landmarks", "classes" (an attribute with buttons), "scale" (one with a number).
 * `repeats`: a held key may go on firing. Everything that answers must not, or a held key would answer unseen images.
 */
const digits = (from, command) =>
  Array.from({ length: 10 - from }, (_, n) => ({ chords: [`${n + from}`], command, arg: n + from }));

const arrows = (prefix, px) =>
  [["Left", -px, 0], ["Right", px, 0], ["Up", 0, -px], ["Down", 0, px]].map(([name, dx, dy]) => ({
    chords: [`${prefix}Arrow${name}`], command: "nudge", arg: { dx, dy }, repeats: true,
  }));

/** Each row of the help: a sentence and the bindings behind it (shown as `shows` where there are many). */
export const KEYMAP = [
  row("any", "Submit and show the next image", ["Enter", "Ctrl+Enter"], "submit"),
  row("any", "Skip this image", ["Ctrl+Space"], "skip"),
  row("any", "Back to the image before", ["Ctrl+ArrowLeft"], "back"),
  row("any", "Undo", ["Ctrl+Z"], "undo", { repeats: true }),
  row("any", "Redo", ["Ctrl+Shift+Z", "Ctrl+Y"], "redo", { repeats: true }),
  row("any", "Say what is saved", ["Ctrl+S"], "saySaved"),
  many("any", "Ask only for landmarks, only for attributes, or for what helps most", "Alt + 1, 2, 3", [
    { chords: ["Alt+1"], command: "mode", arg: "landmarks" },
    { chords: ["Alt+2"], command: "mode", arg: "attributes" },
    { chords: ["Alt+3"], command: "mode", arg: "auto" },
  ]),
  row("any", "Show the whole image", ["F"], "fit"),
  row("landmarks classes", "Zoom in", ["+", "="], "zoom", { arg: 1.25, repeats: true }),
  row("landmarks classes", "Zoom out", ["-"], "zoom", { arg: 0.8, repeats: true }),
  row("any", "This help", ["?", "F1"], "help"),
  row("any", "Close, cancel a drag, or leave the image for the buttons (then Tab)", ["Escape"], "escape"),

  many("landmarks", "Jump to a landmark (two digits quickly for 10 and more)", "1 – 9, 0", digits(0, "jump")),
  row("landmarks", "Next landmark", ["Tab", "S"], "step", { arg: 1, repeats: true }),
  row("landmarks", "Previous landmark", ["Shift+Tab", "W"], "step", { arg: -1, repeats: true }),
  row("landmarks", "Hidden behind something: keeps its place", ["Q"], "hidden"),
  row("landmarks", "Absent: not in the picture", ["O"], "absent"),
  row("landmarks", "Take the point away", ["Backspace", "Delete"], "unset"),
  row("landmarks", "Accept the network's point", ["A"], "accept"),
  row("landmarks", "Accept all points that are left (Enter then submits)", ["Shift+A"], "acceptAll"),
  row("landmarks", "Show the prediction, or ask the server for one", ["P"], "loadPrediction"),
  row("landmarks", "Put the prediction away", ["Shift+P"], "clearPrediction"),
  row("landmarks", "Bring the shape of my previous image to what is unset", ["B"], "bringShape"),
  row("landmarks", "Copy the shape", ["Ctrl+C"], "copyShape"),
  row("landmarks", "Paste the copied shape", ["Ctrl+V"], "pasteShape"),
  row("landmarks", "Mirror the shape about its own axis, left and right names swapped", ["X"], "mirror"),
  row("landmarks", "Swap the active landmark with its partner", ["Shift+X"], "swapPair"),
  many("landmarks", "Nudge by 1 image pixel", "Arrows", arrows("", 1)),
  many("landmarks", "Nudge by 10", "Shift + arrows", arrows("Shift+", 10)),
  many("landmarks", "Nudge by a quarter", "Alt + arrows", arrows("Alt+", 0.25)),
  row("landmarks", "Auto-zoom to the active landmark", ["Z"], "autoZoom"),
  row("landmarks", "Hold and drag to pan (or drag with the middle button)", ["Space"], "panReady"),
  row("landmarks", "Hide the overlay (hold to peek)", ["H"], "hide"),
  row("landmarks", "Edges of the skeleton", ["E"], "edges"),
  row("landmarks", "Names", ["T"], "names"),
  row("landmarks", "Reference: where the landmark belongs", ["R"], "reference"),
  row("landmarks", "Doubt of the network as heat", ["U"], "heat"),
  row("any", "Brighter", ["Shift+B"], "lighten", { arg: "brightness", repeats: true }),
  row("any", "Darker", ["Alt+B"], "darken", { arg: "brightness", repeats: true }),
  row("any", "More contrast", ["Shift+C"], "lighten", { arg: "contrast", repeats: true }),
  row("any", "Less contrast", ["Alt+C"], "darken", { arg: "contrast", repeats: true }),
  row("any", "Local contrast: structure in shadow and glare", ["I"], "localContrast"),
  row("any", "Picture as it is", ["Ctrl+0"], "lightReset"),

  many("classes", "Answer", "1 – 9", digits(1, "choose")),
  row("classes", "Cannot tell (this is stored as an answer)", ["U", "0"], "cannotTell"),
  row("classes", "Skip", ["Space"], "skip"),
  row("classes", "Take the last answer back", ["Backspace"], "back"),

  many("scale", "Type the number", "Digits", [
    ...digits(0, "typeNumber"),
    { chords: ["-", "."], command: "typeNumber" },
  ]),
  row("scale", "One step up or down", ["ArrowUp"], "stepValue", { arg: 1, repeats: true, also: { ArrowDown: -1 } }),
  row("scale", "Cannot tell (this is stored as an answer)", ["U"], "cannotTell"),
  row("scale", "Skip", ["Space"], "skip"),
  row("scale", "Take the last answer back", ["Backspace"], "back"),
].map(withAlso);

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
];

/** @returns {{command: string, arg: any}|null} what a key event means in this scope */
export function findBinding(event, scope) {
  const isInScope = ({ where }) => where === "any" || where.split(" ").includes(scope);
  for (const entry of KEYMAP.filter(isInScope)) {
    for (const binding of entry.bindings) {
      if (!binding.chords.some((chord) => isChord(event, chord))) continue;
      if (event.repeat && !binding.repeats) return { command: "ignore", arg: null };
      return { command: binding.command, arg: binding.arg ?? null };
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

/** Chord in the words of a key cap. */
export function capOf(chord) {
  const names = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  return parts(chord).map((part) => names[part] ?? part).join(" + ");
}

function row(where, text, chords, command, { arg = null, repeats = false, also = null } = {}) {
  return { where, text, shows: null, also, bindings: [{ chords, command, arg, repeats }] };
}

function many(where, text, shows, bindings) {
  return { where, text, shows, also: null, bindings };
}

/** A row for a pair of keys: the second one does the same with another argument. */
function withAlso(entry) {
  if (!entry.also) return entry;
  const [first] = entry.bindings;
  const others = Object.entries(entry.also).map(([chord, arg]) => ({ ...first, chords: [chord], arg }));
  return { ...entry, also: null, bindings: [first, ...others] };
}

function isChord(event, chord) {
  const wanted = parts(chord);
  const name = wanted.pop();
  const isSymbol = !/^[A-Za-z0-9]+$/.test(name); // "?" needs Shift on some layouts and not on others
  return (
    keyName(event) === name &&
    (event.ctrlKey || event.metaKey) === wanted.includes("Ctrl") &&
    event.altKey === wanted.includes("Alt") &&
    (isSymbol || event.shiftKey === wanted.includes("Shift"))
  );
}

function keyName({ key, code = "" }) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit && !/^Arrow|Home|End|Page|Insert|Delete/.test(key)) return digit[1];
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter && key.length === 1) return letter[1];
  return key === " " ? "Space" : key;
}

/** "Ctrl++" is Ctrl and "+". */
function parts(chord) {
  return chord.split(/\+(?=.)/).filter(Boolean);
}
