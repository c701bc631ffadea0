import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi, Problem } from "../../app/static/label/api.js";
import { createSignIn, personOf } from "../../app/static/label/sign_in.js";
import { manualTimers } from "./timers.mjs";

function parts(fetcher) {
  const [link, target] = [{ hidden: true }, new EventTarget()];
  return { link, target, signIn: createSignIn({ link, target, person: "7", fetcher }) };
}

test("the link appears with the first 401 and goes with the next answer", () => {
  const { link, signIn } = parts();
  const hidden = [200, 401, 401, 404, 204].map((status) => {
    signIn.onStatus(status);
    return link.hidden;
  });

  assert.deepEqual(hidden, [true, false, false, true, true]);
});

test("coming back from the sign-in sends what waits, and nothing otherwise", () => {
  const { target, signIn } = parts();
  let sent = 0;
  signIn.onReturn(() => (sent += 1));

  target.dispatchEvent(new Event("focus"));
  signIn.onStatus(401);
  target.dispatchEvent(new Event("focus"));

  assert.equal(sent, 1);
});

test("a file that is kept back shows the link, and its wait ends with the next answer of the server", async () => {
  const { link, signIn } = parts(async (url) => new Response(null, { status: url === "/kept" ? 401 : 200 }));

  assert.equal(await signIn.isKeptBack("/there"), false);
  assert.equal(await signIn.isKeptBack("/kept"), true);
  assert.equal(link.hidden, false);
  const back = signIn.comingBack();
  signIn.onStatus(200);
  await back;

  assert.equal(link.hidden, true);
});

test("a look at a file that nobody answers ends, and nothing is waited for where the person is known again", async () => {
  const timers = manualTimers();
  const hanging = (_url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
  const [link, target] = [{ hidden: true }, new EventTarget()];
  const signIn = createSignIn({ link, target, person: "7", fetcher: hanging, timers });

  const kept = signIn.isKeptBack("/slow");
  await timers.advance(10_000);

  assert.equal(await kept, false);
  signIn.onStatus(401);
  signIn.onStatus(200); // before anybody waits
  await signIn.comingBack();
});

test("each request says for whom the page was made, and every status is heard", async () => {
  const { link, signIn } = parts();
  const asked = [];
  const api = createApi(async (url, init) => {
    asked.push(init.headers["Equimark-Person"]);
    return new Response("{}", { status: 401 });
  }, signIn);

  await assert.rejects(api.project(1), Problem);

  assert.deepEqual(asked, ["7"]);
  assert.equal(link.hidden, false);
});

test("without accounts nobody is named", async () => {
  const asked = [];
  const api = createApi(async (url, init) => {
    asked.push("Equimark-Person" in init.headers);
    return new Response("{}");
  }, createSignIn({ link: {}, target: new EventTarget(), person: personOf({ body: { dataset: {} } }) }));

  await api.project(1);

  assert.deepEqual(asked, [false]);
});
