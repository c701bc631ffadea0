/** Keeps leases alive while their asks are held and the annotator is there. */
const CHECK_MS = 15_000;

/**
 * Times are differences: the end of a lease is compared with the server's own clock (its Date header) and counted
 * on a monotonic clock, so a local clock that is a year wrong changes nothing.
 *
 * @param {object} parts
 * @param {() => object[]} parts.held  the asks in hand
 * @param {(leaseIds: string[]) => Promise<{body: {expires_at: string, lost: string[]}, servedAt: number}>} parts.renew
 * @param {(leaseId: string) => void} parts.onLost  the lease has gone for good
 * @param {() => boolean} parts.isPresent
 */
export function createLeases({ held, renew, onLost, isPresent, now, every = setInterval }) {
  const terms = new Map(); // lease id -> {since, lasts} in ms

  function note(leaseId, expiresAt, servedAt) {
    if (leaseId === null) return;
    terms.set(leaseId, { since: now(), lasts: Date.parse(expiresAt) - servedAt });
  }

  async function prolong(leaseIds) {
    if (leaseIds.length === 0) return;
    // no connection or no session: they are tried again
    const response = await renew(leaseIds).catch(() => null);
    if (!response) return;
    const { body: { expires_at: expiresAt, lost }, servedAt } = response;
    for (const leaseId of leaseIds) {
      if (!lost.includes(leaseId)) note(leaseId, expiresAt, servedAt);
      else if (terms.delete(leaseId)) onLost(leaseId); // what was answered meanwhile is forgotten already
    }
  }

  function isHalfOver(leaseId) {
    const { since, lasts } = terms.get(leaseId);
    return now() - since >= lasts / 2;
  }

  async function check() {
    if (!isPresent()) return;
    await prolong(held().map(({ lease_id: id }) => id).filter((id) => terms.has(id) && isHalfOver(id)));
  }

  /** At once, whenever they end: what an earlier page left in hand. Nobody knows how long ago that was. */
  async function renewAll(asks) {
    const leased = asks.map(({ lease_id: leaseId }) => leaseId).filter((leaseId) => leaseId !== null);
    for (const leaseId of leased) terms.set(leaseId, { since: now(), lasts: 0 });
    await prolong(leased);
  }

  every(check, CHECK_MS);
  return { note, check, renewAll, forget: (leaseId) => terms.delete(leaseId) };
}
