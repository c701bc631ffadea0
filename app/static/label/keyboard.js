/** Binds the keymap to the page. Fields keep their keys, focused buttons keep Enter and Space. */
import { isChord } from "./chords.js";
import { findBinding, isPressing, isTyping } from "./keys.js";
import { classLetters } from "./letters.js";
import { findAttribute } from "./state.js";

/** @returns {() => void} unbinds */
export function bindKeyboard({ page, stage, store, commands, onInput }) {
  const held = new Map(); // code of a key that is down -> the command that it gave
  function onKeyDown(event) {
    onInput();
    if (isTyping(event) || isPressing(event)) return;
    if (event.key === "Tab" && !isOnStage(event.target, page, stage)) return; // Tab walks the buttons as usual
    if (document.querySelector("dialog[open]")) return; // it closes itself on Escape
    const binding = findCommand(event, store.state);
    if (!binding) return;
    if (binding.command === "copyShape" && !window.getSelection().isCollapsed) return; // selected words are meant
    // a typed digit lands in the field that the command focuses
    if (binding.command !== "typeNumber") event.preventDefault();
    if (binding.command !== "ignore") held.set(event.code, binding.command);
    commands[binding.command]?.(binding.arg, event);
  }
  function onKeyUp(event) {
    if (event.key === "Alt") event.preventDefault(); // after Alt + drag some browsers would open their menu
    const command = held.get(event.code);
    held.delete(event.code);
    if (command === "panReady") commands.panDone();
    if (command === "hide") commands.peekDone();
  }
  function onBlur() {
    held.clear();
    commands.panDone();
  }
  page.addEventListener("keydown", onKeyDown);
  page.addEventListener("keyup", onKeyUp);
  window.addEventListener("blur", onBlur);
  return () => {
    page.removeEventListener("keydown", onKeyDown);
    page.removeEventListener("keyup", onKeyUp);
    window.removeEventListener("blur", onBlur);
  };
}

/** A key's command: the letter of a class button comes first, see letters.js. */
export function findCommand(event, state) {
  const scope = scopeOf(state);
  const { rows } = state.keys;
  const binding = findBinding(event, scope, rows);
  if (scope !== "classes" && scope !== "binary") return binding;
  const { classes } = findAttribute(state.schema, state.shown.ask.kind);
  const at = classLetters(classes, rows, scope).findIndex((letter) => letter !== null && isChord(event, letter));
  if (at < 0) return binding;
  return event.repeat ? { command: "ignore", arg: null } : { command: "answer", arg: classes[at] };
}

/** The part of the keymap that holds now. */
export function scopeOf({ shown, schema, phase }) {
  if (phase !== "showing") return "none";
  if (shown.ask.kind === "landmarks") return "landmarks";
  const { kind, classes } = findAttribute(schema, shown.ask.kind);
  if (kind === "scale") return "scale";
  return classes.length === 2 ? "binary" : "classes";
}

function isOnStage(target, page, stage) {
  return target === stage || target === page.body;
}
