/** The list of landmarks beside the image and its buttons. */
import { byId, keyCap, make, setAttribute, setHidden, setText } from "./dom.js";
import { keyWords } from "./bound.js";
import { drawCap } from "./key_caps.js";
import { findGhost, hasGhosts, missingNames } from "./state.js";
import { heatLevel } from "./view_heat.js";
import { own } from "./own.js";
import { readable } from "./words.js";
import { number, t } from "../language.js";

const STATE_WORDS = { visible: t("placed"), hidden: t("hidden"), absent: t("absent"), unset: "" };

/** @returns {(state: object) => void} draw */
export function bindLandmarkPanel({ schema, commands }) {
  const panel = byId("landmark-panel");
  const rows = schema.landmarks.map((name, index) => makeRow(name, index, commands));
  byId("landmark-list").replaceChildren(...rows.map(({ item }) => item));
  const switches = [...panel.querySelectorAll("[data-command=prefer]")];
  let followed = null; // the row that is kept in sight
  let drawnKeys = null;

  return function draw(state) {
    const { shown, phase } = state;
    const isHere = phase === "showing" && shown.ask.kind === "landmarks";
    setHidden(panel, !isHere);
    if (!isHere) return;
    if (state.keys !== drawnKeys) for (const { button } of rows) drawCap(button, state.keys.rows);
    drawnKeys = state.keys;
    for (const row of rows) drawRow(row, shown, state.overlay.heat);
    setAttribute(byId("button-heat"), "aria-pressed", String(state.overlay.heat));
    drawHead(shown, schema, state);
    setAttribute(panel, "data-has-prediction", String(hasGhosts(shown)));
    setAttribute(byId("button-local"), "aria-pressed", String(state.light.isLocal));
    setAttribute(byId("button-whole"), "aria-pressed", String(state.isWholeShape));
    setAttribute(byId("button-prediction"), "aria-pressed", String(hasGhosts(shown)));
    for (const node of switches) setAttribute(node, "aria-pressed", String(state.preferences[node.dataset.arg]));
    follow(rows.find(({ name }) => name === shown.active) ?? null);
  };

  /** After the frame: in its midst the browser would have to lay the page out to know where the row stands. */
  function follow(row) {
    if (row === followed) return;
    followed = row;
    setTimeout(() => row === followed && row?.item.scrollIntoView({ block: "nearest", inline: "center" }));
  }
}

function makeRow(name, index, commands) {
  const hint = make("span", { class: "hint" });
  const doubt = make("span", { class: "doubt" });
  const state = make("span", { class: "state" }, hint, " ", doubt);
  const button = make(
    "button",
    {
      type: "button",
      class: "landmark",
      "data-key": digitsOf(index + 1),
      on: {
        click: () => commands.select(name),
        contextmenu(event) {
          event.preventDefault();
          commands.cycle(name);
        },
      },
    },
    make("span", { class: "glyph", "aria-hidden": "true" }),
    make("span", { class: "name", dir: "auto", text: readable(name) }),
    state,
    keyCap(),
  );
  return { name, item: make("li", {}, button), button, state, hint, doubt };
}

/** The keys that jump to the nth landmark, as drawCap takes them: two for the eleventh. */
function digitsOf(number) {
  if (number > 99) return "";
  return number === 10 ? "jump.0" : [...String(number)].map((digit) => `jump.${digit}`).join("+");
}

function drawRow({ name, button, state: words, hint, doubt }, shown, isHeat) {
  const { points, active, isNextHidden } = shown;
  const isAnswered = Object.hasOwn(points, name);
  const state = isAnswered ? points[name].state : "unset";
  const isActive = name === active;
  const predicted = findGhost(shown, name);
  const ghost = isAnswered ? null : predicted;
  const isDoubted = predicted?.doubt_px > 0;
  setAttribute(button, "data-state", state === "unset" && ghost ? "predicted" : state);
  setAttribute(button, "aria-current", isActive);
  const said = isActive && isNextHidden ? t("will be hidden") : STATE_WORDS[state];
  setText(hint, said);
  setText(doubt, isDoubted && (isHeat || !said) ? `± ${number(predicted.doubt_px, 1)} px` : "");
  setAttribute(words, "data-heat", isHeat && isDoubted ? heatLevel(predicted.doubt_px, shown.ask.image) : null);
}

function drawHead(shown, schema, { overlay, keys }) {
  const { points, active, isNextHidden, past, future } = shown;
  const missing = missingNames({ schema, shown });
  const left = missing.length;
  setText(byId("landmark-now"), active === null ? t("All placed") : readable(active));
  const words = left === 0 ? t("{key} submits", { key: keyWords(keys.rows, "submit") }) : t("{left} of {all} left", { left, all: schema.landmarks.length });
  setText(byId("landmark-left"), overlay.isHidden ? t("Points are out of sight: {key}", { key: keyWords(keys.rows, "hide") }) : words);
  const state = own(points, active)?.state;
  setAttribute(byId("button-hidden"), "aria-pressed", String(isNextHidden || state === "hidden"));
  setAttribute(byId("button-absent"), "aria-pressed", String(state === "absent"));
  byId("button-hidden").disabled = active === null;
  byId("button-absent").disabled = active === null;
  byId("button-unset").disabled = active === null || !Object.hasOwn(points, active);
  byId("button-undo").disabled = past.length === 0;
  byId("button-redo").disabled = future.length === 0;
  byId("button-accept").disabled = !findGhost(shown, active);
  byId("button-accept-all").disabled = left === 0 || !hasGhosts(shown);
  const isWhole = missing.every((name) => findGhost(shown, name));
  setText(byId("accept-all-words"), isWhole ? t("Accept all, submit") : t("Accept all"));
  setAttribute(byId("button-submit"), "data-ready", left === 0);
}
