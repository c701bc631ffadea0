/** Brightness, contrast and the local-contrast view: how the picture is shown, never what is stored. Pure. */
import { t } from "../language.js";

export const PLAIN = Object.freeze({ brightness: 1, contrast: 1, isLocal: false });
const RANGE = [0.2, 5];
const STEP = 1.15;

/** One step brighter or darker, with more or less contrast. @param {"brightness"|"contrast"} what */
export function stepped(light, what, steps) {
  const [least, most] = RANGE;
  return { ...light, [what]: Math.min(Math.max(light[what] * STEP ** steps, least), most) };
}

/** In the words of CSS; empty where nothing is changed. */
export function filterOf({ brightness, contrast }) {
  if (isOne(brightness) && isOne(contrast)) return "";
  return `brightness(${brightness.toFixed(3)}) contrast(${contrast.toFixed(3)})`;
}

export function lightWords({ brightness, contrast, isLocal }, resetKey) {
  if (isOne(brightness) && isOne(contrast) && !isLocal) return t("The picture is shown as it is.");
  const percent = (value) => `${Math.round(value * 100)} %`;
  const values = { brightness: percent(brightness), contrast: percent(contrast), key: resetKey };
  return isLocal
    ? t("Brightness {brightness}, contrast {contrast}, local contrast. {key} resets.", values)
    : t("Brightness {brightness}, contrast {contrast}. {key} resets.", values);
}

/** Up and down again by equal steps is where it began, but for rounding. */
function isOne(value) {
  return Math.abs(value - 1) < 1e-6;
}
