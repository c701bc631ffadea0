/** Who is who among the tabs of one browser: each holds locks as long as it lives. */
import { keyFor, withLimit } from "./storage.js";

const PREFIX = "equimark-tab-";
const LIMIT_MS = 2000; // a browser that does not say is no reason to show nothing

/**
 * @param {LockManager|undefined} locks  missing outside secure contexts; then every other tab counts as gone, and an
 *   answer may be sent by two tabs: the server counts it once.
 * @returns {{tab: string, look: () => Promise<{isOurs: (row: {tab: string}) => boolean, isAlone: boolean}>}}
 *   isAlone: no other tab of this person labels in this project
 */
export function joinTabs(locks, tab, { projectId, person, limitMs = LIMIT_MS }) {
  const work = `${keyFor("equimark-labelling", projectId, person)}/`;
  for (const prefix of [PREFIX, work]) locks?.request(prefix + tab, () => new Promise(() => {}));
  return {
    tab,
    async look() {
      const held = locks ? await withLimit(locks.query(), limitMs).then((found) => found.held, () => []) : [];
      const alive = new Set(held.map(({ name }) => name));
      alive.delete(work + tab);
      return { isOurs: (row) => row.tab === tab || !alive.has(PREFIX + row.tab), isAlone: ![...alive].some((name) => name.startsWith(work)) };
    },
  };
}
