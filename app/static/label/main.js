/** Wires the labelling page: makes every part once and connects them. */
import { bindAttention, bindHelp } from "./panel_dialogs.js";
import { bindAttributePanel } from "./panel_attribute.js";
import { afterEscape, bindButtons, bindEvents, bindPresence, bindStageSize } from "./page.js";
import { bindGestures } from "./gestures.js";
import { bindKeyboard, scopeOf } from "./keyboard.js";
import { bindLandmarkPanel } from "./panel_landmarks.js";
import { bindKeyCaps, nameStage } from "./key_caps.js";
import { bindKeysDialog } from "./panel_keys.js";
import { bindKeysKept, loadKeys } from "./keys_kept.js";
import { bindNote } from "./panel_note.js";
import { bindPage } from "./panel_page.js";
import { bindPalette } from "./panel_palette.js";
import { bindSkip } from "./panel_skip.js";
import { bindSwipeHint } from "./view_swipe.js";
import { byId } from "./dom.js";
import { createApi, NetworkFailure } from "./api.js";
import { createClock } from "./clock.js";
import { createCommands } from "./commands.js";
import { createCounts } from "./counts.js";
import { createDrafts } from "./drafts.js";
import { createHistory } from "./history.js";
import { createImages } from "./images.js";
import { createLastShape } from "./last_shape.js";
import { createLeases } from "./leases.js";
import { createLight } from "./view_light.js";
import { createLoupe } from "./loupe.js";
import { createOutbox } from "./outbox.js";
import { createPredictions } from "./predictions.js";
import { createQueue } from "./queue.js";
import { createSession } from "./session.js";
import { createStore } from "./store.js";
import { createView } from "./view.js";
import { bindReference } from "./view_reference.js";
import { bindPreferences, loadPreferences } from "./preferences.js";
import { initialState, isOffered } from "./state.js";
import { joinTabs } from "./tabs.js";
import { otherTabWords } from "./words.js";
import { storageOf } from "./storage.js";
import { newId } from "./identity.js";
import { createSignIn, personOf } from "./sign_in.js";
import { createVersionWatch } from "./version.js";
import { reduce } from "./reduce.js";
import { t } from "../language.js";

/** When nothing was left to ask, try again; the server's events usually come first. */
const ASK_AGAIN_MS = 30_000;
/** Asks held beside the shown one, their images decoded. */
const AHEAD = 3;
/** And so many more, to go on for twenty images where the network is gone. */
const SPARE = 17;
/** A server that is slow to take old answers must not keep the annotator waiting. */
const SEND_FIRST_MS = 3000;

const now = () => performance.now();
const wallClock = () => new Date();
const localStorageOf = () => window.localStorage;
const sessionStorageOf = () => window.sessionStorage;
const timers = {
  now,
  random: Math.random,
  set: (act, ms) => setTimeout(act, ms),
  clear: (timer) => clearTimeout(timer),
};

async function start() {
  const schema = JSON.parse(byId("schema").textContent);
  const projectId = Number(byId("label").dataset.projectId);
  const tabs = joinTabs(navigator.locks, newId(), { projectId, person: personOf(document) });
  const drawings = [];
  const preferences = loadPreferences(localStorageOf);
  const { keys, problem } = loadKeys(localStorageOf);
  const schemaVersion = Number(byId("label").dataset.schemaVersion);
  const store = createStore(initialState(schema, preferences, keys, schemaVersion), reduce, (state) => {
    for (const draw of drawings) draw(state);
  });
  const { storage, isMemoryOnly } = await storageOf();

  const signIn = createSignIn({ link: byId("sign-in-again"), person: personOf(document), target: window, fetcher: (...request) => fetch(...request) });
  const parts = createParts({ store, projectId, tab: tabs.tab, storage, isMemoryOnly, signIn });
  signIn.onReturn(parts.outbox.kick);
  signIn.onReturn(parts.queue.wake);
  drawings.push(...bindParts({ ...parts, store, projectId }));
  const { isOurs, isAlone } = await tabs.look();
  if (!isAlone) store.dispatch({ type: "notice_shown", tone: "warn", text: otherTabWords() });
  await begin({ ...parts, store, projectId, isOurs });
  byId("stage").focus({ preventScroll: true });
  if (problem) {
    store.dispatch({ type: "notice_shown", tone: "bad", text: t("The default keys hold: your own cannot be used. {problem}", { problem }) });
  }
}

