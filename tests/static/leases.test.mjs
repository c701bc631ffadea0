import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../app/static/label/api.js";
import { createLeases } from "../../app/static/label/leases.js";
import { makeAsk } from "./asks.mjs";

/** Five minutes of lease by the server's clock, whatever the local one says. */
const SERVED_AT = Date.parse("2026-11-22T10:00:00Z");
const ENDS_AT = "2026-11-22T10:05:00Z";

function makeLeases(part = {}) {
  const time = { ms: 0 };
  const renewed = [];
  const lost = [];
  const ask = makeAsk();
  const leases = createLeases({
    held: () => [ask],
    async renew(leaseId) {
      renewed.push(leaseId);
      return { body: { expires_at: ENDS_AT }, servedAt: SERVED_AT };
    },
    onLost: ({ lease_id: leaseId }) => lost.push(leaseId),
    isPresent: () => true,
    now: () => time.ms,
    every() {},
    ...part,
  });
  leases.note(ask.lease_id, ENDS_AT, SERVED_AT);
  return { leases, time, renewed, lost, ask };
}

test("a held lease is renewed when half of it has passed, and again after that", async () => {
  const { leases, time, renewed } = makeLeases();

  for (const seconds of [149, 151, 299, 302]) {
    time.ms = seconds * 1000;
    await leases.check();
  }

  assert.equal(renewed.length, 2);
});

test("nobody there, nothing renewed", async () => {
  const { leases, time, renewed } = makeLeases({ isPresent: () => false });
  time.ms = 200_000;

  await leases.check();

  assert.deepEqual(renewed, []);
});

test("a lease that has gone for good is told once; a failed connection is not that", async () => {
  const errors = [new Problem(503, null), new Problem(409, { code: "lease_lost" })];
  const { leases, time, lost, ask } = makeLeases({ renew: () => Promise.reject(errors.shift()) });
  time.ms = 200_000;

  await leases.check();
  assert.deepEqual(lost, []);
  await leases.check();
  await leases.check();

  assert.deepEqual(lost, [ask.lease_id]);
});

test("what an earlier page left is renewed at once, however old; what has gone is held no longer", async () => {
  const gone = makeAsk();
  const { leases, renewed, lost, ask } = makeLeases({
    async renew(leaseId) {
      if (leaseId === gone.lease_id) throw new Problem(410, { code: "lease_lost" });
      renewed.push(leaseId);
      return { body: { expires_at: ENDS_AT }, servedAt: SERVED_AT };
    },
  });

  await leases.renewAll([ask, gone, makeAsk({ lease_id: null })]);

  assert.deepEqual([renewed, lost], [[ask.lease_id], [gone.lease_id]]);
});
