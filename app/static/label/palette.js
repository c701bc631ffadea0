/** What the command palette offers. Pure. */
import { capOf } from "./chords.js";
import { isIn } from "./keys.js";
import { findAttribute } from "./state.js";
import { readable } from "./words.js";
import { textIn } from "./rows.js";
import { t } from "../language.js";

/** Of no use there: it is open already, needs a key that is held or typed, or is there by another name. */
const LEFT_OUT = ["palette", "panReady", "typeNumber", "escape", "gridMove", "gridRange", "gridBack"]; // which `back` is, too

/** @param {object} state of either page @returns {{label: string, caps: string, command: string, arg: any}[]} all commands that hold in this scope */
export function paletteItems(state, scope) {
  return state.keys.rows
    .filter((entry) => isIn(entry, scope) && !LEFT_OUT.includes(entry.id))
    .flatMap((entry) => itemsOf({ ...entry, text: textIn(entry, scope) }, state));
}

/** Those in whose words every word of the query begins one; a word of the label counts before one of the key. */
export function matching(items, query) {
  const wanted = wordsOf(query);
  const isFound = (words) => wanted.every((each) => words.some((word) => word.startsWith(each)));
  const byLabel = items.filter(({ label }) => isFound(wordsOf(label)));
  const byKey = items.filter((item) => !byLabel.includes(item) && isFound(wordsOf(`${item.label} ${item.caps}`)));
  return [...byLabel, ...byKey];
}

function itemsOf(entry, { attribute, schema, shown }) {
  const item = ({ chords, arg }, says, part = {}) => ({
    label: says === null ? entry.text : `${entry.text}: ${says}`,
    caps: chords.map(capOf).join(t(" or ")),
    command: entry.command,
    arg,
    ...part,
  });
  if (entry.id === "jump") {
    // by name, the eleventh and later ones too
    return schema.landmarks.map((name, at) =>
      item(at < 10 ? entry.bindings[(at + 1) % 10] : { chords: [] }, readable(name), { command: "select", arg: name }),
    );
  }
  if (entry.command === "choose" || entry.command === "chooseStay") {
    const { classes } = attribute ?? findAttribute(schema, shown.ask.kind); // the grid has one question
    return entry.bindings.filter(({ arg }) => arg <= classes.length).map((each) => item(each, readable(classes[each.arg - 1])));
  }
  return entry.bindings.map((binding) => item(binding, binding.says));
}

function wordsOf(text) {
  return text.toLowerCase().split(/[^\p{L}\p{N}?+←→↑↓]+/u).filter(Boolean);
}