/** Everything that works without a document. */
function createParts({ store, projectId, tab, storage, isMemoryOnly, signIn }) {
  const onVersion = createVersionWatch(document.body.dataset.version, (text, tone) => store.dispatch({ type: "notice_shown", text, tone }));
  const api = createApi((...request) => fetch(...request), { ...signIn, onVersion });
  const images = createImages({ timers, signIn });
  const clock = createClock(now, () => !document.hidden && document.hasFocus());
  const leases = createLeases({
    held: () => session.held().map(({ ask }) => ask),
    renew: api.renew,
    onLost: (leaseId) => queue.drop(leaseId),
    isPresent: () => !document.hidden,
    now,
  });

  /** The end of a lease is known by the response that brought it. */
  function noted(ask, servedAt) {
    if (!ask) return ask;
    leases.note(ask.lease_id, ask.expires_at, servedAt);
    schemaHeard(ask.schema_version);
    return ask;
  }
  function release(ask) {
    leases.forget(ask.lease_id);
    if (ask.lease_id !== null) api.release(ask.lease_id).catch(() => {}); // it would expire anyway
  }

  const counts = createCounts({
    // the numbers are an ornament: without them the page works the same
    fetchCounts: async () => (await api.project(projectId).catch(() => null))?.body.counts ?? null,
    onCounts: (found) => store.dispatch({ type: "counts_changed", counts: found }),
    timers,
  });
  const queue = createQueue({
    ask: async (kinds, held) => {
      const { body, servedAt } = await api.nextAsk(projectId, kinds, held);
      return noted(body, servedAt);
    },
    release,
    load: images.load,
    hasImage: images.has,
    bytes: images,
    onNear: (ask) => predictions.turnHasCome(ask),
    onChange: () => session.queueChanged(),
    findShown: () => session.findShown(),
    timers,
    ahead: AHEAD,
    spare: SPARE,
  });
  const outbox = createOutbox({
    shelf: storage.outbox,
    person: signIn.person,
    isMemoryOnly,
    send: async ({ method, path, body }) => {
      const response = await counts.during(() => api.request(method, path, body));
      noted(response.body?.next, response.servedAt);
      return response;
    },
    onChange: () => store.dispatch({ type: "saving_changed", saving: outbox.summary() }),
    onSettled(item, response) {
      leases.forget(item.ask.lease_id);
      session.settled(item, response);
      store.dispatch({ type: "answer_settled", item, response, at: now() });
      if (response) counts.added();
      if (response?.isReplay) counts.refresh(); // whether the number had it already depends on when that was
    },
    timers,
  });
  const history = createHistory(sessionStorageOf, projectId, { person: signIn.person, timers });
  const drafts = createDrafts({ shelf: storage.drafts, projectId, tab, timers, wallClock, person: signIn.person });
  const session = createSession({
    store, queue, outbox, clock, drafts, history, release, projectId, tab, newId, timers, wallClock,
    lastShape: createLastShape(localStorageOf, projectId, signIn.person),
    findLabel: (imageId, kind) => findLabel(api, imageId, kind),
  });
  const predictions = createPredictions({
    held: () => session.held(),
    fetchPrediction: (imageId) => api.prediction(imageId),
    onArrived: (imageId, prediction) => session.predictionArrived(imageId, prediction),
  });
  let schemaWatch = null;
  /** On which version an ask was made. */
  async function schemaHeard(version) {
    if (!(version > store.state.schemaVersion)) return;
    const { createSchemaWatch } = await import("./later/schema.js").catch(() => ({})); // offline: the next ask is another chance
    schemaWatch ??= createSchemaWatch?.({
      store,
      fetchProject: async () => (await api.project(projectId)).body,
      onGrown: () => session.choose(store.state.mode),
    });
    schemaWatch?.(version);
  }
  return { api, images, clock, counts, leases, queue, outbox, drafts, history, session, predictions };
}

