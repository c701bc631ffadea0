/**
 * Chords: modifiers and a key, written "Ctrl+Shift+Z". Cmd counts as Ctrl.
 *
 * A mnemonic chord means the letter that is typed, wherever the layout has it (on non-Latin layouts, where no Latin
 * letter is typed, its place). A positional chord means the place of the key on a US keyboard, whatever it types there.
 * Digits are always positional, since French layouts need Shift to type them.
 */
import { t } from "../language.js";

/** Places that type a symbol, by KeyboardEvent.code. */
const PLACES = {
  Comma: ",", Period: ".", Slash: "/", Semicolon: ";", Quote: "'", BracketLeft: "[", BracketRight: "]",
  Backquote: "`", Backslash: "\\",
};
const CAPS = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: t("Esc"), PageUp: t("Page up"),
  PageDown: t("Page down"), Ctrl: t("Ctrl"), Alt: t("Alt"), Shift: t("Shift"), Space: t("Space"), Enter: t("Enter"),
  Backspace: t("Backspace"), Delete: t("Delete"), Tab: t("Tab"),
};
const MODIFIERS = ["Ctrl", "Alt", "Shift"];
const ONLY_MODIFIERS = ["Control", "Alt", "AltGraph", "Shift", "Meta", "CapsLock", "Dead", "Process", "Unidentified"];

/** @returns {boolean} whether an event is this chord */
export function isChord(event, chord, isPlace = false) {
  const wanted = partsOf(chord);
  const name = wanted.pop();
  return (
    nameOf(event, isPlace) === name &&
    (event.ctrlKey || event.metaKey) === wanted.includes("Ctrl") &&
    event.altKey === wanted.includes("Alt") &&
    (isShiftFree(name, isPlace) || event.shiftKey === wanted.includes("Shift"))
  );
}

/** @returns {string|null} the chord that was pressed; null while only modifiers are down */
export function chordOf(event, isPlace = false) {
  if (ONLY_MODIFIERS.includes(event.key)) return null;
  const name = nameOf(event, isPlace);
  const held = [event.ctrlKey || event.metaKey, event.altKey, event.shiftKey && !isShiftFree(name, isPlace)];
  return [...MODIFIERS.filter((_, at) => held[at]), name].join("+");
}

/** True for text that chordOf could have made. */
export function isChordText(text) {
  if (typeof text !== "string" || text.length > 40) return false;
  const modifiers = partsOf(text);
  const name = modifiers.pop();
  const ordered = MODIFIERS.filter((each) => modifiers.includes(each));
  const isKey = /^(.|[A-Z][A-Za-z0-9]+)$/u.test(name ?? "") && !MODIFIERS.includes(name);
  return isKey && ordered.join("+") === modifiers.join("+");
}

/** Chord in the words of a key cap. */
export function capOf(chord) {
  return partsOf(chord).map((part) => CAPS[part] ?? part).join(" + ");
}

/** The same where there is little room: on a button. */
export function shortCapOf(chord) {
  const short = { Shift: "⇧", Backspace: "⌫", Delete: "⌦", Space: "␣" };
  const parts = partsOf(chord).map((part) => short[part] ?? CAPS[part] ?? part);
  return parts.join(" ").replace("⇧ ", "⇧");
}

/** Chord as aria-keyshortcuts wants it. */
export function ariaOf(chord) {
  return partsOf(chord).map((part) => (part === "Ctrl" ? "Control" : part === "+" ? "Plus" : part)).join("+");
}

/** "Ctrl++" is Ctrl and "+". */
export function partsOf(chord) {
  return chord.split(/\+(?=.)/).filter(Boolean);
}

/** A typed symbol: "?" needs Shift on some layouts and not on others. */
function isShiftFree(name, isPlace) {
  return !isPlace && !/^[A-Za-z0-9]+$/.test(name);
}

function nameOf({ key, code = "" }, isPlace) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit && !/^Arrow|Home|End|Page|Insert|Delete|Clear/.test(key)) return digit[1];
  const letter = /^Key([A-Z])$/.exec(code);
  if (isPlace && letter) return letter[1];
  if (isPlace && PLACES[code]) return PLACES[code];
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  if (letter && key.length === 1 && key > "~") return letter[1]; // Cyrillic, or what Alt types on a Mac
  return key === " " ? "Space" : key;
}
