/** Wires the labelling page: makes every part once and connects them. */
import { bindAttention, bindHelp } from "./panel_dialogs.js";
import { bindAttributePanel } from "./panel_attribute.js";
import { bindGestures } from "./gestures.js";
import { bindKeyboard } from "./keyboard.js";
import { bindLandmarkPanel } from "./panel_landmarks.js";
import { bindPage } from "./panel_page.js";
import { byId } from "./dom.js";
import { createApi } from "./api.js";
import { createClock } from "./clock.js";
import { createCommands } from "./commands.js";
import { createDrafts } from "./drafts.js";
import { createImages } from "./images.js";
import { createLeases } from "./leases.js";
import { createOutbox } from "./outbox.js";
import { createQueue } from "./queue.js";
import { createSession } from "./session.js";
import { createStore } from "./store.js";
import { createView } from "./view.js";
import { initialState } from "./state.js";
import { joinTabs } from "./tabs.js";
import { listen } from "./events.js";
import { memoryStorage, openStorage } from "./storage.js";
import { newId } from "./identity.js";
import { reduce } from "./reduce.js";

/** When nothing was left to ask, try again; the server's events usually come first. */
const ASK_AGAIN_MS = 30_000;
const AHEAD = 3;
/** A server that is slow to take old answers must not keep the annotator waiting. */
const SEND_FIRST_MS = 3000;
/** Predictions are written in chunks with an event each. */
const SETTLE_MS = 400;

const now = () => performance.now();
const wallClock = () => new Date();
const timers = {
  now,
  random: Math.random,
  set: (act, ms) => setTimeout(act, ms),
  clear: (timer) => clearTimeout(timer),
};

async function start() {
  const schema = JSON.parse(byId("schema").textContent);
  const projectId = Number(byId("label").dataset.projectId);
  const api = createApi((...request) => fetch(...request));
  const images = createImages();
  const clock = createClock(now, () => !document.hidden && document.hasFocus());
  const { storage, isMemoryOnly } = await storageOf();
  const tabs = joinTabs(navigator.locks, newId());
  let savedAt = null; // monotonic ms of the last acknowledged answer

  const store = createStore(initialState(schema), reduce, (state) => draw(state));
  const lastSaved = () => (savedAt === null ? null : (now() - savedAt) / 1000);
  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });
  const release = (ask, options) => {
    leases.forget(ask.lease_id);
    if (ask.lease_id !== null) api.release(ask.lease_id, options).catch(() => {}); // it would expire anyway
  };
  const noted = (ask, servedAt) => {
    if (ask) leases.note(ask.lease_id, ask.expires_at, servedAt);
    return ask;
  };

  const queue = createQueue({
    ask: async (kinds) => {
      const { body, servedAt } = await api.nextAsk(projectId, kinds);
      return noted(body, servedAt);
    },
    release,
    load: images.load,
    onChange: () => session.queueChanged(),
    timers,
    ahead: AHEAD,
  });
  const outbox = createOutbox({
    shelf: storage.outbox,
    isMemoryOnly,
    send: async ({ method, path, body }) => {
      const response = await api.request(method, path, body);
      noted(response.body?.next, response.servedAt);
      return response;
    },
    onChange: () => store.dispatch({ type: "saving_changed", saving: outbox.summary() }),
    onSettled: settled,
    timers,
  });
  const drafts = createDrafts({ shelf: storage.drafts, projectId, tab: tabs.tab, timers, wallClock });
  const session = createSession({
    store, queue, outbox, clock, drafts, release, projectId, tab: tabs.tab, newId, timers, wallClock,
  });
  const leases = createLeases({
    held: () => session.held().map(({ ask }) => ask),
    renew: (leaseId) => api.renew(leaseId),
    onLost: (ask) => queue.drop(ask.lease_id),
    isPresent: () => !document.hidden,
    now,
  });

  function settled(item, response) {
    session.settled(item, response);
    if (item.kind !== "answer" || !response) return;
    savedAt = now();
    leases.forget(item.body.lease_id);
    const { counts } = store.state;
    if (counts && response.body.revision.number === 1) {
      store.dispatch({ type: "counts_changed", counts: counted(counts, item.ask.kind) });
    }
  }

  const gestures = bindGestures({ stage: byId("stage"), store, onInput: clock.touch });
  const commands = createCommands({
    store, session, outbox, gestures, stage: byId("stage"), now, lastSaved,
    fields: {
      number: () => attributePanel.number(),
      stepNumber: (steps) => attributePanel.stepNumber(steps),
      firstButton: () => document.querySelector(".panel button:not([disabled])"),
    },
  });
  const attributePanel = bindAttributePanel({ schema, commands, notify });
  const drawings = [
    createView({
      stage: byId("stage"), picture: byId("picture"), overlay: byId("overlay"), schema, findElement: images.find,
    }),
    bindPage({ lastSaved, onRetry: () => (store.state.phase === "broken" ? session.retryImage() : queue.wake()) }),
    bindLandmarkPanel({ schema, commands }),
    attributePanel.draw,
    bindHelp({ store }),
    bindAttention({ store, lastSaved, onReopen: session.reopen, onDiscard: ({ id }) => outbox.discard(id) }),
    session.drawn,
  ];
  function draw(state) {
    for (const drawing of drawings) drawing(state);
  }

  bindKeyboard({ page: document, stage: byId("stage"), store, commands, onInput: clock.touch });
  bindButtons(commands, attributePanel);
  bindStageSize(store);
  bindPresence({ clock, drafts, session, queue, outbox, release });
  const showCounts = () => refreshCounts({ api, projectId, store });
  bindEvents({ api, projectId, session, queue, showCounts });
  setInterval(() => queue.isExhausted && queue.wake(), ASK_AGAIN_MS);

  const isOurs = await tabs.findOurs();
  // what an earlier page left goes first, or the server might ask for it once more
  const sent = outbox.load((item) => item.project_id === projectId && isOurs(item));
  await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, SEND_FIRST_MS))]);
  const left = await drafts.load(isOurs);
  for (const { ask } of left) if (ask.lease_id !== null) leases.note(ask.lease_id, ask.expires_at, Date.parse(ask.expires_at));
  session.start("auto", left);
  byId("stage").focus({ preventScroll: true });
  showCounts();
}

