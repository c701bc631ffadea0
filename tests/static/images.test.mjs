import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createImages } from "../../app/static/label/images.js";
import { manualTimers } from "./timers.mjs";

const IMAGE = { id: 1, name: "a.png", file_url: "/1" };

/** Elements whose decode() follows a script: an Error to reject with, or null. */
function makeImages(script, signIn = { isKeptBack: async () => false }) {
  const timers = manualTimers();
  const made = [];
  const images = createImages({
    timers,
    signIn,
    makeImage() {
      const outcome = script.shift() ?? null;
      const element = { decode: () => (outcome ? Promise.reject(outcome) : Promise.resolve()) };
      made.push(element);
      return element;
    },
  });
  return { images, timers, made };
}

const broken = () => Object.assign(new Error("The source image cannot be decoded."), { name: "EncodingError" });

test("an image is loaded once and found as the element that was decoded", async () => {
  const { images, made } = makeImages([]);
  await images.load(IMAGE);
  await images.load(IMAGE);

  assert.equal(made.length, 1);
  assert.equal(images.find(1), made[0]);
  assert.equal(made[0].src, "/1");
});

test("a failure is tried again, since it may have been the connection", async () => {
  const { images, timers, made } = makeImages([broken(), broken()]);

  const loaded = images.load(IMAGE);
  await timers.advance(5000);
  await loaded;

  assert.equal(images.find(1), made[2]);
});

test("one that has come but is not decoded, as in a tab in the background, is shown all the same", async () => {
  const timers = manualTimers();
  const element = { decode: () => new Promise(() => {}) };
  const images = createImages({ timers, signIn: {}, makeImage: () => element });

  const loaded = images.load(IMAGE);
  await timers.advance(1000);
  element.onload();
  await timers.advance(1999);
  assert.equal(images.find(1), null);
  await timers.advance(1);
  await loaded;

  assert.equal(images.find(1), element);
});

test("an image that never opens is said with its name", async () => {
  const { images, timers } = makeImages([broken(), broken(), broken()]);

  const loaded = assert.rejects(images.load(IMAGE), /^Error: a\.png cannot be loaded or is not an image\.$/);
  await timers.advance(5000);
  await loaded;

  assert.equal(images.find(1), null);
});

test("an image that is kept back for want of a session is not broken: it comes with the sign-in", async () => {
  let comeBack;
  const back = new Promise((resolve) => { comeBack = resolve; });
  const { images, timers, made } = makeImages([broken(), broken(), broken()], { isKeptBack: async () => true, comingBack: () => back });

  const loaded = images.load(IMAGE);
  await timers.advance(5000);
  assert.equal(images.find(1), null);
  comeBack();
  await loaded;

  assert.equal(images.find(1), made[3]);
});

test("only the newest images are kept", async () => {
  const { images } = makeImages([]);
  for (let id = 1; id <= 20; id += 1) await images.load({ ...IMAGE, id });

  assert.equal(images.find(1), null);
  assert.notEqual(images.find(20), null);
});

test("an image that is wanted again stays, however long ago it was loaded", async () => {
  const { images, made } = makeImages([]);
  for (let id = 1; id <= 12; id += 1) await images.load({ ...IMAGE, id });

  await images.load(IMAGE); // another question about the first of them
  await images.load({ ...IMAGE, id: 13 });

  assert.equal(images.find(1), made[0]);
  assert.equal(images.has(2), false);
});

describe("bytes of images further ahead", () => {
  const blob = { size: 10 };
  const kept = (part) => {
    const images = createImages({
      timers: manualTimers(), signIn: {}, mostBytes: 25, fetchBytes: async () => blob, ...part,
      makeImage: () => ({ decode: async () => {} }),
    });
    return images;
  };

  test("are shown from memory when their turn comes, and are then held no more", async (context) => {
    const revoked = [];
    context.mock.method(URL, "createObjectURL", () => "blob:1");
    context.mock.method(URL, "revokeObjectURL", (url) => revoked.push(url));
    const images = kept();

    await images.keep(IMAGE);
    await images.load(IMAGE);

    assert.deepEqual([images.find(1).src, revoked], ["blob:1", ["blob:1"]]);
  });

  test("are bounded, and go with their asks", async () => {
    const images = kept();
    for (const id of [1, 2]) await images.keep({ ...IMAGE, id });
    assert.equal(images.hasRoom(), true);
    await images.keep({ ...IMAGE, id: 3 });
    assert.equal(images.hasRoom(), false);

    images.keepOnly(new Set([2]));

    assert.equal(images.hasRoom(), true);
  });

  test("that do not come are no harm", async () => {
    const images = kept({ fetchBytes: () => Promise.reject(new Error("offline")) });

    await images.keep(IMAGE);
    await images.load(IMAGE);

    assert.equal(images.find(1).src, "/1");
  });
});
