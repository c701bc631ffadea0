/** Waits for one chord, for the page of own keys. */
import { chordOf } from "./chords.js";

/** No page gets these. */
const BROWSERS_OWN = /^Ctrl\+(Shift\+)?[TNW]$/;

/**
 * The focused button takes the next chord. Escape, a click elsewhere or a lost focus ends the waiting.
 * @param {{onChord: (chord: string) => void, onRefused: (chord: string) => void, onCancel: () => void}} told
 */
export function listenForChord(button, isPlace, { onChord, onRefused, onCancel }) {
  const before = button.textContent;
  button.textContent = "…";
  button.dataset.waiting = "true";
  const dialog = button.closest("dialog");

  function end({ isByEscape = false } = {}) {
    button.removeEventListener("keydown", onKeyDown, { capture: true });
    button.removeEventListener("blur", onBlur);
    button.textContent = before;
    delete button.dataset.waiting;
    // the Escape that ends the waiting must not close the dialog, but the one after any other chord must
    const letClose = () => dialog.removeEventListener("cancel", onDialogCancel);
    if (isByEscape) setTimeout(letClose);
    else letClose();
  }
  function onDialogCancel(event) {
    event.preventDefault();
  }
  function onBlur() {
    end();
    onCancel();
  }
  function onKeyDown(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat) return;
    const chord = chordOf(event, isPlace);
    if (chord === null) return; // only modifiers so far
    end({ isByEscape: chord === "Escape" });
    if (chord === "Escape") onCancel();
    else if (BROWSERS_OWN.test(chord)) onRefused(chord);
    else onChord(chord);
  }
  button.addEventListener("keydown", onKeyDown, { capture: true });
  button.addEventListener("blur", onBlur);
  dialog.addEventListener("cancel", onDialogCancel);
}
