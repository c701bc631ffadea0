/** Draws the page of tiles, its buttons and the states in which there is none. */
import { byId, keyCap, make, setAttribute, setHidden, setText } from "../label/dom.js";
import { readable, savingDetail, savingWords } from "../label/words.js";
import { tilesToSend } from "./state.js";
import { t, tn } from "../language.js";

/** An element does not say whether the connection or the file is bad, so every failure is tried again. */
const TRY_AGAIN_AFTER_MS = [1000, 3000];
const MESSAGES = {
  loading: [t("Loading images"), ""],
  empty: [t("Nothing to ask right now"), t("Everything is answered or in other hands. The page asks again by itself when that changes.")],
  refused: [t("The server does not give out images"), ""],
};

/** @returns {(state: object) => void} draw */
export function createView({ onBroken, lastSaved }) {
  const root = byId("grid");
  const list = byId("tiles");
  const draws = [drawHead, drawMessage, drawButtons, bindNotice(), (state) => drawSaving(state, lastSaved)];
  let drawnPage = null;
  let drawnFocus = null;

  return function draw(state) {
    setAttribute(root, "data-phase", state.phase);
    setAttribute(root, "data-seen", state.isSeen);
    setAttribute(root, "data-page", state.page);
    if (state.page !== drawnPage || list.childElementCount !== state.tiles.length) {
      list.replaceChildren(...state.tiles.map((tile, index) => tileElement(tile, index, onBroken)));
      drawnPage = state.page;
    }
    for (const [index, tile] of state.tiles.entries()) updateTile(list.children[index], tile, index, state);
    if (state.focus !== drawnFocus) list.children[state.focus]?.scrollIntoView({ block: "nearest" });
    drawnFocus = state.focus;
    setAttribute(list, "aria-activedescendant", state.tiles.length > 0 ? `tile-${state.focus}` : null);
    for (const drawPart of draws) drawPart(state);
  };
}

/** How many tiles stand in a line now: what the arrows up and down need. */
export function columnsOf(list) {
  const [first, ...others] = [...list.children];
  if (!first) return 1;
  const inLine = others.findIndex((tile) => tile.offsetTop > first.offsetTop);
  return inLine < 0 ? list.childElementCount : inLine + 1;
}

/** Buttons for the answers, which drawCap gives their keys. @returns {HTMLElement[]} */
export function answerButtons(classes, act) {
  return classes.map((name, index) => {
    const [cap, key] = index < 9 ? [[keyCap()], { "data-key": `gridAnswer.${index}` }] : [[], {}];
    return make("button", { type: "button", class: "button", dir: "auto", ...key, on: { click: () => act(name) } }, readable(name), ...cap);
  });
}

function tileElement({ ask: { image, lease_id: leaseId } }, index, onBroken) {
  const picture = make("img", { src: image.thumb_url, alt: "", draggable: "false", decoding: "async" });
  let failures = 0;
  picture.addEventListener("error", () => {
    const wait = TRY_AGAIN_AFTER_MS[failures];
    failures += 1;
    if (wait === undefined) onBroken(leaseId);
    else setTimeout(() => { picture.src = image.thumb_url; }, wait);
  });
  return make(
    "div",
    { class: "grid-tile", id: `tile-${index}`, role: "option", "data-index": index, "data-image-id": image.id },
    make("span", { class: "thumb" }, picture),
    make("span", { class: "tile-answer", dir: "auto" }),
    make("span", { class: "tile-said", dir: "auto" }),
  );
}

function updateTile(node, tile, index, { selected, focus }) {
  const { answer, said, isBroken, ask } = tile;
  const words = answerWords(answer);
  setAttribute(node, "aria-selected", String(selected.includes(index)));
  setAttribute(node, "data-focus", index === focus);
  setAttribute(node, "data-answer", answer === undefined ? "none" : answer === null ? "unsure" : "class");
  setAttribute(node, "data-predicted", said !== null);
  setAttribute(node, "data-differs", said !== null && answer !== undefined && answer !== said.value);
  setText(node.children[1], isBroken ? t("{words} (does not open)", { words }) : words);
  setText(node.children[2], said ? `${readable(said.value)} ${Math.round(100 * said.share)} %` : t("not predicted"));
  setAttribute(node, "aria-label", `${ask.image.name}: ${words}. ${said ? t("The network says {value}.", { value: readable(said.value) }) : ""}`);
}

export function answerWords(answer) {
  if (answer === undefined) return t("no answer");
  return answer === null ? t("cannot tell") : readable(answer);
}

function drawHead({ tiles, phase, isEarlier }) {
  const counts = new Map();
  for (const { answer } of tiles) counts.set(answerWords(answer), (counts.get(answerWords(answer)) ?? 0) + 1);
  const words = [...counts].sort(([, a], [, b]) => b - a).map(([answer, count]) => `${count} ${answer}`);
  setText(byId("page-words"), phase === "showing" ? isEarlier ? t("Again: {words}", { words: words.join(", ") }) : words.join(", ") : "");
}

function drawMessage({ phase, problem }) {
  const node = byId("message");
  setHidden(node, phase === "showing");
  if (phase === "showing") return;
  const [title, text] = MESSAGES[phase];
  setText(byId("message-title"), title);
  setText(byId("message-text"), problem ?? text);
}

function drawButtons({ phase, tiles, selected, canGoBack, isEarlier }) {
  for (const button of byId("answers").querySelectorAll("button")) button.disabled = phase !== "showing";
  setText(byId("selection-words"), selected.length > 0 ? tn("{count} selected", "{count} selected", selected.length) : t("None selected: an answer goes to the framed one"));
  const count = tilesToSend(tiles).length;
  const confirm = byId("confirm");
  confirm.disabled = phase !== "showing";
  setText(byId("confirm-words"), isEarlier && count === 0 ? t("Go on") : tn("Confirm {count} answer", "Confirm {count} answers", count));
  byId("back").disabled = !canGoBack;
}

function bindNotice() {
  let drawn = 0;
  return function drawNotice({ notice }) {
    if (notice.number === drawn) return;
    drawn = notice.number;
    setAttribute(byId("notice"), "data-tone", notice.tone);
    byId("notice").textContent = notice.text; // written even when equal, so that it is read out again
  };
}

function drawSaving({ saving }, lastSaved) {
  const { text, tone } = savingWords(saving);
  const node = byId("saving");
  setText(byId("saving-text"), text);
  setAttribute(node, "data-tone", tone);
  setAttribute(node, "title", savingDetail(saving, lastSaved()));
  setAttribute(node, "data-waiting", saving.waiting);
  setAttribute(node, "data-attention", saving.attention.length);
}
