/**
 * Pages held ahead of the annotator: one is shown, one is leased with its pictures loaded.
 *
 * @typedef {{tiles: import("./state.js").Tile[], since: number, lasts: number}} Page
 *   since, lasts: ms of the monotonic clock and length of its leases, by the server's own clock
 */
import { createBackoff } from "../label/backoff.js";
import { tileFrom } from "./state.js";

const CHECK_MS = 15_000;

/**
 * @param {object} parts
 * @param {() => Promise<{body: object, servedAt: number}>} parts.ask  leases one more page
 * @param {(leaseIds: string[]) => Promise<{body: object, servedAt: number}>} parts.renew
 * @param {(leaseIds: string[], options?: object) => Promise<unknown>} parts.release
 * @param {(image: object) => Promise<void>} parts.load  a thumbnail, ahead of its time
 * @param {() => boolean} parts.isPresent
 * @param {() => void} parts.onChange
 */
export function createPages({ ask, renew, release, load, kind, isPresent, onChange, timers, every = setInterval }) {
  const held = new Set(); // pages whose leases are ours
  const backoff = createBackoff(timers.random);
  let next = null;
  let isAsking = false;
  let isExhausted = false;
  let isClosed = false;
  let failures = 0;
  let problem = null; // while there is one, nothing is asked but by its timer or by `wake`

  async function fill() {
    if (isAsking || next || isExhausted || isClosed || problem) return;
    isAsking = true;
    try {
      const { body, servedAt } = await ask();
      failures = 0;
      accept(body, servedAt);
    } catch (error) {
      failures += 1;
      problem = error;
      if (error.isRetryable !== false) timers.set(again, backoff(failures));
    }
    isAsking = false;
    onChange();
  }

  function again() {
    problem = null;
    fill();
  }

  function accept({ tiles, expires_at: expiresAt }, servedAt) {
    if (isClosed) return giveBack(tiles.map(({ lease_id: id }) => id));
    if (tiles.length === 0) isExhausted = true;
    else {
      next = hold(tiles.map((tile) => tileFrom(tile, kind)), Date.parse(expiresAt) - servedAt);
      for (const { image } of tiles) load(image).catch(() => {}); // the tile itself will say that it does not open
    }
    return undefined;
  }

  /** @returns {Page} */
  function hold(tiles, lasts) {
    const page = { tiles, since: timers.now(), lasts };
    held.add(page);
    return page;
  }

  function giveBack(leaseIds, options) {
    const ids = leaseIds.filter((id) => id !== null);
    if (ids.length > 0) release(ids, options).catch(() => {}); // they would end anyway
  }

  async function check() {
    if (!isPresent()) return;
    for (const page of [...held].filter(({ since, lasts }) => timers.now() - since >= lasts / 2)) {
      const ids = page.tiles.map(({ ask: { lease_id: id } }) => id).filter((id) => id !== null);
      const response = ids.length > 0 && (await renew(ids).catch(() => null)); // without an answer, the next look tries again
      if (response) renewed(page, response);
    }
  }

  /** Images that somebody took over: on the shown page they stay, since a late answer is still taken. */
  function renewed(page, { body, servedAt }) {
    page.since = timers.now();
    page.lasts = Date.parse(body.expires_at) - servedAt;
    if (page !== next) return;
    page.tiles = page.tiles.filter(({ ask: { lease_id: id } }) => !body.lost.includes(id));
    if (page.tiles.length > 0) return;
    held.delete(page);
    next = null;
    fill();
  }

  every(check, CHECK_MS);
  return {
    fill,
    check,
    hold,
    get isExhausted() {
      return isExhausted;
    },
    get problem() {
      return problem;
    },
    /** The next page, or null where there is none yet. */
    take() {
      const page = next;
      next = null;
      fill();
      return page;
    },
    /** The page is confirmed: its leases end with its answers, and those without an answer go back. */
    finish(page, leftOut) {
      held.delete(page);
      giveBack(leftOut.map(({ ask: { lease_id: id } }) => id));
    },
    /** Something changed on the server: ask again. */
    wake() {
      isExhausted = false;
      failures = 0;
      again();
    },
    /** The browser page is left; `kept` has marks that come back with it. */
    close(kept) {
      isClosed = true;
      const given = [...held].filter((page) => page !== kept);
      giveBack(given.flatMap(({ tiles }) => tiles.map(({ ask: { lease_id: id } }) => id)), { keepalive: true });
    },
  };
}
