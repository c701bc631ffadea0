/** Binds the keymap to the page. Fields keep their keys, focused buttons keep Enter and Space. */
import { findBinding, isPressing, isTyping } from "./keys.js";
import { findAttribute } from "./state.js";

/** @returns {() => void} unbinds */
export function bindKeyboard({ page, stage, store, commands, onInput }) {
  function onKeyDown(event) {
    onInput();
    if (isTyping(event.target) || isPressing(event)) return;
    if (event.key === "Tab" && !isOnStage(event.target, page, stage)) return; // Tab walks the buttons as usual
    if (document.querySelector("dialog[open]")) return; // the dialog closes itself on Escape
    const binding = findBinding(event, scopeOf(store.state));
    if (!binding) return;
    if (binding.command === "copyShape" && !window.getSelection().isCollapsed) return; // selected words are meant
    // a typed digit lands in the field that the command focuses
    if (binding.command !== "typeNumber") event.preventDefault();
    commands[binding.command]?.(binding.arg, event);
  }
  function onKeyUp(event) {
    if (event.key === " ") commands.panDone();
    if (event.key === "Alt") event.preventDefault(); // after Alt + drag some browsers would open their menu
    if (event.key.toLowerCase() === "h") commands.peekDone(event);
  }
  page.addEventListener("keydown", onKeyDown);
  page.addEventListener("keyup", onKeyUp);
  window.addEventListener("blur", commands.panDone);
  return () => {
    page.removeEventListener("keydown", onKeyDown);
    page.removeEventListener("keyup", onKeyUp);
    window.removeEventListener("blur", commands.panDone);
  };
}

/** The part of the keymap that holds now. */
export function scopeOf({ shown, schema, phase }) {
  if (phase !== "showing") return "none";
  if (shown.ask.kind === "landmarks") return "landmarks";
  return findAttribute(schema, shown.ask.kind)?.kind === "scale" ? "scale" : "classes";
}

function isOnStage(target, page, stage) {
  return target === stage || target === page.body;
}
