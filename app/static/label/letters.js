/** Letters of the class buttons: from the class's name, free in the keymap. Pure. */
import { isIn } from "./keys.js";

/** Y, N and their like give way to a class that is called so. */
const YIELDING = ["yes", "no"];

/** @returns {(string|null)[]} a letter for each class, or null where all letters of its name are taken */
export function classLetters(classes, rows, scope) {
  const taken = new Set(
    rows
      .filter((entry) => isIn(entry, scope) && !YIELDING.includes(entry.id))
      .flatMap(({ bindings }) => bindings.flatMap(({ chords }) => chords)),
  );
  return classes.map((name) => {
    const letter = [...name.toUpperCase()].find((each) => /^[A-Z]$/.test(each) && !taken.has(each)) ?? null;
    taken.add(letter);
    return letter;
  });
}
