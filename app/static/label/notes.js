/** A note on its way to the server, and back where the server refused it. */
import { paths } from "./api.js";

/** @returns {object} its part of an item of the outbox */
export function noteItem({ id, ask, text, isFlagged }) {
  const body = { text, is_flagged: isFlagged };
  return { id, kind: "note", method: "PUT", path: paths.note(ask.image.id, id), body, ask, work: null, follows: null };
}

/** @returns {object} the action that opens a refused note again */
export function noteAgain({ id, ask, body }) {
  return { type: "note_opened", ask, text: body.text, isFlagged: body.is_flagged, replaces: id };
}
