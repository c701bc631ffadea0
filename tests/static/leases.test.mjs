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
    async renew(leaseIds) {
      renewed.push(...leaseIds);
      return { body: { expires_at: ENDS_AT, lost: [] }, servedAt: SERVED_AT };
    },
    onLost: (leaseId) => lost.push(leaseId),
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
  let isUp = false;
  const { leases, time, lost, ask } = makeLeases({
    async renew(leaseIds) {
      if (!isUp) throw new Problem(503, null);
      return { body: { expires_at: ENDS_AT, lost: leaseIds }, servedAt: SERVED_AT };
    },
  });
  time.ms = 200_000;

  await leases.check();
  assert.deepEqual(lost, []);
  isUp = true;
  await leases.check();
  await leases.check();

  assert.deepEqual(lost, [ask.lease_id]);
});

test("what an earlier page left is renewed at once, however old; what has gone is held no longer", async () => {
  const gone = makeAsk();
  const { leases, renewed, lost, ask } = makeLeases({
    async renew(leaseIds) {
      renewed.push(...leaseIds);
      return { body: { expires_at: ENDS_AT, lost: [gone.lease_id] }, servedAt: SERVED_AT };
    },
  });

  await leases.renewAll([ask, gone, makeAsk({ lease_id: null })]);

  assert.deepEqual([renewed, lost], [[ask.lease_id, gone.lease_id], [gone.lease_id]]);
});

test("many leases are renewed by one request", async () => {
  const requests = [];
  const asks = Array.from({ length: 21 }, () => makeAsk());
  const { leases, time } = makeLeases({
    held: () => asks,
    async renew(leaseIds) {
      requests.push(leaseIds.length);
      return { body: { expires_at: ENDS_AT, lost: [] }, servedAt: SERVED_AT };
    },
  });
  for (const { lease_id: leaseId } of asks) leases.note(leaseId, ENDS_AT, SERVED_AT);
  time.ms = 200_000;

  await leases.check();

  assert.deepEqual(requests, [21]);
});
