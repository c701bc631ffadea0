import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { filterOf, lightWords, PLAIN, stepped } from "../../app/static/label/light.js";
import { localContrast } from "../../app/static/label/local_contrast.js";
import { reduce } from "../../app/static/label/reduce.js";
import { initialState } from "../../app/static/label/state.js";
import { SCHEMA } from "./asks.mjs";

describe("brightness and contrast", () => {
  test("as many steps down as up is the plain picture again", () => {
    const up = stepped(stepped(PLAIN, "contrast", 1), "contrast", 1);

    assert.equal(filterOf(up), "brightness(1.000) contrast(1.322)");
    assert.equal(filterOf(stepped(up, "contrast", -2)), "");
  });

  test("neither goes so far that the picture is gone", () => {
    const { brightness } = stepped(PLAIN, "brightness", -100);

    assert.equal(brightness, 0.2);
    assert.match(lightWords(stepped(PLAIN, "brightness", 100), "Ctrl + 0"), /^Brightness 500 %, contrast 100 %\. Ctrl \+ 0 resets/);
  });

  test("a reset takes everything back", () => {
    const steps = [
      { type: "light_stepped", what: "brightness", steps: 3 }, { type: "local_contrast_toggled" }, { type: "light_reset" },
    ];
    const start = initialState(SCHEMA);

    assert.equal(reduce(reduce(start, steps[0]), steps[1]).light.isLocal, true);
    assert.deepEqual(steps.reduce(reduce, start).light, PLAIN);
  });
});

describe("local contrast", () => {
  const picture = (width, height, colourAt) => {
    const data = new Uint8ClampedArray(4 * width * height);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) data.set([...colourAt(x, y), 255], 4 * (y * width + x));
    }
    return { data, width, height };
  };
  const spread = (data, width, left, right) => {
    const levels = [];
    for (let n = 0; n < data.length / 4; n += 1) if (n % width >= left && n % width < right) levels.push(data[4 * n]);
    return Math.max(...levels) - Math.min(...levels);
  };

  test("faint structure shows in shadow and in glare at the same time", () => {
    const faint = picture(128, 128, (x, y) => {
      const level = (x < 64 ? 20 : 230) + ((x >> 2) + (y >> 2)) % 2 * 6;
      return [level, level, level];
    });
    const before = localContrast(faint, { limit: 1 }); // an even histogram: no change but rounding

    const after = localContrast(faint, { limit: 8 });

    assert.ok(spread(after, 128, 0, 32) > 2 * spread(faint.data, 128, 0, 32));
    assert.ok(spread(after, 128, 96, 128) > 2 * spread(faint.data, 128, 96, 128));
    assert.ok(spread(before, 128, 0, 32) < spread(after, 128, 0, 32));
  });

  test("an even picture stays even: there is nothing to be shown", () => {
    const after = localContrast(picture(64, 48, () => [90, 90, 90]));

    assert.equal(new Set(after.filter((_, n) => n % 4 < 3)).size, 1);
  });

  test("brighter stays brighter within a tile, and a colour keeps its hue", () => {
    const ramp = localContrast(picture(8, 8, (x) => [30 * x, 15 * x, 0]), { tiles: 1 });
    const reds = Array.from({ length: 8 }, (_, x) => ramp[4 * x]);

    assert.deepEqual(reds, [...reds].sort((a, b) => a - b));
    assert.ok(Math.abs(ramp[4 * 5] - 2 * ramp[4 * 5 + 1]) <= 2);
  });

  test("the picture handed in is not changed, the transparency is kept", () => {
    const { data, ...size } = picture(16, 16, (x, y) => [x, y, 7]);
    data[3] = 100;
    const copy = data.slice();

    const after = localContrast({ data, ...size });

    assert.deepEqual(data, copy);
    assert.equal(after[3], 100);
  });

  test("one pixel, one row and one column are pictures too", () => {
    for (const [width, height] of [[1, 1], [300, 1], [1, 300], [3, 5]]) {
      assert.equal(localContrast(picture(width, height, () => [1, 2, 3])).length, 4 * width * height);
    }
  });
});
