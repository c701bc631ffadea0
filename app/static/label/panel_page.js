/** What stands around the image: why it is asked, progress, saving, notices, empty and broken states. */
import { byId, setAttribute, setHidden, setText } from "./dom.js";
import { kindWords, progressOf, savingDetail, savingWords } from "./words.js";
import { t } from "../language.js";

const MESSAGES = {
  loading: { title: t("Loading the next image"), text: "" },
  empty: {
    title: t("Nothing to ask right now"),
    text: t("Everything is answered or in other hands. The page asks again by itself when that changes."),
  },
  broken: { title: t("This image does not open"), text: "" },
  refused: { title: t("The server does not give out images"), text: "" },
};

/** @returns {(state: object) => void} draw */
export function bindPage({ lastSaved, onRetry }) {
  const root = byId("label");
  const message = byId("stage-message");
  const modes = [...document.querySelectorAll("[data-mode]")];
  byId("button-retry").addEventListener("click", onRetry);
  let noticeNumber = 0;

  function drawMessage({ phase, problem }) {
    setHidden(message, phase === "showing");
    if (phase === "showing") return;
    const { title, text } = MESSAGES[phase];
    setAttribute(message, "data-phase", phase);
    setText(byId("stage-message-title"), title);
    setText(byId("stage-message-text"), problem ?? text);
    setHidden(byId("button-retry"), phase === "loading");
    setHidden(byId("button-skip-broken"), phase !== "broken");
  }

  function drawNotice({ notice }) {
    if (notice.number === noticeNumber) return;
    noticeNumber = notice.number;
    const node = byId("notice");
    setAttribute(node, "data-tone", notice.tone);
    node.textContent = notice.text; // written even when equal, so that it is read out again
    setAttribute(node, "data-fresh", noticeNumber % 2 === 0 ? "even" : "odd"); // restarts the fading
  }

  function drawSaving({ saving }) {
    const { text, tone } = savingWords(saving);
    const node = byId("saving");
    setText(byId("saving-text"), text);
    setAttribute(node, "data-tone", tone);
    setAttribute(node, "title", savingDetail(saving, lastSaved()));
    setAttribute(node, "data-waiting", saving.waiting);
    setAttribute(node, "data-attention", saving.attention.length);
  }

  function drawProgress({ counts, shown }) {
    const kind = shown?.ask.kind ?? null;
    setHidden(byId("progress"), !counts || kind === null);
    if (!counts || kind === null) return;
    const { done, total, text } = progressOf(counts, kind);
    const bar = byId("progress-bar");
    setAttribute(bar, "max", Math.max(1, total));
    setAttribute(bar, "value", done);
    setText(byId("progress-text"), `${kindWords(kind)}: ${text}`);
  }

  return function draw(state) {
    const { shown, phase } = state;
    setAttribute(root, "data-phase", phase);
    setAttribute(root, "data-seen", state.isSeen);
    setAttribute(root, "data-ahead", state.ahead);
    setAttribute(root, "data-kind", shown?.ask.kind ?? null);
    setAttribute(root, "data-image-id", shown?.ask.image.id ?? null);
    setAttribute(root, "data-lease-id", shown?.ask.lease_id ?? null);
    drawMessage(state);
    drawNotice(state);
    drawSaving(state);
    drawProgress(state);
    setHidden(byId("why"), !shown?.ask.reason);
    setText(byId("why-text"), shown?.ask.reason?.text ?? "");
    setText(byId("image-name"), shown ? shown.ask.image.name : "");
    for (const button of modes) setAttribute(button, "aria-pressed", String(button.dataset.mode === state.mode));
  };
}
