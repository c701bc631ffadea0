/**
 * What a reload of this tab keeps: the shown page as it is marked, with its undo steps, and the pages confirmed before it.
 *
 * @typedef {{answers: (string|null|undefined)[], selected: number[], focus: number}} Step
 * @typedef {{tiles: import("./state.js").Tile[], past: Step[], future: Step[]}} Marked
 */
import { keyFor } from "../label/storage.js";

const STEPS_KEPT = 50;
const PAGES_KEPT = 5;

/**
 * @param {object} parts
 * @param {Storage} parts.storage  sessionStorage: another tab has another page
 * @param {string|null} parts.person  who answers here; on a shared computer the next one has marks of their own
 */
export function createMarks({ storage, projectId, kind, person = null }) {
  const key = keyFor(`equimark-grid/${projectId}/${kind}`, null, person);
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
