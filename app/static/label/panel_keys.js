/** The page of own keys: presets, every row of the keymap with its keys, conflicts, export and import. */
import * as bound from "./bound.js";
import { byId, make, setAttribute, setHidden, setOpen, setText } from "./dom.js";
import { capOf } from "./chords.js";
import { listenForChord } from "./record_chord.js";
import { SECTIONS } from "./panel_dialogs.js";
import { PRESETS } from "./presets.js";
import { t } from "../language.js";

/** @returns {(state: object) => void} draw */
export function bindKeysDialog({ store }) {
  const dialog = byId("keys");
  const preset = byId("keys-preset");
  preset.replaceChildren(...Object.entries(PRESETS).map(([value, { title }]) => make("option", { value, text: title })));
  let drawn = null;

  const keys = () => store.state.keys;
  const say = (words, tone = "quiet") => {
    setText(byId("keys-words"), words);
    setAttribute(byId("keys-words"), "data-tone", tone);
  };
  function change(changed, words) {
    closeConflict();
    store.dispatch({ type: "keys_changed", keys: changed });
    say(words);
  }

  /** A pressed chord for one place in the table: taken, or offered where another row has it. */
  function take(slot, chord) {
    const { entry, at, old } = slot;
    const conflicts = bound.findConflicts(keys().rows, entry.id, chord);
    if (conflicts.length === 0) {
      return change(bound.rebind(keys(), entry.id, at, old, chord), `${capOf(chord)}: ${entry.text}.`);
    }
    const others = conflicts.map(({ row }) => t("“{name}”", { name: row.text })).join(t(" and "));
    setText(byId("keys-conflict-words"), t("{key} means {others} already.", { key: capOf(chord), others }));
    setText(byId("keys-swap"), old === null ? t("Give {key} to “{command}”", { key: capOf(chord), command: entry.text }) : t("Swap {key} and {other}", { key: capOf(chord), other: capOf(old) }));
    byId("keys-swap").onclick = () => change(bound.swap(keys(), entry.id, at, old, chord), t("{key}: {command}. {others} changed with it.", { key: capOf(chord), command: entry.text, others }));
    say("");
    setHidden(byId("keys-conflict"), false);
    return byId("keys-swap").focus();
  }
  function closeConflict() {
    setHidden(byId("keys-conflict"), true);
  }

  function remove({ entry, at, old }) {
    change(bound.rebind(keys(), entry.id, at, old, null), t("{key} is free. The palette still finds “{command}”.", { key: capOf(old), command: entry.text }));
  }

  function restoreRow(entry) {
    const { keys: restored, conflicts } = bound.restore(keys(), entry.id);
    if (conflicts.length === 0) return change(restored, t("“{command}” is as in the preset.", { command: entry.text }));
    const taken = conflicts.map(({ chord, row }) => t("{key} means “{command}”", { key: capOf(chord), command: row.text })).join(", ");
    return say(t("Not restored: {taken}. Restore that one first, or all.", { taken }), "bad");
  }

  const verbs = { take, remove, restoreRow, say };
  preset.addEventListener("change", () => change(bound.choosePreset(keys(), preset.value), t("Keys of {preset}.", { preset: PRESETS[preset.value].title })));
  byId("keys-restore").addEventListener("click", () => change(bound.restoreAll(keys()), t("All keys are as in the preset.")));
  byId("keys-keep").addEventListener("click", closeConflict);
  byId("keys-export").addEventListener("click", () => exportKeys(keys()));
  byId("keys-import").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    try {
      change(bound.keysOf(await file.text()), t("The keys of {file} hold.", { file: file.name }));
    } catch (error) {
      say(t("{file} is not taken: {reason}", { file: file.name, reason: error.message }), "bad");
    }
    target.value = ""; // the same file may be chosen again
  });
  dialog.addEventListener("close", () => store.dispatch({ type: "keys_toggled", isOpen: false }));

  return function draw({ isKeysOpen, keys: now }) {
    setOpen(dialog, isKeysOpen);
    if (!isKeysOpen || now === drawn) return;
    drawn = now;
    preset.value = now.preset;
    drawRows(now, verbs);
  };
}

/** The rows are made anew; the focus stays where it was. */
function drawRows(keys, verbs) {
  const focused = document.activeElement?.closest?.("[data-slot]")?.dataset.slot;
  const sections = SECTIONS.map(([title, where]) => {
    const rows = keys.rows.filter((entry) => where.includes(entry.where));
    return make("section", {}, make("h3", { text: title }), make("ul", {}, ...rows.map((entry) => rowOf(entry, keys, verbs))));
  });
  byId("keys-rows").replaceChildren(...sections);
  if (focused) document.querySelector(`[data-slot="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function rowOf(entry, keys, verbs) {
  const slots = entry.bindings.flatMap(({ chords, says }, at) =>
    [...chords, ...(entry.bindings.length > 1 && chords.length > 0 ? [] : [null])].map((old) => keyButton({ entry, at, old, says }, verbs)),
  );
  const buttons = make("span", { class: "keys-slots" }, ...slots);
  if (bound.isChanged(keys, entry.id)) {
    const name = t("Restore: {command}", { command: entry.text });
    buttons.append(make("button", { type: "button", class: "keys-key", "aria-label": name, title: t("As in the preset"), text: "↺", on: { click: () => verbs.restoreRow(entry) } }));
  }
  const text = make("span", { text: entry.text });
  if (entry.isPlace) text.append(make("span", { class: "quiet", text: t(" (by place)") }));
  return make("li", { class: "keys-row", "data-row": entry.id }, text, buttons);
}

/** Enter or a click: press the new key. Delete: take it away. */
function keyButton(slot, { take, remove, say }) {
  const { entry, at, old, says } = slot;
  const what = says === null ? entry.text : `${entry.text}: ${says}`;
  const label = old === null ? t("Add a key: {command}", { command: what }) : `${capOf(old)}: ${what}`;
  const button = make("button", {
    type: "button", class: "keys-key", text: old === null ? "+" : capOf(old), "aria-label": label,
    "aria-describedby": "keys-how", "data-slot": `${entry.id}.${at}.${old ?? ""}`,
  });
  button.addEventListener("click", () => {
    say(t("Press the key for “{command}”. Esc keeps it as it is.", { command: what }));
    listenForChord(button, entry.isPlace, {
      onChord: (chord) => take(slot, chord),
      onRefused: (chord) => say(t("The browser keeps {key} for itself.", { key: capOf(chord) }), "bad"),
      onCancel: () => say(""),
    });
  });
  button.addEventListener("keydown", (event) => {
    if (event.key === "Delete" && old !== null) remove(slot);
  });
  return button;
}

function exportKeys(keys) {
  const address = URL.createObjectURL(new Blob([bound.textOf(keys)], { type: "application/json" }));
  make("a", { href: address, download: "equimark-keys.json" }).click();
  URL.revokeObjectURL(address);
}
