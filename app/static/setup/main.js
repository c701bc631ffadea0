/** Wires the set-up page: the drawing, the lists, the template, the picture, and saving. */
import { bindAttributes, bindNormaliser, drawRefusal } from "./questions.js";
import { bindLandmarks, bindPairs, say, setValue } from "./lists.js";
import { byId, setAttribute, setText } from "../label/dom.js";
import { EMPTY_FRAME, initialState, isDirty, schemaOf } from "./state.js";
import { NetworkFailure, Problem, createApi } from "../label/api.js";
import { bindCanvas } from "./canvas.js";
import { createStore } from "../label/store.js";
import { newId } from "../label/identity.js";
import { reduce } from "./reduce.js";
import { refusalsOf, saidAt } from "./refusals.js";
import { t } from "../language.js";

const given = JSON.parse(byId("given").textContent);
const drawings = [];
const store = createStore(initialState(given), reduce, (state) => {
  for (const draw of drawings) draw(state);
});
let isLeaving = false;

drawings.push(
  bindCanvas({ canvas: byId("canvas"), hint: byId("canvas-hint"), store }),
  bindLandmarks({ list: byId("landmarks"), about: byId("about-landmarks"), addButton: byId("add-landmark"), store }),
  bindPairs({
    list: byId("edges"), about: byId("about-edges"), adder: byId("new-edge"), store, place: "edges", part: "edges",
    words: { pair: t("Edge"), between: "–", add: t("Join") },
    add: "edge_toggled",
    remove: ([from, to]) => ({ type: "edge_toggled", from, to }),
  }),
  bindPairs({
    list: byId("pairs"), about: byId("about-pairs"), adder: byId("new-pair"), store, place: "pairs", part: "pairs",
    words: { pair: t("Mirror pair"), between: "↔", add: t("Pair") },
    add: "pair_set",
    remove: ([key]) => ({ type: "pair_removed", key }),
  }),
  bindAttributes({ list: byId("attributes"), about: byId("about-attributes"), store }),
  bindNormaliser({ place: byId("normaliser"), about: byId("about-normaliser"), store }),
  bindName(),
  bindTools(),
  (state) => drawRefusal(byId("refusal"), state.refusals),
);
bindTemplate();
bindPicture();
bindHistory();
byId("save").addEventListener("click", save);
window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && isDirty(store.state)) event.preventDefault();
});
for (const draw of drawings) draw(store.state);

function bindName() {
  const field = byId("project-name");
  field.addEventListener("input", () => store.dispatch({ type: "project_named", name: field.value }));
  return ({ plan, refusals }) => {
    setValue(field, plan.name);
    say(field, byId("about-project-name"), saidAt(refusals, "name"));
  };
}

function bindTools() {
  const tools = [...document.querySelectorAll("[data-tool]")].filter((node) => node.tagName === "BUTTON");
  for (const node of tools) node.addEventListener("click", () => store.dispatch({ type: "tool_chosen", tool: node.dataset.tool }));
  return ({ tool, past, future, phase }) => {
    for (const node of tools) setAttribute(node, "aria-pressed", String(node.dataset.tool === tool));
    byId("undo").disabled = past.length === 0;
    byId("redo").disabled = future.length === 0;
    byId("save").disabled = phase === "saving";
    setText(byId("save-words"), phase === "saving" ? "Saving …" : "");
  };
}

function bindTemplate() {
  document.getElementById("take-template")?.addEventListener("click", async () => {
    const response = await fetch(`/static/setup/templates/${byId("template").value}.json`).catch(() => null);
    if (response?.ok) store.dispatch({ type: "template_taken", template: await response.json() });
    else store.dispatch({ type: "refused", refusals: [{ place: "all", words: t("The server does not answer. Try again.") }] });
  });
}

/** A picture from the disk is only shown: it goes nowhere. */
function bindPicture() {
  byId("picture-file").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    if (!file) return store.dispatch({ type: "picture_changed", picture: null, frame: EMPTY_FRAME });
    const url = URL.createObjectURL(file);
    const image = new Image();
    image.src = url;
    const isRead = await image.decode().then(() => true, () => false);
    if (!isRead) {
      const words = t("{file} is no picture that this browser shows.", { file: file.name });
      return store.dispatch({ type: "refused", refusals: [{ place: "all", words }] });
    }
    const frame = { width: image.naturalWidth, height: image.naturalHeight };
    return store.dispatch({ type: "picture_changed", picture: { url }, frame });
  });
}

function bindHistory() {
  byId("undo").addEventListener("click", () => store.dispatch({ type: "undone" }));
  byId("redo").addEventListener("click", () => store.dispatch({ type: "redone" }));
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault(); // in a field, too: its own history would miss what the buttons did
    store.dispatch({ type: key === "y" || event.shiftKey ? "redone" : "undone" });
  });
}

async function save() {
  const { plan } = store.state;
  store.dispatch({ type: "saving" });
  const body = { name: plan.name, schema: schemaOf(plan) };
  try {
    const { body: project } = await send(body);
    isLeaving = true;
    window.location.assign(given.project ? `/projects/${project.id}` : `/projects/${project.id}/images`);
  } catch (error) {
    if (!(error instanceof Problem) && !(error instanceof NetworkFailure)) throw error;
    const refusals = error instanceof Problem ? refusalsOf({ ...error.context, detail: error.message })
      : [{ place: "all", words: t("The server does not answer. Nothing is lost: try again.") }];
    store.dispatch({ type: "refused", refusals });
    requestAnimationFrame(() => (document.querySelector("[aria-invalid=true]:is(input, textarea, select)") ?? byId("refusal")).focus());
  }
}

/** The same request again, e.g. after a lost answer, makes no second project. */
function send(body) {
  if (given.project) {
    const base = { base_schema_version: given.project.schema_version };
    return createApi((...request) => fetch(...request)).request("PATCH", `/projects/${given.project.id}`, { ...body, ...base });
  }
  const said = JSON.stringify(body);
  if (send.said !== said) Object.assign(send, { said, key: newId() });
  const withKey = (url, init) => fetch(url, { ...init, headers: { ...init.headers, "Idempotency-Key": send.key } });
  return createApi(withKey).request("POST", "/projects", body);
}
