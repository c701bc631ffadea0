/** Unfinished work on the shown image, kept through a closed tab or a reload. */
const SAVE_AFTER_MS = 250;

/**
 * @param {object} parts
 * @param {import("./storage.js").Shelf} parts.shelf
 * @param {string|null} parts.person  who labels here; on a shared computer nobody goes on with somebody else's work
 */
export function createDrafts({ shelf, projectId, tab, timers, wallClock, person = null }) {
  let timer = null;
  let pending = null; // the row to be written

  /** A refused answer that is opened again is apart from what was begun on the image otherwise. */
  const keyOf = (ask, replaces) => [projectId, ask.image.id, ask.kind, replaces, person && `of ${person}`].filter((part) => part !== null).join("/");

  async function write() {
    const row = pending;
    pending = null;
    if (!row) return;
    await shelf.put({ ...row, saved_at: wallClock().toISOString() }).catch((error) => {
      console.warn("This draft is not kept through a reload.", error);
    });
  }

  return {
    /** Soon, and only once for a burst of changes on one image. `replaces`: id of the refused answer that it mends */
    save(ask, work, seconds, replaces = null) {
      const key = keyOf(ask, replaces);
      if (pending && pending.key !== key) write();
      pending = { key, project_id: projectId, person, tab, ask, work, seconds, replaces };
      timers.clear(timer);
      timer = timers.set(write, SAVE_AFTER_MS);
    },
    /** Now: the page is going. */
    flush: write,
    async remove(ask, replaces = null) {
      const key = keyOf(ask, replaces);
      if (pending?.key === key) pending = null;
      await shelf.delete(key).catch((error) => console.warn("An old draft stays.", error));
    },
    /** @returns {Promise<object[]>} this person's drafts of this project that no other tab has open, newest first */
    async load(isOurs) {
      const rows = await shelf.all().catch((error) => {
        console.warn("Drafts cannot be read.", error);
        return [];
      });
      return rows
        .filter((row) => row.project_id === projectId && (row.person ?? null) === person && isOurs(row))
        .sort((a, b) => b.saved_at.localeCompare(a.saved_at));
    },
  };
}
