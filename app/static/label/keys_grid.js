/** What the keymap has for the grid alone; the rows that it shares with the labelling page are in keys.js. */
import { arrows, digits, many, row } from "./rows.js";
import { t } from "../language.js";

export function gridRows() {
  return [
    many("gridMove", "grid", t("Move the frame"), t("Arrows"), arrows("", 1), { command: "move", repeats: true }),
    many("gridRange", "grid", t("Move the frame and select on the way"), t("Shift + arrows"), arrows("Shift+", 1), { command: "moveRange", repeats: true }),
    row("gridToggle", "grid", t("Select or deselect the framed image"), ["Space"], { command: "toggle" }),
    row("gridAll", "grid", t("Select all"), ["Ctrl+A"], { command: "selectAll" }),
    row("gridClear", "grid", t("Select none"), ["Escape"], { command: "clear" }),
    many("gridAnswer", "grid", t("Answer for the selected images, or for the framed one"), "1 – 9", digits(1), { command: "choose" }),
    row("gridUnsure", "grid", t("Cannot tell: stored as an answer"), ["U", "0"], { command: "cannotTell" }),
    row("gridLeaveOut", "grid", t("Leave out: asked again later"), ["Delete"], { command: "leaveOut" }),
    row("gridBack", "grid", t("See the page before again and change it"), ["Backspace"], { command: "back" }),
  ];
}

/** Gestures of the grid, for its help only. */
export const GRID_GESTURES = [
  [t("Click or tap"), t("Select or deselect an image")],
  [t("Shift + click"), t("Select everything in between")],
];
