/** The labelling page without its DOM and with a server of a few lines. */
import { createClock } from "../../app/static/label/clock.js";
import { createDrafts } from "../../app/static/label/drafts.js";
import { createHistory } from "../../app/static/label/history.js";
import { createLastShape } from "../../app/static/label/last_shape.js";
import { createOutbox } from "../../app/static/label/outbox.js";
import { createQueue } from "../../app/static/label/queue.js";
import { reduce } from "../../app/static/label/reduce.js";
import { createSession, UNSEEN_MS } from "../../app/static/label/session.js";
import { initialState } from "../../app/static/label/state.js";
import { memoryShelf } from "../../app/static/label/storage.js";
import { createStore } from "../../app/static/label/store.js";
import { makeAsk, SCHEMA } from "./asks.mjs";
import { manualTimers, settle } from "./timers.mjs";

/** As localStorage. */
export function memoryItems() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

/** A page whose session has not started: nothing is asked yet. */
export function layOut({ kinds = ["side"], load = async () => {}, hasImage = () => true, drafts: draftShelf = memoryShelf("key"), answers = memoryShelf("seq"), server = {}, storage = memoryItems(), kept = memoryItems(), labels = {}, schema = SCHEMA, person = null } = {}) {
  const timers = manualTimers();
  const sent = [];
  const released = [];
  let id = 0;
  let asked = 0;
  const newAsk = (wanted) => {
    const offered = wanted ? kinds.filter((each) => wanted.includes(each)) : kinds;
    const among = offered.length > 0 ? offered : wanted;
    const kind = among[asked % among.length];
    asked += 1;
    return makeAsk({ kind });
  };
  const store = createStore(initialState(schema), reduce, (state) => session.drawn(state), (act) => act());
  const queue = createQueue({
    timers, release: (ask) => released.push(ask.lease_id), load, hasImage,
    bytes: { keep: async () => {}, keepOnly() {}, hasRoom: () => true },
    ask: async (wanted) => newAsk(wanted), onChange: () => session.queueChanged(), findShown: () => session.findShown(),
  });
  const outbox = createOutbox({
    shelf: answers, timers, person, onChange() {}, onSettled: (...args) => session.settled(...args),
    async send(item) {
      if (server.failure) throw server.failure;
      sent.push(structuredClone(item));
      const next = item.body.next_kinds?.length === 0 ? null : newAsk(item.body.next_kinds);
      return { body: { revision: { number: item.body.base_revision + 1 }, next } };
    },
  });
  const drafts = createDrafts({ shelf: draftShelf, projectId: 1, tab: "t", timers, person, wallClock: () => new Date(timers.now()) });
  const session = createSession({
    store, queue, outbox, drafts, clock: createClock(timers.now), lastShape: createLastShape(() => storage, 1, person), history: createHistory(() => kept, 1, { person, timers }),
    findLabel: async (imageId, kind) => labels[kind] ?? { revision: 0, label: null }, projectId: 1, tab: "t",
    newId: () => `id-${(id += 1)}`, timers, wallClock: () => new Date(timers.now()),
    release: (ask) => released.push(ask.lease_id),
  });
  const look = (ms = UNSEEN_MS) => timers.advance(ms);
  return { session, store, queue, outbox, drafts, timers, sent, released, server, look, newAsk, shown: () => store.state.shown };
}

export async function makePage({ mode = "auto", ...part } = {}) {
  const page = layOut(part);
  await page.outbox.load(() => true);
  page.session.start(mode, await page.drafts.load(() => true));
  await settle();
  await page.look();
  return page;
}
