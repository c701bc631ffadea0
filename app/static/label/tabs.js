/** Who is who among the tabs of one browser: each holds a lock as long as it lives. */
const PREFIX = "equimark-tab-";

/**
 * @param {LockManager|undefined} locks  missing outside secure contexts; then every other tab counts as gone, and an
 *   answer may be sent by two tabs: the server counts it once.
 * @returns {{tab: string, findOurs: () => Promise<(row: {tab: string}) => boolean>}}
 */
export function joinTabs(locks, tab) {
  locks?.request(PREFIX + tab, () => new Promise(() => {}));
  return {
    tab,
    async findOurs() {
      const held = locks ? (await locks.query()).held : [];
      const alive = new Set(held.map(({ name }) => name));
      return (row) => row.tab === tab || !alive.has(PREFIX + row.tab);
    },
  };
}
