/** Skipping with a reason: one of a few, or in words of one's own. */
import { byId, setOpen, setText } from "./dom.js";

/**
 * @param {() => boolean} parts.isTouch  typing would bring up a keyboard over half of the page
 * @returns {(state: object) => void} draw
 */
export function bindSkip({ store, session, isTouch }) {
  const dialog = byId("skip");
  const text = byId("skip-text");
  const reasons = [...byId("skip-reasons").querySelectorAll("button")];
  let drawn = null;

  function skip(why) {
    const isShown = store.state.shown?.ask === store.state.skipOpen;
    dialog.close();
    if (isShown) session.skip(why);
  }

  byId("skip-form").addEventListener("submit", (event) => {
    event.preventDefault();
    skip({ text: text.value.trim() || null });
  });
  for (const button of reasons) button.addEventListener("click", () => skip({ code: button.dataset.reason, text: text.value.trim() || null }));
  dialog.addEventListener("close", () => store.dispatch({ type: "skip_closed" }));

  return function draw({ skipOpen }) {
    const isNew = skipOpen !== null && skipOpen !== drawn;
    if (isNew) {
      text.value = "";
      setText(byId("skip-image"), skipOpen.image.name);
    }
    drawn = skipOpen;
    setOpen(dialog, skipOpen !== null);
    if (isNew) (isTouch() ? reasons[0] : text).focus();
  };
}