/** Ties the parts to the document. @returns {((state: object) => void)[]} what draws the state, in this order */
function bindParts({ store, projectId, api, images, clock, counts, queue, outbox, drafts, history, session, predictions }) {
  const stage = byId("stage");
  const picture = byId("picture");
  const light = createLight(picture, images.find);
  const lastSaved = () => (store.state.savedAt === null ? null : (now() - store.state.savedAt) / 1000);
  const notify = (text, tone) => store.dispatch({ type: "notice_shown", text, tone });
  const example = JSON.parse(byId("example").textContent);
  const gestures = bindGestures({ stage, store, onTouch: (command, arg = null) => commands[command](arg) });
  async function fetchPrediction(imageId) {
    try {
      const { body } = await api.prediction(imageId);
      session.predictionArrived(imageId, body);
      return null;
    } catch (error) {
      return error instanceof NetworkFailure ? t("The server does not answer.") : error.message;
    }
  }
  const fields = {
    number: () => attributePanel.number(),
    stepNumber: (steps) => attributePanel.stepNumber(steps),
    isNumberGiven: () => attributePanel.isNumberGiven(),
    submitNumber: () => attributePanel.submitNumber(),
    afterEscape: () => afterEscape(stage),
  };
  const commands = createCommands({
    store, session, outbox, gestures, stage, fields, now, lastSaved, fetchPrediction,
    leaveTo: (page) => location.assign(`/projects/${projectId}/${page}`),
  });
  const attributePanel = bindAttributePanel({ commands, notify });

  bindKeyboard({ page: document, stage, store, commands, onInput: clock.touch });
  bindButtons(commands, attributePanel);
  bindStageSize(stage, store);
  bindPresence({ api, clock, drafts, history, session, queue, outbox });
  bindEvents({
    api, projectId, queue, predictions,
    showCounts: counts.refresh,
    learnShape: () => learnShape({ api, projectId, store }),
  });
  return [
    ofSchema((schema) => createView({ stage, picture, overlay: byId("overlay"), schema, light, findElement: images.find })),
    createLoupe(stage, light.source),
    ofSchema((schema) => bindReference({ schema, example, stage })),
    bindPage({ lastSaved, onRetry: () => (store.state.phase === "broken" ? session.retryImage() : queue.wake()) }),
    ofSchema((schema) => bindLandmarkPanel({ schema, commands })),
    attributePanel.draw,
    bindHelp({ store, commands }),
    bindPalette({ store, commands, scopeOf }),
    bindNote({ store, session, findNotes: async (imageId) => (await api.notes(imageId)).body }),
    bindSkip({ store, session, isTouch: () => matchMedia("(pointer: coarse)").matches }),
    bindKeysDialog({ store }),
    bindKeyCaps(document, (rows) => nameStage(stage, rows)),
    bindSwipeHint(byId("swipe-hint")),
    bindAttention({ store, lastSaved, onReopen: session.reopen, onDiscard: ({ id }) => outbox.discard(id) }),
    session.drawn,
    bindPreferences(localStorageOf, store.state.preferences),
    bindKeysKept(localStorageOf, store.state.keys, notify),
  ];
}

/** What is made for one schema is made anew when it has grown. @returns {(state: object) => void} draw */
function ofSchema(make) {
  let made = null;
  let draw = null;
  return (state) => {
    if (state.schema !== made) draw = make(state.schema);
    made = state.schema;
    draw(state);
  };
}

/** What an earlier page left goes first, or the server might ask for it once more. */
async function begin({ store, queue, outbox, drafts, leases, session, projectId, isOurs }) {
  const sent = outbox.load((item) => item.project_id === projectId && isOurs(item));
  await Promise.race([sent, within(SEND_FIRST_MS)]);
  const left = await drafts.load(isOurs);
  await Promise.race([leases.renewAll(left.map(({ ask }) => ask)), within(SEND_FIRST_MS)]); // or they are asked anew
  const asked = window.location.hash.slice(1); // the grid names a mode
  session.start(isOffered(asked, store.state.schema) ? asked : "auto", left);
  setInterval(() => queue.isExhausted && queue.wake(), ASK_AGAIN_MS);
}

function within(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

/** The newest answer to a question about an image, for the page to build on. */
async function findLabel(api, imageId, kind) {
  try {
    const { body } = await api.revisions(imageId);
    const last = body.findLast((revision) => revision.kind === kind);
    return { revision: last?.number ?? 0, label: last ? { value: last.value } : null };
  } catch (error) {
    return { problem: error instanceof NetworkFailure ? t("The server does not answer.") : error.message };
  }
}

async function learnShape({ api, projectId, store }) {
  if (store.state.schema.landmarks.length === 0) return;
  // without it the prediction stays where it is, and the reference is drawn from the edges
  const response = await api.shape(projectId).catch(() => null);
  if (response) store.dispatch({ type: "shape_learned", prior: response.body });
}

start();
