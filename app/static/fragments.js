/** Parts of a page that the server renders and that change while one looks at them. */
import { problemWords, t } from "./language.js";

const GAP_MS = 1000;

/**
 * Fetch a fragment and put it in place when something happened, at most once in GAP_MS.
 * The element that has the focus keeps it if it has an id and is still there.
 *
 * @param {HTMLElement} place
 * @param {string} url
 * @returns {() => void} call it whenever something happened
 */
export function fragment(place, url) {
  let timer = null;
  let isStale = false;

  async function refresh() {
    isStale = false;
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) replace(place, await answer.text());
    timer = setTimeout(() => {
      timer = null;
      if (isStale) changed();
    }, GAP_MS);
  }

  function changed() {
    isStale = true;
    if (timer === null) {
      timer = 0;
      refresh();
    }
  }
  return changed;
}

/**
 * @param {HTMLElement} place
 * @param {string} html rendered and escaped by our own server
 */
function replace(place, html) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const parsed = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...parsed.body.childNodes);
  if (focused) document.getElementById(focused)?.focus();
}

/**
 * Send forms marked data-post as JSON instead.
 *
 * @param {HTMLElement} place
 * @param {(problem: string|null) => void} done gets the problem in words, or null
 * @returns {() => void} stops listening
 */
export function posting(place, done) {
  async function send(event) {
    const form = event.target.closest("form[data-post]");
    if (!form) return;
    event.preventDefault();
    const headers = { "Content-Type": "application/json" };
    const button = form.querySelector("button");
    button.disabled = true;
    const answer = await fetch(form.dataset.post, { method: "POST", headers, body: form.dataset.body ?? "{}" }).catch(() => null);
    button.disabled = false;
    if (answer === null) done(t("The server does not answer. Nothing was changed."));
    else done(answer.ok ? null : await refusalOf(answer));
  }
  place.addEventListener("submit", send);
  return () => place.removeEventListener("submit", send);
}

async function refusalOf(answer) {
  const problem = await answer.json().catch(() => null);
  return problem?.detail ? problemWords(problem.code, problem.detail) : t("The server answered {status}.", { status: answer.status });
}
