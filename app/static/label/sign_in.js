/**
 * What the page does when its session has ended: it says so, keeps all answers, and goes on by itself once the person
 * is signed in again in another tab. Without accounts none of this ever happens.
 */

/** @returns {string|null} number of the person for whom the page was made; null without accounts */
export function personOf(page) {
  return page.body.dataset.person ?? null;
}

/**
 * @param {{link: {hidden: boolean}, person: string|null, target: EventTarget}} parts
 *   target  where "focus" is heard: coming back from the tab of the sign-in
 */
export function createSignIn({ link, person, target }) {
  const goOn = [];
  let isOut = false;
  target.addEventListener("focus", () => {
    if (isOut) for (const act of goOn) act();
  });
  return {
    person,
    /** Heard after every answer of the server. @param {number} status */
    onStatus(status) {
      isOut = status === 401;
      link.hidden = !isOut;
    },
    /** @param {() => void} act  what waits for the sign-in */
    onReturn: (act) => goOn.push(act),
  };
}
