/** How the rows of the keymap are written, see keys.js. */
import { t } from "../language.js";

export const digits = (from, prefix = "") =>
  Array.from({ length: 10 - from }, (_, n) => ({ chords: [`${prefix}${n + from}`], arg: n + from, says: String(n + from) }));

export const arrows = (prefix, px) =>
  [["Left", -px, 0, t("left")], ["Right", px, 0, t("right")], ["Up", 0, -px, t("up")], ["Down", 0, px, t("down")]].map(([name, dx, dy, says]) => ({
    chords: [`${prefix}Arrow${name}`], arg: { dx, dy }, says,
  }));

/** `inGrid`: what a row of both pages says in the grid, where it differs. */
export function row(id, where, text, chords, { command = id, arg = null, repeats = false, isPlace = false, inGrid = null } = {}) {
  return { id, where, text, inGrid, command, repeats, isPlace, shows: null, bindings: [{ chords, arg, says: null }] };
}

/** A row of many keys, shown as `shows` while they are as here. */
export function many(id, where, text, shows, bindings, { command = id, repeats = false } = {}) {
  return { id, where, text, inGrid: null, command, repeats, isPlace: false, shows, bindings };
}

/** What a row does, said where it is read. */
export function textIn({ text, inGrid }, scope) {
  return scope === "grid" ? inGrid ?? text : text;
}
