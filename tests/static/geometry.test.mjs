import assert from "node:assert/strict";
import { test } from "node:test";
import * as geometry from "../../app/static/label/geometry.js";
import { sequence } from "./sequence.mjs";

const EXACT_PX = 1e-9;

const near = (a, b, tolerance = EXACT_PX) =>
  assert.ok(Math.abs(a.x - b.x) <= tolerance && Math.abs(a.y - b.y) <= tolerance, `${JSON.stringify(a)} ${JSON.stringify(b)}`);

test("image to screen and back is the same point for any camera", () => {
  const random = sequence(1);
  for (let n = 0; n < 5000; n += 1) {
    const camera = { scale: 10 ** random(-2, 1.8), x: random(-1e4, 1e4), y: random(-1e4, 1e4) };
    const point = { x: random(0, 8000), y: random(0, 8000) };

    const back = geometry.toImage(camera, geometry.toScreen(camera, point));

    near(back, point, EXACT_PX * Math.max(1, 1 / camera.scale));
  }
});

test("a walk of zooms, pans, pinches and resizes keeps there and back exact", () => {
  const random = sequence(2);
  const image = { width: 4000, height: 3000 };
  for (let walk = 0; walk < 100; walk += 1) {
    let viewport = { width: random(200, 3840), height: random(200, 2160) };
    let camera = geometry.fit(image, viewport);
    for (let step = 0; step < 30; step += 1) {
      const limits = geometry.zoomLimits(image, viewport);
      const at = { x: random(0, viewport.width), y: random(0, viewport.height) };
      const other = { x: at.x + random(20, 200), y: at.y + random(20, 200) };
      const next = { width: random(200, 3840), height: random(200, 2160) };
      const moves = [
        () => geometry.zoomAt(camera, at, random(0.5, 2), limits),
        () => geometry.pan(camera, random(-500, 500), random(-500, 500)),
        () => geometry.pinch(camera, [at, other], [other, at], limits),
        () => geometry.resized(camera, viewport, next),
      ];
      const chosen = Math.floor(random(0, moves.length));
      camera = geometry.keepInView(moves[chosen](), image, chosen === 3 ? next : viewport);
      if (chosen === 3) viewport = next;
      const point = { x: random(0, image.width), y: random(0, image.height) };

      near(geometry.toImage(camera, geometry.toScreen(camera, point)), point);
    }
  }
});

test("the device pixel ratio does not enter: the same CSS px give the same image point", () => {
  const camera = geometry.fit({ width: 640, height: 480 }, { width: 900, height: 700 });
  for (const ratio of [1, 1.5, 2, 3]) {
    const device = { x: 411 * ratio, y: 307 * ratio };

    const point = geometry.toImage(camera, { x: device.x / ratio, y: device.y / ratio });

    near(point, geometry.toImage(camera, { x: 411, y: 307 }));
  }
});

test("zooming keeps the image point under the cursor", () => {
  const random = sequence(3);
  const limits = { least: 0.01, most: 64 };
  for (let n = 0; n < 1000; n += 1) {
    const camera = { scale: random(0.1, 20), x: random(-500, 500), y: random(-500, 500) };
    const at = { x: random(0, 1000), y: random(0, 1000) };

    const zoomed = geometry.zoomAt(camera, at, random(0.3, 3), limits);

    near(geometry.toImage(zoomed, at), geometry.toImage(camera, at), 1e-8);
    assert.ok(zoomed.scale >= limits.least && zoomed.scale <= limits.most);
  }
});

test("fit shows the whole image, centred", () => {
  const camera = geometry.fit({ width: 400, height: 100 }, { width: 832, height: 600 }, 16);

  assert.equal(camera.scale, 2);
  assert.deepEqual(geometry.toScreen(camera, { x: 200, y: 50 }), { x: 416, y: 300 });
});

test("two fingers that move apart to the double distance double the scale around them", () => {
  const camera = { scale: 1, x: 0, y: 0 };
  const from = [{ x: 100, y: 100 }, { x: 200, y: 100 }];
  const to = [{ x: 100, y: 100 }, { x: 300, y: 100 }];

  const pinched = geometry.pinch(camera, from, to, { least: 0.1, most: 10 });

  assert.equal(pinched.scale, 2);
  assert.deepEqual(geometry.toImage(pinched, { x: 200, y: 100 }), { x: 150, y: 100 });
});

test("panning cannot lose the image", () => {
  const image = { width: 100, height: 100 };
  const viewport = { width: 500, height: 400 };

  const camera = geometry.keepInView({ scale: 1, x: -1e6, y: 1e6 }, image, viewport);

  assert.ok(camera.x + 100 > 0 && camera.y < viewport.height);
});

test("the nearest candidate within reach is found, none beyond it", () => {
  const points = [["a", { x: 0, y: 0 }], ["b", { x: 5, y: 0 }]];

  assert.equal(geometry.findNearest(points, { x: 4, y: 0 }, 8), "b");
  assert.equal(geometry.findNearest(points, { x: 40, y: 0 }, 8), null);
});

test("a point outside goes to the nearest point of the image", () => {
  assert.deepEqual(geometry.clampToImage({ x: -3, y: 120 }, { width: 100, height: 100 }), { x: 0, y: 100 });
});

test("wheel lines and pages are turned into pixels, away from the hand zooms in", () => {
  assert.ok(geometry.wheelFactor({ deltaY: -100, deltaMode: 0, ctrlKey: false }) > 1);
  assert.equal(
    geometry.wheelFactor({ deltaY: 3, deltaMode: 1, ctrlKey: false }),
    geometry.wheelFactor({ deltaY: 48, deltaMode: 0, ctrlKey: false }),
  );
});

test("the wheel turns a shape clockwise towards the hand, scales with Ctrl, and works when it is sent sideways", () => {
  const wheel = { deltaX: 0, deltaY: 100, deltaMode: 0, ctrlKey: false };

  assert.ok(geometry.wheelTurn(wheel).angle > 0);
  assert.ok(geometry.wheelTurn({ ...wheel, ctrlKey: true }).factor < 1);
  assert.deepEqual(geometry.wheelTurn({ ...wheel, deltaX: 100, deltaY: 0 }), geometry.wheelTurn(wheel));
});
