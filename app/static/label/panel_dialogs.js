/** The help overlay, generated from the keymap, and the answers that the server refused. */
import { byId, make, setHidden, setOpen, setText } from "./dom.js";
import { helpCaps } from "./bound.js";
import { GESTURES, SHARED } from "./keys.js";
import { textIn } from "./rows.js";
import { kindWords, savingDetail } from "./words.js";
import { moment, t } from "../language.js";

/** Headings of the keymap's rows, and the row's `where`. */
export const SECTIONS = [
  [t("Everywhere"), [SHARED, "any", "landmarks classes binary"]],
  [t("Landmarks"), ["landmarks"]],
  [t("Questions"), ["classes binary scale", "classes binary", "binary"]],
  [t("Questions with a number"), ["scale"]],
  [t("Grid"), ["grid"]],
];
const HELP = { sections: SECTIONS.filter(([, where]) => !where.includes("grid")), gestures: GESTURES };

/** @returns {(state: object) => void} draw */
export function bindHelp({ store, commands, shown = HELP }) {
  const dialog = byId("help");
  let drawn = null;
  dialog.addEventListener("close", () => store.dispatch({ type: "help_toggled", isOpen: false }));
  byId("help-keys-button").addEventListener("click", () => {
    dialog.close();
    commands.keys();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?") dialog.close();
  });
  return function draw({ isHelpOpen, keys }) {
    setOpen(dialog, isHelpOpen);
    if (!isHelpOpen || keys === drawn) return;
    const sections = shown.sections.map(([title, where]) => helpSection(title, rowsOf(keys.rows, where, shown.scope)));
    const gestures = helpSection(t("Mouse and fingers"), shown.gestures.map(([how, text]) => [[how], text]));
    const isTouched = matchMedia("(hover: none)").matches; // then fingers come before keys
    byId("help-keys").replaceChildren(...(isTouched ? [gestures, ...sections] : [...sections, gestures]));
    drawn = keys;
  };
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

function rowsOf(rows, where, scope) {
  return rows.filter((entry) => where.includes(entry.where)).map((entry) => [helpCaps(entry), textIn(entry, scope)]);
}

function helpSection(title, rows) {
  const lines = rows.map(([keys, text]) =>
    make("div", { class: "help-row" }, make("dt", {}, ...keyCaps(keys)), make("dd", { text })),
  );
  return make("section", {}, make("h3", { text: title }), make("dl", {}, ...lines));
}

function keyCaps(keys) {
  if (keys.length === 0) return [t("no key")];
  const caps = keys.map((text) => make("kbd", { text }));
  return caps.flatMap((cap, index) => (index === 0 ? [cap] : [t(" or "), cap]));
}

function attentionRow(item, { onReopen, onDiscard }) {
  const { image, kind } = item.ask;
  const made = moment(new Date(item.made_at));
  const open = make("button", { type: "button", class: "button primary", text: t("Open again") });
  open.addEventListener("click", () => onReopen(item));
  const discard = make("button", { type: "button", class: "button danger", text: t("Discard") });
  discard.addEventListener("click", () => {
    if (discard.dataset.isSure) return onDiscard(item);
    discard.dataset.isSure = "true";
    discard.textContent = t("Discard for good");
    return undefined;
  });
  return make(
    "li",
    { class: "card", "data-code": item.problem.code },
    make("p", {}, make("strong", { dir: "auto", text: image.name }), ` · ${item.kind === "note" ? t("note") : kindWords(kind)} · ${made}`),
    make("p", { class: "words", text: item.problem.words }),
    make("p", { class: "quiet", text: t("The server's code: {code} ({status})", item.problem) }),
    make(
      "div",
      { class: "row" },
      open,
      discard,
    ),
  );
}
