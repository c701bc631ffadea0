/**
 * The one state of grid mode: plain data, no DOM.
 *
 * @typedef {object} Tile
 * @property {object} ask     shaped as the labelling page's, so that its outbox and its "open again" know what to do
 * @property {{prediction_id: number, value: string, share: number}|null} said  by the network
 * @property {string|null|undefined} answer  a class, null = cannot tell, undefined = left out
 * @property {string|null|undefined} sent    what was answered before, on a page that is seen again
 * @property {string|null} itemId            id of that answer
 * @property {string|null} replaces          id of a refused answer that this tile opens again
 * @property {boolean} isBroken              its picture does not open
 */
import { aroundState } from "../label/around.js";
import { bindKeys } from "../label/bound.js";

/** @param {{name: string, question: string, classes: string[]}} attribute */
export function initialState(attribute, keys = bindKeys()) {
  return {
    ...aroundState(keys),
    attribute,
    phase: "loading", // "loading" | "showing" | "empty" | "refused"
    problem: null, // words for the phase "refused"
    tiles: [],
    page: 0, // number of the shown page, so that drawing knows a new one
    isEarlier: false, // a confirmed page is seen again
    isSeen: false, // on screen long enough to be answered
    focus: 0,
    anchor: 0, // where a range begins
    selected: [], // indices, ascending
    past: [], // answers, selection and focus before each change of this page, oldest first
    future: [], // the same after each change that was undone
    canGoBack: false,
  };
}

/** A tile of a page that the server leased. The network's class is the answer until the annotator says otherwise. */
export function tileFrom({ lease_id, revision, image, said }, kind) {
  return {
    ask: { lease_id, kind, image, revision, reason: null, label: null, prediction: null },
    said,
    answer: said?.value,
    sent: undefined,
    itemId: null,
    replaces: null,
    isBroken: false,
  };
}

/** @returns {Tile[]} tiles whose answer would go out now: given, and not what was sent already */
export function tilesToSend(tiles) {
  return tiles.filter(({ answer, sent }) => answer !== undefined && answer !== sent);
}

/** @returns {boolean} whether the page is worth keeping: with marks, or with steps that can be undone or redone */
export function isBegun({ tiles, past, future }) {
  return isMarked(tiles) || past.length > 0 || future.length > 0;
}

/** @returns {boolean} whether the annotator has changed anything on this page */
export function isMarked(tiles) {
  return tiles.some(({ answer, sent, said, itemId, isBroken }) => {
    if (itemId !== null) return answer !== sent;
    return answer !== said?.value && !(isBroken && answer === undefined);
  });
}
