/** Keeps leases alive while their asks are held and the annotator is there. */
const CHECK_MS = 15_000;

/**
 * Times are differences: the end of a lease is compared with the server's own clock (its Date header) and counted
 * on a monotonic clock, so a local clock that is a year wrong changes nothing.
 *
 * @param {object} parts
 * @param {() => object[]} parts.held  the asks in hand
 * @param {(leaseId: string) => Promise<{body: {expires_at: string}, servedAt: number}>} parts.renew
 * @param {(ask: object) => void} parts.onLost  the lease has gone for good
 * @param {() => boolean} parts.isPresent
 */
export function createLeases({ held, renew, onLost, isPresent, now, every = setInterval }) {
  const terms = new Map(); // lease id -> {since, lasts} in ms

  function note(leaseId, expiresAt, servedAt) {
    if (leaseId === null) return;
    terms.set(leaseId, { since: now(), lasts: Date.parse(expiresAt) - servedAt });
  }

  async function prolong(ask) {
    const leaseId = ask.lease_id;
    try {
      const { body, servedAt } = await renew(leaseId);
      note(leaseId, body.expires_at, servedAt);
    } catch (error) {
      if (error.isRetryable !== false) return;
      terms.delete(leaseId);
      onLost({ ...ask, lease_id: leaseId });
    }
  }

  async function check() {
    if (!isPresent()) return;
    for (const ask of held().filter(({ lease_id: id }) => terms.has(id))) {
      const { since, lasts } = terms.get(ask.lease_id);
      if (now() - since >= lasts / 2) await prolong(ask);
    }
  }

  /** At once, whenever they end: what an earlier page left in hand. Nobody knows how long ago that was. */
  async function renewAll(asks) {
    const leased = asks.filter(({ lease_id: leaseId }) => leaseId !== null);
    for (const { lease_id: leaseId } of leased) terms.set(leaseId, { since: now(), lasts: 0 });
    await Promise.all(leased.map(prolong));
  }

  every(check, CHECK_MS);
  return { note, check, renewAll, forget: (leaseId) => terms.delete(leaseId) };
}
