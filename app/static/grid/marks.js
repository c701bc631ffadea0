/**
 * What a reload of this tab keeps: the shown page as it is marked, with its undo steps, and the pages confirmed before it.
 *
 * @typedef {{answers: (string|null|undefined)[], selected: number[], focus: number}} Step
 * @typedef {{tiles: import("./state.js").Tile[], past: Step[], future: Step[]}} Marked
 */
const STEPS_KEPT = 50;
const PAGES_KEPT = 5;

/** @param {Storage} storage sessionStorage: another tab has another page */
export function createMarks({ storage, projectId, kind }) {
  const key = `equimark-grid/${projectId}/${kind}`;
  const keyBefore = `${key}/before`;

  function write(name, row) {
    try {
      if (row === null) storage.removeItem(name);
      else storage.setItem(name, JSON.stringify(row));
    } catch (error) {
      console.warn("These marks are not kept through a reload.", error); // full, or forbidden
    }
  }

  return {
    /** @param {(Marked & {seconds: number, selected: number[], focus: number})|null} shown  null: nothing is marked */
    keep: (shown) => write(key, shown && packed(shown)),
    /** @param {{pages: Marked[], revisions: Map<string, number>}} before  oldest first, and the numbers of their answers */
    keepBefore({ pages, revisions }) {
      const kept = pages.slice(-PAGES_KEPT).map(packed);
      const ids = kept.flatMap(({ tiles }) => tiles.map(({ itemId }) => itemId));
      write(keyBefore, { pages: kept, revisions: ids.filter((id) => revisions.has(id)).map((id) => [id, revisions.get(id)]) });
    },
    find() {
      const [shown, before] = [key, keyBefore].map((name) => JSON.parse(storage.getItem(name)));
      return { shown: shown && unpacked(shown), pages: (before?.pages ?? []).map(unpacked), revisions: before?.revisions ?? [] };
    },
  };
}

// JSON leaves out what is undefined in an object and makes it null in a list: null is an answer, undefined is none
function packed({ past, future, ...page }) {
  const steps = (all) => all.slice(-STEPS_KEPT).map((step) => ({ ...step, answers: step.answers.map((answer) => (answer === undefined ? [] : [answer])) }));
  return { ...page, past: steps(past), future: steps(future) };
}

function unpacked({ tiles, past = [], future = [], ...page }) {
  const steps = (all) => all.map((step) => ({ ...step, answers: step.answers.map(([answer]) => answer) }));
  return { ...page, tiles: tiles.map((tile) => ({ answer: undefined, sent: undefined, ...tile })), past: steps(past), future: steps(future) };
}
