/** Server-sent events of one project: predictions, networks, runs. The browser reconnects and resumes by itself. */
const RETRY_MS = 30_000;
const NAMES = ["predictions", "network", "run"];

/**
 * @param {string} url
 * @param {(name: string, content: object) => void} onEvent
 * @returns {() => void} stops listening
 */
export function listen(url, onEvent) {
  let source = null;
  let timer = null;

  function connect() {
    source = new EventSource(url);
    for (const name of NAMES) source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
    // after an answer that is not 200 the browser gives up for good; a restarting server deserves another try
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, RETRY_MS);
    });
  }

  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
