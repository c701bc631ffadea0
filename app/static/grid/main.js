/** Wires grid mode: makes every part once and connects them. The outbox is that of the labelling page. */
import { answerButtons, columnsOf, createView } from "./view.js";
import { bindAttention, bindHelp, SECTIONS } from "../label/panel_dialogs.js";
import { bindInput } from "./input.js";
import { bindKeyCaps, nameTiles } from "../label/key_caps.js";
import { bindKeysDialog } from "../label/panel_keys.js";
import { bindKeysKept, loadKeys } from "../label/keys_kept.js";
import { bindNote } from "../label/panel_note.js";
import { bindPalette } from "../label/panel_palette.js";
import { byId, setText } from "../label/dom.js";
import { createApi } from "../label/api.js";
import { createCommands } from "./commands.js";
import { createClock } from "../label/clock.js";
import { createMarks } from "./marks.js";
import { createOutbox } from "../label/outbox.js";
import { createSignIn, personOf } from "../label/sign_in.js";
import { createPages } from "./pages.js";
import { createReading } from "./reading.js";
import { createSession } from "./session.js";
import { createStore } from "../label/store.js";
import { createVersionWatch } from "../label/version.js";
import { GRID_GESTURES } from "../label/keys_grid.js";
import { initialState } from "./state.js";
import { joinTabs } from "../label/tabs.js";
import { listen } from "../label/events.js";
import { storageOf } from "../label/storage.js";
import { newId } from "../label/identity.js";
import { SHARED } from "../label/keys.js";
import { otherTabWords, progressOf } from "../label/words.js";
import { reduce } from "./reduce.js";
import { t } from "../language.js";

/** When nothing was left to ask, try again; the server's events usually come first. */
const ASK_AGAIN_MS = 30_000;
/** A server that is slow to take old answers must not keep the annotator waiting. */
const SEND_FIRST_MS = 3000;

const HELP = { sections: [[t("Grid"), ["grid"]], [t("Everywhere"), [SHARED]]], gestures: GRID_GESTURES, scope: "grid" };
const localStorageOf = () => window.localStorage;
const now = () => performance.now();
const timers = {
  now,
  random: Math.random,
  set: (act, ms) => setTimeout(act, ms),
  clear: (timer) => clearTimeout(timer),
};

async function start() {
  const { projectId, count } = Object.fromEntries(Object.entries(byId("grid").dataset).map(([name, text]) => [name, Number(text)]));
  const attribute = JSON.parse(byId("attribute").textContent);
  const tabs = joinTabs(navigator.locks, newId(), { projectId, person: personOf(document) });
  const drawings = [];
  const { keys, problem } = loadKeys(localStorageOf);
  const store = createStore(initialState(attribute, keys), reduce, (state) => {
    for (const draw of drawings) draw(state);
  });
  const { storage, isMemoryOnly } = await storageOf();
  const signIn = createSignIn({ link: byId("sign-in-again"), person: personOf(document), target: window });
  const parts = createParts({ store, storage, isMemoryOnly, projectId, count, tab: tabs.tab, kind: attribute.name, signIn });
  signIn.onReturn(parts.outbox.kick);
  signIn.onReturn(parts.pages.wake);
  drawings.push(...bindParts({ ...parts, store, attribute, projectId }));
  bindPresence({ ...parts, store });
  const { isOurs, isAlone } = await tabs.look();
  if (!isAlone) store.dispatch({ type: "notice_shown", tone: "warn", text: otherTabWords() });
  const sent = parts.outbox.load((item) => item.project_id === projectId && isOurs(item));
  await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, SEND_FIRST_MS))]);
  parts.session.start(parts.marks.find());
  if (problem) store.dispatch({ type: "notice_shown", tone: "warn", text: t("The default keys hold: your own cannot be used. {problem}", { problem }) });
}

