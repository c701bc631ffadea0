/** The help overlay, generated from the keymap, and the answers that the server refused. */
import { byId, make, setHidden, setOpen, setText } from "./dom.js";
import { capOf, GESTURES, KEYMAP } from "./keys.js";
import { readable, savingDetail } from "./words.js";

const SECTIONS = [
  ["Everywhere", ["any", "landmarks classes"]],
  ["Landmarks", ["landmarks"]],
  ["Questions with classes", ["classes"]],
  ["Questions with a number", ["scale"]],
];

/** @returns {(state: object) => void} draw */
export function bindHelp({ store }) {
  const dialog = byId("help");
  const sections = SECTIONS.map(([title, where]) => helpSection(title, rowsOf(where)));
  byId("help-keys").replaceChildren(...sections, helpSection("Mouse and fingers", GESTURES));
  dialog.addEventListener("close", () => store.dispatch({ type: "help_toggled", isOpen: false }));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?") dialog.close();
  });
  return ({ isHelpOpen }) => setOpen(dialog, isHelpOpen);
}

/** @returns {(state: object) => void} draw */
export function bindAttention({ store, lastSaved, onReopen, onDiscard }) {
  const dialog = byId("attention");
  const list = byId("attention-list");
  let drawn = null;
  dialog.addEventListener("close", () => store.dispatch({ type: "attention_toggled", isOpen: false }));
  return function draw({ isAttentionOpen, saving }) {
    const ids = saving.attention.map(({ id }) => id).join();
    const rows = () => saving.attention.map((item) => attentionRow(item, { onReopen, onDiscard }));
    if (ids !== drawn) list.replaceChildren(...rows());
    drawn = ids;
    setText(byId("saving-detail"), savingDetail(saving, lastSaved()));
    setHidden(byId("attention-some"), saving.attention.length === 0);
    setOpen(dialog, isAttentionOpen);
  };
}

function rowsOf(where) {
  return KEYMAP.filter((entry) => where.includes(entry.where)).map(({ shows, bindings, text }) => [
    shows ?? bindings.flatMap(({ chords }) => chords).map(capOf).join("  or  "),
    text,
  ]);
}

function helpSection(title, rows) {
  const lines = rows.map(([keys, text]) =>
    make("div", { class: "help-row" }, make("dt", {}, ...keyCaps(keys)), make("dd", { text })),
  );
  return make("section", {}, make("h3", { text: title }), make("dl", {}, ...lines));
}

function keyCaps(keys) {
  const caps = keys.split("  or  ").map((text) => make("kbd", { text }));
  return caps.flatMap((cap, index) => (index === 0 ? [cap] : [" or ", cap]));
}

function attentionRow(item, { onReopen, onDiscard }) {
  const { image, kind } = item.ask;
  const made = new Date(item.made_at).toLocaleString();
  const open = make("button", { type: "button", class: "button primary", text: "Open again" });
  open.addEventListener("click", () => onReopen(item));
  const discard = make("button", { type: "button", class: "button danger", text: "Discard" });
  discard.addEventListener("click", () => {
    if (discard.dataset.isSure) return onDiscard(item);
    discard.dataset.isSure = "true";
    discard.textContent = "Discard for good";
    return undefined;
  });
  return make(
    "li",
    { class: "card", "data-code": item.problem.code },
    make("p", {}, make("strong", { text: image.name }), ` · ${readable(kind)} · ${made}`),
    make("p", { class: "words", text: item.problem.words }),
    make("p", { class: "quiet", text: `The server's code: ${item.problem.code} (${item.problem.status})` }),
    make(
      "div",
      { class: "row" },
      open,
      discard,
    ),
  );
}
