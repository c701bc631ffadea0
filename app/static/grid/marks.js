/** Unconfirmed marks of the shown page, through a reload of this tab. */

/** @param {Storage} storage sessionStorage: another tab has another page */
export function createMarks({ storage, projectId, kind }) {
  const key = `equimark-grid/${projectId}/${kind}`;
  return {
    /** @param {{tiles: object[], seconds: number}|null} row null: there are none */
    keep(row) {
      try {
        if (row === null) storage.removeItem(key);
        else storage.setItem(key, JSON.stringify(row));
      } catch (error) {
        console.warn("These marks are not kept through a reload.", error); // full, or forbidden
      }
    },
    find() {
      const text = storage.getItem(key);
      // JSON leaves out what is undefined, and undefined is what a tile without an answer has
      const withAnswer = (tile) => ({ answer: undefined, sent: undefined, ...tile });
      if (text === null) return null;
      const { tiles, seconds } = JSON.parse(text);
      return { tiles: tiles.map(withAnswer), seconds };
    },
  };
}
