import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi, NetworkFailure, Problem } from "../../app/static/label/api.js";
import { createVersionWatch } from "../../app/static/label/version.js";

const answering = (status, body, headers = {}) => async () => new Response(body, { status, headers });

test("a request carries JSON and the answer its server time", async () => {
  const asked = [];
  const api = createApi(async (url, init) => {
    asked.push([url, init.method, init.headers["Content-Type"], init.body]);
    return new Response('{"id": 1}', { headers: { Date: "Sun, 22 Nov 2026 10:00:00 GMT" } });
  });

  const { body, servedAt } = await api.nextAsk(3, null);

  assert.deepEqual(asked, [["/api/v1/projects/3/asks/next", "POST", "application/json", '{"kinds":null}']]);
  assert.deepEqual(body, { id: 1 });
  assert.equal(servedAt, Date.parse("2026-11-22T10:00:00Z"));
});

test("204 is nothing, not an error", async () => {
  const { body } = await createApi(answering(204, null)).nextAsk(1, null);

  assert.equal(body, null);
});

test("a problem document becomes a Problem with its words and code", async () => {
  const document = JSON.stringify({ code: "stale_revision", detail: "At revision 4.", actual: 4, retryable: false });
  const api = createApi(answering(409, document, { "Retry-After": "2" }));

  await assert.rejects(api.project(1), (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual(
      [error.status, error.code, error.message, error.context.actual, error.isRetryable, error.retryAfterMs],
      [409, "stale_revision", "At revision 4.", 4, false, 2000],
    );
    return true;
  });
});

test("an error page of a proxy is a Problem too, a cut answer a network failure", async () => {
  await assert.rejects(createApi(answering(502, "<html>")).project(1), { name: "Problem", message: "The server answered 502." });
  await assert.rejects(createApi(answering(200, '{"id": ')).project(1), NetworkFailure);
});

test("no connection is a network failure", async () => {
  const api = createApi(() => Promise.reject(new TypeError("Failed to fetch")));

  await assert.rejects(api.project(1), NetworkFailure);
});

test("case 108: an old page is told once that the service was updated, and its requests are taken", async () => {
  const told = [];
  let served = "0.1.0-old";
  const onVersion = createVersionWatch("0.1.0-old", (text) => told.push(text));
  const api = createApi(async () => new Response("{}", { headers: { "Equimark-Version": served } }), { onVersion });

  await api.project(1);
  assert.deepEqual(told, []);
  served = "0.2.0-new";
  assert.deepEqual((await api.request("PUT", "/images/1/landmarks", {})).body, {});
  served = "0.1.0-old";
  await api.project(1);
  served = "0.2.0-new";
  await api.project(1);

  assert.deepEqual(told, ["Equimark was updated. Reload this page when it suits you; nothing is lost."]);
  await createApi(async () => new Response("{}"), { onVersion: () => assert.fail("a proxy says no version") }).project(1);
});