async function storageOf() {
  try {
    return { storage: await openStorage(indexedDB), isMemoryOnly: false };
  } catch (error) {
    console.warn("Answers are kept in memory only.", error);
    return { storage: memoryStorage(), isMemoryOnly: true };
  }
}

/** Buttons say by data-command what they do. A mouse click leaves the focus on the image, where the keys are. */
function bindButtons(commands, attributePanel) {
  for (const button of document.querySelectorAll("[data-command]")) {
    const { command, arg } = button.dataset;
    button.addEventListener("click", (event) => commands[command](argOf(arg), event));
  }
  byId("button-answer").addEventListener("click", attributePanel.submitNumber);
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".label-page button") && !event.target.closest("dialog")) event.preventDefault();
  });
}

function argOf(text) {
  if (text === undefined) return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function bindStageSize(store) {
  const stage = byId("stage");
  new ResizeObserver(() => {
    const viewport = { width: stage.clientWidth, height: stage.clientHeight };
    store.dispatch({ type: "viewport_resized", viewport });
  }).observe(stage);
  store.dispatch({ type: "viewport_resized", viewport: { width: stage.clientWidth, height: stage.clientHeight } });
}

/** Active time stops when the page is left; leases without work go back when it goes for good. */
function bindPresence({ clock, drafts, session, queue, outbox, release }) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clock.pause() : clock.resume()));
  window.addEventListener("blur", clock.pause);
  window.addEventListener("focus", clock.resume);
  window.addEventListener("online", outbox.kick);
  window.addEventListener("pagehide", () => {
    drafts.flush();
    queue.close();
    for (const { ask, isKept } of session.held()) if (!isKept) release(ask, { keepalive: true });
  });
  // a page from the back-forward cache has given its asks back
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (outbox.summary().isUnsafe) event.preventDefault();
  });
}

function bindEvents({ api, projectId, session, queue, showCounts }) {
  let newest = null; // id of the network whose predictions are being written
  async function refreshPredictions() {
    const stale = session.held().filter(({ ask }) => ask.prediction?.network_id !== newest);
    for (const imageId of new Set(stale.map(({ ask }) => ask.image.id))) {
      // no prediction yet, or no connection: the next event brings another chance
      const response = await api.prediction(imageId).catch(() => null);
      if (response) session.predictionArrived(imageId, response.body);
    }
  }
  const refreshSoon = once(refreshPredictions, SETTLE_MS);
  const countSoon = once(showCounts, SETTLE_MS);
  listen(api.eventsUrl(projectId), (name, content) => {
    if (name === "predictions") {
      newest = content.network_id;
      refreshSoon();
    }
    if (queue.isExhausted) queue.wake();
    countSoon();
  });
}

/** However often it is asked for within `ms`, it is done once, at the end. */
function once(act, ms) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act();
    }, ms);
  };
}

async function refreshCounts({ api, projectId, store }) {
  // the numbers are an ornament: without them the page works the same
  const response = await api.project(projectId).catch(() => null);
  if (response) store.dispatch({ type: "counts_changed", counts: response.body.counts });
}

function counted(counts, kind) {
  if (kind === "landmarks") return { ...counts, landmarks_labelled: counts.landmarks_labelled + 1 };
  return { ...counts, attributes: { ...counts.attributes, [kind]: (counts.attributes[kind] ?? 0) + 1 } };
}

start();
