/**
 * Which keys hold: a preset and, on top of it, the annotator's own. Pure.
 *
 * @typedef {Record<string, string[][]>} Changes  row id -> chords of each of its bindings
 * @typedef {{preset: string, changes: Record<string, Changes>, rows: object[]}} Keys
 *   changes: by preset, so that trying another preset loses nothing; rows: the keymap as it holds
 */
import { ariaOf, capOf, isChordText, shortCapOf } from "./chords.js";
import { KEYMAP, SCOPES, isIn } from "./keys.js";
import { PRESETS } from "./presets.js";
import { t } from "../language.js";

export const VERSION = 1;

/** @returns {Keys} */
export function bindKeys(preset = "default", changes = {}) {
  const own = { ...PRESETS[preset].changes, ...changes[preset] };
  return { preset, changes, rows: KEYMAP.map((entry) => (Object.hasOwn(own, entry.id) ? withChords(entry, own[entry.id]) : entry)) };
}

/** Other bindings that a chord would collide with if this row had it. @returns {{row: object, at: number}[]} */
export function findConflicts(rows, id, chord) {
  const mine = rows.find((entry) => entry.id === id);
  return rows.flatMap((entry) =>
    entry.id === id || !isOverlapping(entry, mine)
      ? []
      : entry.bindings.flatMap(({ chords }, at) => (chords.includes(chord) ? [{ row: entry, at }] : [])),
  );
}

/** Put `chord` (null: nothing) in the place of `old` (null: in addition) at one binding of a row. @returns {Keys} */
export function rebind(keys, id, at, old, chord) {
  const bindings = rowOf(keys.rows, id).bindings.map(({ chords }) => chords.filter((each) => each !== chord || each === old));
  const before = bindings[at];
  const kept = chord === null ? [] : [chord];
  bindings[at] = old === null ? [...before, ...kept] : before.flatMap((each) => (each === old ? kept : [each]));
  return withChanges(keys, { ...keys.changes[keys.preset], [id]: bindings });
}

/** The same, and whoever had the chord gets the old one, or loses it where there is none to give. @returns {Keys} */
export function swap(keys, id, at, old, chord) {
  let changed = keys;
  for (const other of findConflicts(keys.rows, id, chord)) {
    const isFree = old !== null && findConflicts(rebind(changed, id, at, old, chord).rows, other.row.id, old).length === 0;
    changed = rebind(changed, other.row.id, other.at, chord, isFree ? old : null);
  }
  return rebind(changed, id, at, old, chord);
}

/** One row as the preset has it, unless another row has its chord by now. @returns {{keys: Keys, conflicts: object[]}} */
export function restore(keys, id) {
  const { [id]: _, ...others } = keys.changes[keys.preset] ?? {};
  const restored = withChanges(keys, others);
  const conflicts = rowOf(restored.rows, id).bindings.flatMap(({ chords }) => chords)
    .flatMap((chord) => findConflicts(restored.rows, id, chord).map(({ row }) => ({ row, chord })));
  return { keys: conflicts.length > 0 ? keys : restored, conflicts };
}

export const restoreAll = (keys) => withChanges(keys, {});
export const choosePreset = (keys, preset) => bindKeys(preset, keys.changes);
export const isChanged = (keys, id) => Object.hasOwn(keys.changes[keys.preset] ?? {}, id);

export function textOf({ preset, changes }) {
  return JSON.stringify({ version: VERSION, preset, changes }, null, 2);
}

/**
 * @returns {Keys}
 * @throws {Error} whose message says in words what is wrong with the text
 */
export function keysOf(text) {
  const { version, preset, changes } = parsed(text);
  if (version !== VERSION) throw new Error(t("Version {version} of the keys is not understood here.", { version: version ?? "?" }));
  if (typeof preset !== "string" || !Object.hasOwn(PRESETS, preset)) throw new Error(t("There is no preset “{preset}”.", { preset }));
  if (!isRecord(changes)) throw new Error(t("The changes are missing."));
  for (const [name, each] of Object.entries(changes)) checkChanges(name, each);
  return bindKeys(preset, changes);
}

/** @returns {string[]} the chords of a row, or of one of its bindings */
export function chordsOf(rows, id, at = null) {
  const { bindings } = rowOf(rows, id);
  return at === null ? bindings.flatMap(({ chords }) => chords) : (bindings[at]?.chords ?? []);
}

/** For a sentence: the first key of a row. Where none is left, the palette has the command. */
export function keyWords(rows, id) {
  const [first] = chordsOf(rows, id);
  return first === undefined ? t("“{name}”", { name: rowOf(rows, id).text }) : capOf(first);
}

/** For a button; `at`: of this binding alone. @returns {{short: string, words: string, aria: string}} empty where no key is left */
export function capsOf(rows, id, at = null) {
  const chords = chordsOf(rows, id, at);
  const [first] = chords;
  if (first === undefined) return { short: "", words: "", aria: "" };
  return { short: shortCapOf(first), words: capOf(first), aria: chords.map(ariaOf).join(" ") };
}

/** For the help: what stands in the table for many keys, or each chord. @returns {string[]} */
export function helpCaps(entry) {
  const plain = KEYMAP.find(({ id }) => id === entry.id);
  const isPlain = entry.bindings.every(({ chords }, at) => chords.join() === plain.bindings[at].chords.join());
  return entry.shows && isPlain ? [entry.shows] : entry.bindings.flatMap(({ chords }) => chords).map(capOf);
}

function rowOf(rows, id) {
  const found = rows.find((entry) => entry.id === id);
  if (!found) throw new Error(`The keymap has no row "${id}".`);
  return found;
}

function withChords(entry, chords) {
  return { ...entry, bindings: entry.bindings.map((binding, at) => ({ ...binding, chords: chords[at] })) };
}

function withChanges({ preset, changes }, own) {
  return bindKeys(preset, { ...changes, [preset]: own });
}

function isOverlapping(one, other) {
  return SCOPES.some((scope) => isIn(one, scope) && isIn(other, scope));
}

function checkChanges(preset, changes) {
  if (!Object.hasOwn(PRESETS, preset) || !isRecord(changes)) throw new Error(t("There is no preset “{preset}”.", { preset }));
  for (const [id, bindings] of Object.entries(changes)) {
    const entry = KEYMAP.find((each) => each.id === id);
    if (!entry) throw new Error(t("There is no command “{command}”.", { command: id }));
    const isWhole = Array.isArray(bindings) && bindings.length === entry.bindings.length;
    if (!isWhole || !bindings.every((chords) => Array.isArray(chords) && chords.every(isChordText))) {
      throw new Error(t("The keys of “{command}” are damaged.", { command: entry.text }));
    }
  }
  const { rows } = bindKeys(preset, { [preset]: changes });
  for (const entry of rows) {
    for (const chord of entry.bindings.flatMap(({ chords }) => chords)) {
      const [clash] = findConflicts(rows, entry.id, chord);
      if (clash) throw new Error(t("{key} has two meanings: “{first}” and “{second}”.", { key: capOf(chord), first: entry.text, second: clash.row.text }));
    }
  }
}

function parsed(text) {
  try {
    const found = JSON.parse(text);
    if (isRecord(found)) return found;
  } catch {
    // said below, in words of our own
  }
  throw new Error(t("This is not a file of keys."));
}

function isRecord(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
