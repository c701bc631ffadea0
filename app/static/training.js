/** The training page: fetches its live part again whenever the project says that something happened. */
import { fragment, posting } from "./fragments.js";

const NAMES = ["epoch", "run", "network"];
const RETRY_MS = 10_000;

const place = document.getElementById("live");
const problem = document.getElementById("problem");
const project = place.dataset.project;
const changed = fragment(place, `/projects/${project}/training/live`);

posting(place, (words) => {
  problem.hidden = words === null;
  problem.textContent = words ?? "";
  changed();
});

function watch() {
  const source = new EventSource(`/api/v1/projects/${project}/events`);
  for (const name of NAMES) source.addEventListener(name, changed);
  // what happened while the line was down is not told again to a page that had no event yet
  source.addEventListener("open", changed);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, RETRY_MS);
  });
}

watch();
