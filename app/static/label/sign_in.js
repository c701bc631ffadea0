/**
 * What the page does when its session has ended: it says so, keeps all answers, and goes on by itself once the person
 * is signed in again in another tab. Without accounts none of this ever happens.
 */

const LOOK_LIMIT_MS = 10_000;
const REAL = { set: (act, ms) => setTimeout(act, ms), clear: (timer) => clearTimeout(timer) };

/** @returns {string|null} number of the person for whom the page was made; null without accounts */
export function personOf(page) {
  return page.body.dataset.person ?? null;
}

/**
 * @param {{link: {hidden: boolean}, person: string|null, target: EventTarget, fetcher: typeof fetch}} parts
 *   target  where "focus" is heard: coming back from the tab of the sign-in
 */
export function createSignIn({ link, person, target, fetcher, timers = REAL }) {
  const goOn = [];
  let waiting = [];
  let isOut = false;
  target.addEventListener("focus", () => {
    if (!isOut) return;
    for (const act of goOn) act();
    resume();
  });

  function resume() {
    const resolved = waiting;
    waiting = [];
    for (const resolve of resolved) resolve();
  }

  /** Heard after every answer of the server. @param {number} status */
  function onStatus(status) {
    const wasOut = isOut;
    isOut = status === 401;
    link.hidden = !isOut;
    if (wasOut && !isOut) resume();
  }

  return {
    person,
    onStatus,
    /** @param {() => void} act  what waits for the sign-in */
    onReturn: (act) => goOn.push(act),
    /** Whether a file is kept back for want of a session: an element that loads it cannot tell. */
    async isKeptBack(url) {
      const abort = new AbortController();
      const timer = timers.set(() => abort.abort(), LOOK_LIMIT_MS);
      const response = await fetcher(url, { credentials: "same-origin", signal: abort.signal }).catch(() => null);
      timers.clear(timer);
      abort.abort(); // of the bytes nothing is wanted
      if (response?.status === 401) onStatus(401);
      return response?.status === 401;
    },
    /** Settles when the person comes back to this tab, or when the server knows them again, as it may by now. */
    comingBack: () => (isOut ? new Promise((resolve) => { waiting.push(resolve); }) : Promise.resolve()),
  };
}
