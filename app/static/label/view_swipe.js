/** Says over the image what lifting the finger would answer. */
import { setAttribute, setHidden, setText } from "./dom.js";
import { findAttribute } from "./state.js";
import { readable } from "./words.js";
import { t } from "../language.js";

/** @returns {(state: object) => void} draw */
export function bindSwipeHint(hint) {
  return function draw({ swipe, shown, phase, schema }) {
    const isShown = swipe !== null && phase === "showing";
    setHidden(hint, !isShown);
    if (!isShown) return;
    const { classes } = findAttribute(schema, shown.ask.kind);
    const words = { yes: `${readable(classes[0])} →`, no: `← ${readable(classes[1])}`, skip: `↑ ${t("Skip")}` };
    setText(hint, words[swipe.choice]);
    setAttribute(hint, "data-choice", swipe.choice);
    setAttribute(hint, "data-armed", String(swipe.isArmed));
  };
}
