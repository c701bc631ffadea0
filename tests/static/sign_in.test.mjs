import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi, Problem } from "../../app/static/label/api.js";
import { createSignIn, personOf } from "../../app/static/label/sign_in.js";

function parts() {
  const [link, target] = [{ hidden: true }, new EventTarget()];
  return { link, target, signIn: createSignIn({ link, target, person: "7" }) };
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
