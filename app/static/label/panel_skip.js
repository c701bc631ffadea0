/** Skipping with a reason: one of a few, or in words of one's own. */
import { byId, setOpen, setText } from "./dom.js";

/** @returns {(state: object) => void} draw */
export function bindSkip({ store, session }) {
  const dialog = byId("skip");
  const text = byId("skip-text");
  let drawn = null;

  byId("skip-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const isShown = store.state.shown?.ask === store.state.skipOpen;
    dialog.close();
    if (isShown) session.skip(event.submitter?.value || text.value.trim() || null);
  });
  dialog.addEventListener("close", () => store.dispatch({ type: "skip_closed" }));

  return function draw({ skipOpen }) {
    if (skipOpen && skipOpen !== drawn) {
      text.value = "";
      setText(byId("skip-image"), skipOpen.image.name);
    }
    drawn = skipOpen;
    setOpen(dialog, skipOpen !== null);
  };
}
