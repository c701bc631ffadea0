/**
 * Files on their way to the project: a few at once, each on its own, so that one that fails takes no other along.
 * A file whose request was lost may be sent again: the server knows a content that it has. Pure of the DOM.
 *
 * @typedef {"waiting"|"sending"|"reading"|"added"|"known"|"refused"|"lost"} Outcome
 *   reading: sent, and the server works on it; lost: no answer came, so the file may or may not be stored
 * @typedef {object} Upload
 * @property {number} number   in the order in which the files were chosen
 * @property {File} file
 * @property {Outcome} outcome
 * @property {number} share    of the bytes that have been sent, 0..1
 * @property {string} words    the server's reason, or what an archive brought
 */
import { t } from "../language.js";

export const AT_ONCE = 3;
const FINAL = ["added", "known", "refused"];

/**
 * @param {object} parts
 * @param {(file: File, onShare: (share: number) => void) => Promise<{outcome: Outcome, words: string}>} parts.send
 *   rejects only where no answer came
 * @param {(upload: Upload) => void} parts.onChange
 */
export function createUploads({ send, onChange, atOnce = AT_ONCE }) {
  const uploads = [];
  let active = 0;

  function change(upload, part) {
    Object.assign(upload, part);
    onChange(upload);
  }

  async function sendOne(upload) {
    active += 1;
    change(upload, { outcome: "sending", share: 0, words: "" });
    try {
      const onShare = (share) => change(upload, { share, outcome: share < 1 ? "sending" : "reading" });
      change(upload, { share: 1, ...(await send(upload.file, onShare)) });
    } catch (error) {
      change(upload, { outcome: "lost", words: error.message });
    }
    active -= 1;
    pump();
  }

  function pump() {
    while (active < atOnce) {
      const next = uploads.find(({ outcome }) => outcome === "waiting");
      if (!next) return;
      sendOne(next);
    }
  }

  return {
    add(files) {
      for (const file of files) {
        const upload = { number: uploads.length, file, outcome: "waiting", share: 0, words: "" };
        uploads.push(upload);
        onChange(upload);
      }
      pump();
    },
    /** What got no answer goes again. */
    again() {
      for (const upload of uploads.filter(({ outcome }) => outcome === "lost")) change(upload, { outcome: "waiting" });
      pump();
    },
    summary: () => summaryOf(uploads),
  };
}

/** @param {Upload[]} uploads */
export function summaryOf(uploads) {
  const count = (outcome) => uploads.filter((upload) => upload.outcome === outcome).length;
  const bytes = uploads.reduce((sum, { file }) => sum + file.size, 0);
  const sent = uploads.reduce((sum, { file, share, outcome }) => sum + file.size * (FINAL.includes(outcome) ? 1 : share), 0);
  return {
    total: uploads.length,
    added: count("added"),
    known: count("known"),
    refused: count("refused"),
    lost: count("lost"),
    left: count("waiting") + count("sending") + count("reading"),
    share: bytes > 0 ? sent / bytes : 0,
  };
}

/** @returns {string} for the line above the list */
export function summaryWords({ total, added, known, refused, lost, left }) {
  const parts = [t("{added} of {total} stored", { added, total })];
  if (known > 0) parts.push(t("{known} known already", { known }));
  if (refused > 0) parts.push(t("{refused} refused", { refused }));
  if (lost > 0) parts.push(t("{lost} without an answer", { lost }));
  if (left > 0) parts.push(t("{left} to go", { left }));
  return `${parts.join(", ")}.`;
}
