/** One file to the server: an image by the upload route, a ZIP file as an import that a worker then reads. */
import { isRetryable } from "../label/api.js";
import { problemWords, t } from "../language.js";

const LOOK_EVERY_MS = 1000;

/** @returns {(file: File, onShare: (share: number) => void) => Promise<{outcome: string, words: string}>} */
export function createSender(projectId, prefix = "/api/v1") {
  return function send(file, onShare) {
    if (isArchive(file)) return sendArchive(file, onShare);
    return sendImage(file, onShare);
  };

  async function sendImage(file, onShare) {
    const { status, body } = await post(`${prefix}/projects/${projectId}/images`, "files", file, onShare);
    if (status !== 200) return { outcome: "refused", words: wordsOf(status, body) };
    const [item] = body.items;
    return { outcome: item.outcome, words: item.detail ? problemWords(item.code, item.detail) : "" };
  }

  async function sendArchive(file, onShare) {
    const { status, body } = await post(`${prefix}/projects/${projectId}/imports`, "archive", file, onShare);
    if (status !== 202) return { outcome: "refused", words: wordsOf(status, body) };
    return importOutcome(await finished(body.id));
  }

  /** The import as it stands when the worker is done; without a connection, the next look tells. */
  async function finished(importId) {
    for (;;) {
      const response = await fetch(`${prefix}/imports/${importId}`).catch(() => null);
      const row = response?.ok ? await response.json() : null;
      if (row?.status === "done" || row?.status === "failed") return row;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

export function isArchive(file) {
  return file.name.toLowerCase().endsWith(".zip");
}

/** @returns {{outcome: string, words: string}} what a finished import did, as one line */
export function importOutcome({ status, error_code: code, error_detail: detail, outcome_counts: counts }) {
  if (status === "failed") return { outcome: "refused", words: problemWords(code, detail) };
  const parts = [["added", t("stored")], ["updated", t("updated")], ["known", t("known already")], ["refused", t("refused")]];
  const words = parts.filter(([outcome]) => counts[outcome] > 0).map(([outcome, word]) => `${counts[outcome]} ${word}`);
  return { outcome: counts.added || counts.updated ? "added" : "known", words: t("Archive: {words}.", { words: words.join(", ") || t("empty") }) };
}

/** fetch cannot say how much it has sent. */
function post(url, field, file, onShare) {
  const form = new FormData();
  form.append(field, file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.addEventListener("progress", ({ loaded, total }) => onShare(total > 0 ? loaded / total : 1));
    request.addEventListener("load", () => {
      const body = parsed(request.responseText);
      if (isRetryable(request.status, body) || body === null) reject(new Error(wordsOf(request.status, body)));
      else resolve({ status: request.status, body });
    });
    request.addEventListener("error", () => reject(new Error(t("The server did not answer, or the file cannot be read."))));
    request.send(form);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page of a proxy
  }
}

function wordsOf(status, body) {
  return body?.detail ? problemWords(body.code, body.detail) : t("The server answered {status}.", { status });
}
