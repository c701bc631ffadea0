import assert from "node:assert/strict";
import { test } from "node:test";
import { heatLevel } from "../../app/static/label/view_heat.js";

test("heat goes by doubt against the size of the image, in five levels", () => {
  const image = { width_px: 300, height_px: 400 }; // a diagonal of 500 px

  assert.deepEqual([0, 1.2, 1.25, 2.5, 5, 9.9, 10, 400].map((px) => heatLevel(px, image)), [0, 0, 1, 2, 3, 3, 4, 4]);
  assert.equal(heatLevel(10, { width_px: 3000, height_px: 4000 }), 0);
});
