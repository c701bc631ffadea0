/** What keys and pointer mean in the grid. Fields keep their keys, focused buttons keep Enter and Space. */
import { isPressing, isTyping } from "../label/keys.js";
import { own } from "../label/own.js";

/** Where the digits of the labelling page's modes lie: with Alt, some keyboards type something else there. */
const MODES = { Digit1: "landmarks", Digit2: "attributes", Digit4: "auto" };

/** @returns {{command: string, arg?: any}|null} */
export function commandOf(event, { classes, columns }) {
  const { key, shiftKey: isRange } = event;
  if (event.ctrlKey || event.metaKey) {
    const held = { a: "selectAll", z: isRange ? "redo" : "undo", y: "redo" };
    const command = event.altKey ? null : (own(held, key.toLowerCase()) ?? null);
    return command && { command, arg: { isHeld: event.repeat } };
  }
  if (event.altKey) return Object.hasOwn(MODES, event.code) ? { command: "leave", arg: MODES[event.code] } : null;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (Object.hasOwn(steps, key)) return { command: "move", arg: { by: steps[key], isRange } };
  if (/^[1-9]$/.test(key)) return Number(key) <= classes.length ? { command: "answer", arg: classes[Number(key) - 1] } : null;
  if (key === "0" || key === "u" || key === "U") return { command: "answer", arg: null };
  const simple = { " ": "toggle", Enter: "confirm", Escape: "clear", Backspace: "back", Delete: "leaveOut", "?": "help" };
  return Object.hasOwn(simple, key) ? { command: simple[key] } : null;
}

/** @param {Record<string, (arg?: any) => void>} commands */
export function bindInput({ list, classes, columns, commands, onInput }) {
  document.addEventListener("keydown", (event) => {
    onInput();
    if (isTyping(event) || isPressing(event) || document.querySelector("dialog[open]")) return;
    const found = commandOf(event, { classes, columns: columns() });
    if (!found) return;
    event.preventDefault();
    commands[found.command](found.arg);
  });
  document.addEventListener("pointermove", onInput);
  list.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-index]");
    if (!tile) return;
    onInput();
    if (event.shiftKey) commands.range(Number(tile.dataset.index));
    else commands.toggle(Number(tile.dataset.index));
  });
}
