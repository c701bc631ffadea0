import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { carried, mirrored, moved, pairSwapped, partnerOf, turned } from "../../app/static/label/shape.js";
import { sequence } from "./sequence.mjs";

const SIZE = { width: 200, height: 100 };
const PAIRS = [["left", "right"], ["paw_l", "paw_r"]];
const at = (x, y, state = "visible") => ({ state, x, y });
const near = (mark, x, y) => assert.ok(Math.hypot(mark.x - x, mark.y - y) < 1e-9, `${mark.x}, ${mark.y}`);

describe("moving", () => {
  test("every place moves alike, answers without one stay", () => {
    const points = { a: at(10, 20), b: at(30, 40, "hidden"), c: { state: "absent" } };

    assert.deepEqual(moved(points, { dx: 5, dy: -3 }, SIZE), { a: at(15, 17), b: at(35, 37, "hidden"), c: { state: "absent" } });
  });

  test("at the border the shape stops as a whole and keeps its form", () => {
    assert.deepEqual(moved({ a: at(10, 20), b: at(30, 40) }, { dx: -50, dy: 500 }, SIZE), { a: at(0, 80), b: at(20, 100) });
  });

  test("an absent landmark that remembers its place goes along", () => {
    assert.deepEqual(moved({ a: at(10, 20), b: at(30, 40, "absent") }, { dx: 1, dy: 1 }, SIZE).b, at(31, 41, "absent"));
  });
});

describe("turning", () => {
  test("a quarter turn is clockwise on the screen, about the centre of mass", () => {
    const { a, b } = turned({ a: at(90, 50), b: at(110, 50) }, { angle: Math.PI / 2, factor: 1 }, SIZE);

    near(a, 100, 40);
    near(b, 100, 60);
  });

  test("scaling keeps the centre of mass", () => {
    const { a, b } = turned({ a: at(90, 50), b: at(110, 50) }, { angle: 0, factor: 2 }, SIZE);

    near(a, 80, 50);
    near(b, 120, 50);
  });

  test("no point leaves the image", () => {
    const random = sequence(3);
    for (let n = 0; n < 200; n += 1) {
      const points = { a: at(random(0, 200), random(0, 100)), b: at(random(0, 200), random(0, 100)) };
      const turn = { angle: random(-4, 4), factor: random(0.1, 9) };
      for (const { x, y } of Object.values(turned(points, turn, SIZE))) {
        assert.ok(x >= 0 && x <= 200 && y >= 0 && y <= 100);
      }
    }
  });
});

describe("mirroring", () => {
  test("a symmetric shape stays where it is, whatever way it is turned", () => {
    const upright = { left: at(80, 30), right: at(120, 30), paw_l: at(90, 60), paw_r: at(110, 60), nose: at(100, 45) };
    for (const angle of [0, 0.3, 1.5, -2]) {
      const shape = turned(upright, { angle, factor: 0.8 }, SIZE);
      const after = mirrored(shape, PAIRS, SIZE);
      for (const [name, { x, y }] of Object.entries(shape)) near(after[name], x, y);
    }
  });

  test("twice is as if never", () => {
    const shape = { left: at(70, 30), right: at(120, 36), paw_l: at(90, 60, "hidden"), paw_r: at(115, 66), nose: at(100, 45) };
    const after = mirrored(mirrored(shape, PAIRS, SIZE), PAIRS, SIZE);

    for (const [name, { x, y, state }] of Object.entries(shape)) {
      near(after[name], x, y);
      assert.equal(after[name].state, state);
    }
  });

  test("without pairs the axis is upright, through the middle", () => {
    const { a, b } = mirrored({ a: at(10, 20), b: at(30, 40) }, [], SIZE);

    near(a, 30, 20);
    near(b, 10, 40);
  });

  test("a lone side changes its name and place", () => {
    const after = mirrored({ left: at(80, 30), right: at(120, 30), paw_l: at(90, 60) }, PAIRS, SIZE);

    assert.equal(after.paw_l, undefined);
    near(after.paw_r, 110, 60);
  });
});

test("swapping a pair takes states along", () => {
  const points = { left: at(1, 2, "hidden"), nose: at(5, 5) };

  assert.deepEqual(pairSwapped(points, PAIRS[0]), { right: at(1, 2, "hidden"), nose: at(5, 5) });
});

test("a landmark finds its partner on either side", () => {
  assert.deepEqual(["left", "right", "nose", null].map((name) => partnerOf(name, PAIRS)), ["right", "left", null, null]);
});

test("a shape carried to an image of another size is fitted into it", () => {
  assert.deepEqual(carried({ a: at(100, 50) }, SIZE, SIZE).a, at(100, 50));
  assert.deepEqual(carried({ a: at(100, 50), b: at(0, 0) }, SIZE, { width: 100, height: 100 }), { a: at(50, 50), b: at(0, 25) });
});
