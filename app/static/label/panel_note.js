/** A note on the shown image, or a flag for review, with what was said about it before. */
import { byId, make, setHidden, setOpen, setText } from "./dom.js";
import { moment, t } from "../language.js";

/**
 * @param {object} parts
 * @param {(imageId: number) => Promise<object[]>} parts.findNotes  rejects where the server does not answer
 * @returns {(state: object) => void} draw
 */
export function bindNote({ store, session, findNotes }) {
  const dialog = byId("note");
  const text = byId("note-text");
  const flag = byId("note-flag");
  let drawn = null;

  function submit() {
    const { ask, replaces } = store.state.noteOpen;
    const words = text.value.trim();
    text.setCustomValidity(words || flag.checked ? "" : t("Say something, or flag the image."));
    if (!text.reportValidity()) return;
    session.note({ ask, text: words, isFlagged: flag.checked, replaces });
    store.dispatch({ type: "notice_shown", text: flag.checked ? t("{image} is flagged for review.", { image: ask.image.name }) : t("The note is kept.") });
    dialog.close();
  }

  async function showEarlier({ ask }) {
    const list = byId("note-list");
    list.replaceChildren();
    setText(byId("note-earlier"), "");
    const notes = await findNotes(ask.image.id).catch(() => null);
    if (store.state.noteOpen?.ask !== ask) return; // another image by now
    if (notes === null) setText(byId("note-earlier"), t("Earlier notes cannot be shown: the server does not answer."));
    else list.replaceChildren(...notes.map(noteRow));
  }

  byId("note-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  for (const node of [text, flag]) node.addEventListener("input", () => text.setCustomValidity(""));
  dialog.addEventListener("close", () => store.dispatch({ type: "note_closed" }));

  return function draw({ noteOpen }) {
    if (noteOpen && noteOpen !== drawn) {
      text.value = noteOpen.text;
      flag.checked = noteOpen.isFlagged;
      setText(byId("note-image"), noteOpen.ask.image.name);
      showEarlier(noteOpen);
    }
    drawn = noteOpen;
    setOpen(dialog, noteOpen !== null);
  };
}

function noteRow({ author, created_at: at, text, is_flagged: isFlagged }) {
  const flag = make("strong", { text: t("Flagged") });
  const who = make("span", { class: "quiet", text: ` ${author}, ${moment(new Date(at))} ` });
  setHidden(flag, !isFlagged);
  return make("li", {}, flag, who, make("span", { dir: "auto", text }));
}
