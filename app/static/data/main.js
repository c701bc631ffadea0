/** The data page: drag and drop, and filters that apply at once. Both work as plain forms without this file. */
import { byId, make, setAttribute, setHidden, setText } from "../label/dom.js";
import { createSender } from "./sending.js";
import { createUploads, summaryWords } from "./uploads.js";
import { t, tn } from "../language.js";

const BADGES = {
  waiting: [t("waiting"), "quiet"],
  sending: [t("sending"), "busy"],
  reading: [t("server reads"), "busy"],
  added: [t("stored"), "good"],
  known: [t("known already"), "quiet"],
  refused: [t("refused"), "bad"],
  lost: [t("no answer"), "warn"],
};

const form = document.getElementById("upload"); // only for those who may add images
if (form !== null) bindUpload(form);
bindFilters(byId("filters"));

function bindUpload(form) {
  const rows = new Map(); // upload number -> the elements of its row
  const input = byId("upload-files");
  const uploads = createUploads({
    send: createSender(form.dataset.project),
    onChange(upload) {
      drawRow(upload, rows);
      const summary = uploads.summary();
      drawSummary(summary);
      if (summary.left === 0 && summary.added > 0) showCount(form.dataset.project);
    },
  });
  // files go as soon as they are chosen, so the button of the plain form has nothing left to do
  byId("upload-send").hidden = true;
  setText(byId("upload-hint"), `${byId("upload-hint").textContent} ${t("Or drop files and ZIP archives here.")}`);
  input.addEventListener("change", () => {
    uploads.add([...input.files]);
    input.value = "";
  });
  byId("upload-again").addEventListener("click", uploads.again);
  form.addEventListener("submit", (event) => event.preventDefault());
  bindDrop(form, uploads.add);
  window.addEventListener("beforeunload", (event) => {
    if (uploads.summary().left > 0) event.preventDefault();
  });
}

/** The whole page takes files: a drop beside the card would otherwise open the picture instead of the page. */
function bindDrop(form, add) {
  const setOver = (isOver) => setAttribute(form, "data-over", isOver ? "true" : null);
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) setOver(false);
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(false);
    add([...event.dataTransfer.files]);
  });
}

function drawRow({ number, file, outcome, words, share }, rows) {
  const row = rows.get(number) ?? addRow(number, file, rows);
  const [text, tone] = BADGES[outcome];
  setAttribute(row.item, "data-outcome", outcome);
  setAttribute(row.badge, "data-tone", tone);
  setText(row.badge, outcome === "sending" ? `${Math.round(100 * share)} %` : text);
  setText(row.words, words);
  setHidden(row.words, words === "");
}

function addRow(number, file, rows) {
  const badge = make("span", { class: "badge" });
  const words = make("span", { class: "quiet" });
  const item = make("li", {}, make("span", { class: "outcome-name", text: file.name, dir: "auto" }), badge, words);
  byId("upload-outcomes").append(item);
  rows.set(number, { item, badge, words });
  return rows.get(number);
}

function drawSummary(summary) {
  setHidden(byId("upload-progress"), false);
  byId("upload-bar").value = summary.share;
  setText(byId("upload-summary"), summaryWords(summary));
  setHidden(byId("upload-again"), summary.lost === 0);
  setHidden(byId("upload-show"), summary.left > 0 || summary.added === 0);
}

/** How many images there are by now: archives bring many. */
async function showCount(projectId) {
  const response = await fetch(`/api/v1/projects/${projectId}`).catch(() => null);
  if (!response?.ok) return; // an ornament: the next look at the page has it
  const { counts } = await response.json();
  setText(byId("image-count"), tn("{count} image", "{count} images", counts.images));
  document.getElementById("no-images")?.remove();
}

function bindFilters(form) {
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
}
