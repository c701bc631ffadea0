/** Draws the keys that hold onto everything that says with data-key which row of the keymap it does. */
import { capsOf } from "./bound.js";
import { setAttribute, setHidden, setText } from "./dom.js";
import { t } from "../language.js";

/**
 * @param {(rows: object[]) => void} sayKeys  says the keys that lead on, for the ear
 * @returns {(state: object) => void} draw
 */
export function bindKeyCaps(page, sayKeys) {
  const nodes = [...page.querySelectorAll("[data-key]")];
  for (const node of nodes) node.dataset.title = node.title; // what it says before the key
  let drawn = null;
  return function draw({ keys }) {
    if (keys === drawn) return;
    drawn = keys;
    for (const node of nodes) drawCap(node, keys.rows);
    sayKeys(keys.rows);
  };
}

/** The stage of the labelling page is called by the keys that lead on from it. */
export function nameStage(stage, rows) {
  const [help, escape] = ["help", "escape"].map((id) => wordsOf(rows, id));
  setAttribute(stage, "aria-label", t("Image. {help}: all keys. {escape}: to the buttons.", { help, escape }));
}

/** The tiles of the grid, likewise. */
export function nameTiles(tiles, rows) {
  setAttribute(tiles, "aria-label", t("Images with their answers. {help}: all keys.", { help: wordsOf(rows, "help") }));
}

function wordsOf(rows, id) {
  return capsOf(rows, id).words || t("the help button");
}

/**
 * data-key: a row's id, or "id.n" for one of its bindings; "a b" is the first that has a key left, "a+b" is a after b
 * pressed quickly. The letters are for the eye, aria-keyshortcuts for the ear.
 */
export function drawCap(node, rows) {
  const found = node.dataset.key.split(" ").map((keys) => capsTogether(keys, rows)).find(({ short }) => short !== "");
  const { short = "", words = "", aria = "" } = found ?? {};
  const cap = node.querySelector("kbd");
  if (cap) setText(cap, short);
  if (cap) setHidden(cap, short === "");
  setAttribute(node, "aria-keyshortcuts", aria || null);
  if (node.dataset.title) setAttribute(node, "title", words ? `${node.dataset.title} (${words})` : node.dataset.title);
}

function capsTogether(keys, rows) {
  const all = keys.split("+").filter(Boolean).map((key) => {
    const [id, at] = key.split(".");
    return capsOf(rows, id, at === undefined ? null : Number(at));
  });
  if (all.length === 1) return all[0];
  const isWhole = all.every(({ short }) => short !== "");
  return { short: isWhole ? all.map(({ short }) => short).join("") : "", words: "", aria: "" };
}
