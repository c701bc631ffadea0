import assert from "node:assert/strict";
import { test } from "node:test";
import { bindPresence } from "../../app/static/label/page.js";
import { createClock } from "../../app/static/label/clock.js";

function makeClock() {
  const time = { ms: 1000 };
  return { time, clock: createClock(() => time.ms) };
}

test("gaps up to ten seconds count, longer ones do not", () => {
  const { time, clock } = makeClock();
  clock.start();
  for (const gap of [1000, 9000, 10_000, 10_001, 60_000, 500]) {
    time.ms += gap;
    clock.touch();
  }

  assert.equal(clock.seconds(), 20.5);
});

test("time while the page is hidden does not count, however short", () => {
  const { time, clock } = makeClock();
  clock.start();
  time.ms += 2000;
  clock.pause();
  time.ms += 3000;
  clock.touch();
  clock.resume();
  time.ms += 1000;

  assert.equal(clock.seconds(), 3);
});

test("two resumes in a row count nothing twice", () => {
  const { time, clock } = makeClock();
  clock.start();
  time.ms += 1000;
  clock.resume();
  time.ms += 1000;
  clock.resume();

  assert.equal(clock.seconds(), 2);
});

test("an image shown again goes on from the seconds spent before", () => {
  const { time, clock } = makeClock();
  clock.start(12.5);
  time.ms += 500;

  assert.equal(clock.seconds(), 13);
});

test("a page that is opened in the background counts only from when it is looked at", () => {
  const time = { ms: 0, isPresent: false };
  const clock = createClock(() => time.ms, () => time.isPresent);
  clock.start();
  time.ms += 5000;
  clock.resume();
  time.isPresent = true;
  clock.resume();
  time.ms += 1000;

  assert.equal(clock.seconds(), 1);
});

test("a pointer over the panel is work, and its press on a button counts before the answer does", (t) => {
  const { time, clock } = makeClock();
  const page = new EventTarget();
  t.after(() => ["document", "window"].forEach((name) => delete globalThis[name]));
  Object.assign(globalThis, { document: page, window: new EventTarget() });
  bindPresence({ clock });
  clock.start();
  let answered = null;
  page.addEventListener("pointerdown", () => {
    answered = clock.seconds();
  });

  for (const name of ["pointermove", "wheel", "pointerdown"]) {
    time.ms += 6000;
    page.dispatchEvent(new Event(name));
  }

  assert.equal(answered, 18);
});