/** Everything that works without a document. */
function createParts({ store, storage, isMemoryOnly, projectId, count, tab, kind, signIn }) {
  const onVersion = createVersionWatch(document.body.dataset.version, (text, tone) => store.dispatch({ type: "notice_shown", text, tone }));
  const api = createApi((...request) => fetch(...request), { ...signIn, onVersion });
  const clock = createClock(now, () => !document.hidden && document.hasFocus());
  const marks = createMarks({ storage: sessionStorage, projectId, kind, person: signIn.person });
  const saved = { at: null };
  const pages = createPages({
    ask: () => api.request("POST", `/projects/${projectId}/grid`, { attribute: kind, count }),
    renew: (ids) => api.request("POST", "/asks/renew", { lease_ids: ids }),
    release: (ids, options) => api.request("POST", "/asks/release", { lease_ids: ids }, options),
    load: loadThumb,
    kind,
    isPresent: () => !document.hidden,
    onChange: () => session.pagesChanged(),
    timers,
  });
  const outbox = createOutbox({
    shelf: storage.outbox,
    person: signIn.person,
    isMemoryOnly,
    send: ({ method, path, body }) => api.request(method, path, body),
    onChange: () => store.dispatch({ type: "saving_changed", saving: outbox.summary() }),
    onSettled(item, response) {
      if (response) saved.at = now();
      session.settled(item, response);
      if (outbox.summary().waiting === 0) showProgress({ api, projectId, kind });
    },
    timers,
  });
  const session = createSession({
    store, pages, outbox, clock, marks, projectId, tab, newId, timers, wallClock: () => new Date(),
  });
  return { api, clock, marks, pages, outbox, session, lastSaved: () => (saved.at === null ? null : (now() - saved.at) / 1000) };
}

/** Ties the parts to the document. @returns {((state: object) => void)[]} what draws the state, in this order */
function bindParts({ api, clock, pages, outbox, session, lastSaved, store, attribute, projectId }) {
  const list = byId("tiles");
  const reading = createReading(byId("stage"));
  const commands = createCommands({
    store, session, outbox, reading, list, lastSaved, columns: () => columnsOf(list),
    leave: (mode) => window.location.assign(`/projects/${projectId}/label#${mode}`),
  });
  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });
  bindInput({ list, store, commands, onInput: clock.touch });
  bindButtons({ attribute, commands, store, list });
  bindEvents({ api, pages, projectId, kind: attribute.name });
  return [
    createView({ onBroken: (leaseId) => store.dispatch({ type: "image_broken", leaseId }), lastSaved }),
    bindHelp({ store, commands, shown: HELP }),
    bindPalette({ store, commands, scopeOf: () => "grid" }),
    bindNote({ store, session, findNotes: async (imageId) => (await api.notes(imageId)).body }),
    bindKeysDialog({ store }),
    bindKeyCaps(document, (rows) => nameTiles(list, rows)),
    bindAttention({
      store,
      lastSaved,
      onReopen: (item) => (item.kind === "note" || item.ask.kind === attribute.name ? session.reopen(item) : window.location.assign(`/projects/${projectId}/label`)),
      onDiscard: ({ id }) => outbox.discard(id),
    }),
    reading.drawn,
    session.drawn,
    bindKeysKept(localStorageOf, store.state.keys, notify),
  ];
}

/** A mouse click leaves the focus on the tiles, where the keys are. */
function bindButtons({ attribute, commands, store, list }) {
  byId("answers").prepend(...answerButtons(attribute.classes, (value) => store.dispatch({ type: "answered", value })));
  for (const button of document.querySelectorAll("[data-command]")) {
    button.addEventListener("click", () => commands[button.dataset.command]());
  }
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".grid-page button") && !event.target.closest("dialog")) event.preventDefault();
  });
  for (const select of document.querySelectorAll("#choose select")) select.addEventListener("change", () => byId("choose").requestSubmit());
  list.focus({ preventScroll: true });
}

/** Active time stops when the page is left; leases without marks go back when it goes for good. */
function bindPresence({ clock, pages, outbox, session, store }) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clock.pause() : clock.resume()));
  window.addEventListener("blur", clock.pause);
  window.addEventListener("focus", clock.resume);
  window.addEventListener("online", () => {
    outbox.kick();
    pages.wake();
  });
  window.addEventListener("pagehide", () => {
    session.drawn(store.state); // with the seconds up to now
    pages.close(session.keptPage());
  });
  // a page from the back-forward cache has given its leases back
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (outbox.summary().isUnsafe) event.preventDefault();
  });
}

function bindEvents({ api, pages, projectId, kind }) {
  showProgress({ api, projectId, kind });
  listen(api.eventsUrl(projectId), () => pages.isExhausted && pages.wake());
  setInterval(() => pages.isExhausted && pages.wake(), ASK_AGAIN_MS);
}

async function showProgress({ api, projectId, kind }) {
  // the number is an ornament: without it the page works the same
  const response = await api.project(projectId).catch(() => null);
  if (response) setText(byId("progress"), progressOf(response.body.counts, kind).text);
}

async function loadThumb({ thumb_url: url }) {
  const image = new Image();
  image.src = url;
  await image.decode();
}

start();
