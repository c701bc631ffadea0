/** Who is who among the tabs of one browser: each holds locks as long as it lives. */
import { keyFor } from "./storage.js";

const PREFIX = "equimark-tab-";
/** The browser knows at once. One that does not say is no reason to show nothing. */
const ANSWER_LIMIT_MS = 2000;

/**
 * @param {LockManager|undefined} locks  missing outside secure contexts; then every other tab counts as gone, and an
 *   answer may be sent by two tabs: the server counts it once.
 * @param {string} tab  id of this one
 * @param {{projectId: number, person: string|null, timers: {set: Function, clear: Function}}} parts  where it labels, and who
 * @returns {{tab: string, look: () => Promise<{isOurs: (row: {tab: string}) => boolean, isAlone: boolean}>}}
 */
export function joinTabs(locks, tab, { projectId, person, timers }) {
  const work = `${keyFor("equimark-labelling", projectId, person)}/`;
  const names = [PREFIX + tab, work + tab];
  for (const name of names) locks?.request(name, () => new Promise(() => {}));

  async function heldNames() {
    if (!locks) return [];
    const { held } = await within(locks.query(), ANSWER_LIMIT_MS, timers).catch((error) => {
      console.warn("The browser does not say which tabs there are.", error);
      return { held: [] };
    });
    return held.map(({ name }) => name);
  }

  return {
    tab,
    /** At the other tabs. `isOurs`: of what is kept for all of them; `isAlone`: nobody else labels here in this browser */
    async look() {
      const alive = new Set(await heldNames());
      const others = [...alive].filter((name) => name.startsWith(work) && name !== work + tab);
      return { isOurs: (row) => row.tab === tab || !alive.has(PREFIX + row.tab), isAlone: others.length === 0 };
    },
  };
}

function within(promise, ms, timers) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = timers.set(() => reject(new Error("No answer in time.")), ms);
  });
  return Promise.race([promise, limit]).finally(() => timers.clear(timer));
}
