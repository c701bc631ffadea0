/** What ties the page's parts to the browser: buttons, sizes, coming and going, live events. Each is bound once. */
import { byId } from "./dom.js";
import { listen } from "./events.js";

/** Predictions are written in chunks with an event each. */
const SETTLE_MS = 400;

/** Buttons say by data-command what they do. A mouse click leaves the focus on the image, where the keys are. */
export function bindButtons(commands, attributePanel) {
  for (const button of document.querySelectorAll("[data-command]")) {
    const { command, arg } = button.dataset;
    button.addEventListener("click", (event) => commands[command](argOf(arg), event));
  }
  byId("button-answer").addEventListener("click", attributePanel.submitNumber);
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".label-page :is(button, summary)") && !event.target.closest("dialog")) event.preventDefault();
  });
}

function argOf(text) {
  if (text === undefined) return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

export function bindStageSize(stage, store) {
  new ResizeObserver(() => {
    const viewport = { width: stage.clientWidth, height: stage.clientHeight };
    store.dispatch({ type: "viewport_resized", viewport });
  }).observe(stage);
  store.dispatch({ type: "viewport_resized", viewport: { width: stage.clientWidth, height: stage.clientHeight } });
}

/**
 * A pointer that moves or presses anywhere on the page is work, on the panel as on the image; active time stops when
 * the page is left, and leases without work go back when it goes for good.
 */
export function bindPresence({ api, clock, drafts, history, session, queue, outbox }) {
  // before whatever the press does: an answer by a button takes its seconds at once
  for (const name of ["pointermove", "pointerdown", "wheel"]) document.addEventListener(name, clock.touch, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? clock.pause() : clock.resume()));
  window.addEventListener("blur", clock.pause);
  window.addEventListener("focus", clock.resume);
  window.addEventListener("online", () => {
    outbox.kick();
    queue.wake();
  });
  window.addEventListener("pagehide", () => {
    drafts.flush();
    history.flush();
    queue.close();
    const left = session.held().filter(({ ask, isKept }) => !isKept && ask.lease_id !== null);
    // in one request: a browser lets few outlive the page; the leases would expire anyway
    if (left.length > 0) api.releaseMany(left.map(({ ask }) => ask.lease_id), { keepalive: true }).catch(() => {});
  });
  // a page from the back-forward cache has given its asks back
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (outbox.summary().isUnsafe) event.preventDefault();
  });
}

export function bindEvents({ api, projectId, queue, predictions, showCounts, learnShape }) {
  const refreshSoon = once(predictions.refreshNear, SETTLE_MS);
  const countSoon = once(showCounts, SETTLE_MS);
  const learnSoon = once(learnShape, SETTLE_MS);
  showCounts();
  learnSoon(); // the first image comes first
  listen(api.eventsUrl(projectId), (name, content) => {
    if (name === "predictions") {
      predictions.heard(content.network_id);
      refreshSoon();
      learnSoon(); // a new network means new labels
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

/** Escape goes round: image, buttons, bar. Where the session has ended, the way back in comes first. */
export function afterEscape(stage) {
  const from = document.activeElement;
  const signIn = byId("sign-in-again");
  if (!signIn.hidden && from !== signIn) return signIn;
  if (from.closest(".top")) return stage;
  if (from.closest(".panel")) return document.querySelector(".top a");
  return [...document.querySelectorAll(".panel button:not([disabled])")].find((button) => button.offsetParent !== null);
}
