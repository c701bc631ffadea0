/** What keys and pointer mean in the grid. Fields keep their keys, focused buttons keep Enter and Space. */
import { findBinding, isPressing, isTyping } from "../label/keys.js";

/** @param {Record<string, (arg?: any, event?: Event) => void>} commands */
export function bindInput({ list, store, commands, onInput }) {
  document.addEventListener("keydown", (event) => {
    onInput();
    if (isTyping(event) || isPressing(event) || document.querySelector("dialog[open]")) return;
    if (event.key === "Tab" && ![list, document.body].includes(event.target)) return; // Tab walks the buttons as usual
    const found = findBinding(event, "grid", store.state.keys.rows);
    if (!found) return;
    event.preventDefault();
    commands[found.command]?.(found.arg, event);
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
