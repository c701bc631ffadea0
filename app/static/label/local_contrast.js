/**
 * Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994): each tile of the picture is
 * equalised by itself, no grey level by more than the limit, and between the tiles the curves are blended. Dark fur
 * and glare show their structure at the same time. Only luminance is changed; colours keep their hue.
 */
const LEVELS = 256;

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} picture RGBA, not changed
 * @param {object} options
 * @param {number} options.tiles of each axis
 * @param {number} options.limit how many times steeper than an even histogram a curve may get
 * @returns {Uint8ClampedArray} RGBA
 */
export function localContrast({ data, width, height }, { tiles = 8, limit = 3 } = {}) {
  const across = axis(width, tiles);
  const down = axis(height, tiles);
  const grey = luminance(data);
  const curves = down.starts.map((top, row) =>
    across.starts.map((left, column) => {
      const box = { left, top, right: across.ends[column], bottom: down.ends[row] };
      return curveOf(grey, width, box, limit);
    }),
  );
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y += 1) {
    const [upper, lower] = [curves[down.before[y]], curves[down.after[y]]];
    const below = down.share[y];
    for (let x = 0; x < width; x += 1) {
      const [before, after, right] = [across.before[x], across.after[x], across.share[x]];
      const at = y * width + x;
      const level = grey[at];
      const above = upper[before][level] * (1 - right) + upper[after][level] * right;
      const under = lower[before][level] * (1 - right) + lower[after][level] * right;
      paint(out, data, 4 * at, level, above * (1 - below) + under * below);
    }
  }
  return out;
}

/** Colours scale with their luminance; where that is none, they become grey. */
function paint(out, data, at, from, to) {
  const factor = from > 0 ? to / from : 0;
  for (let n = at; n < at + 3; n += 1) out[n] = from > 0 ? data[n] * factor : to;
  out[at + 3] = data[at + 3];
}

/** Rec. 601 luma, 0 to 255. */
function luminance(data) {
  const grey = new Uint8Array(data.length / 4);
  for (let n = 0; n < grey.length; n += 1) {
    grey[n] = Math.round(0.299 * data[4 * n] + 0.587 * data[4 * n + 1] + 0.114 * data[4 * n + 2]);
  }
  return grey;
}

/** Tiles along one axis, and for each pixel the two tiles whose middles it lies between. */
function axis(length, wanted) {
  const count = Math.min(wanted, length);
  const edges = Array.from({ length: count + 1 }, (_, n) => Math.round((n * length) / count));
  const before = new Uint8Array(length);
  const after = new Uint8Array(length);
  const share = new Float32Array(length);
  for (let n = 0; n < length; n += 1) {
    const place = Math.min(Math.max(((n + 0.5) * count) / length - 0.5, 0), count - 1);
    before[n] = Math.floor(place);
    after[n] = Math.min(before[n] + 1, count - 1);
    share[n] = place - before[n];
  }
  return { starts: edges.slice(0, -1), ends: edges.slice(1), before, after, share };
}

/** Old level -> new level for one tile: its summed histogram, after what lies above the limit was spread evenly. */
function curveOf(grey, width, { left, top, right, bottom }, limit) {
  const histogram = new Float32Array(LEVELS);
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) histogram[grey[y * width + x]] += 1;
  }
  const count = (right - left) * (bottom - top);
  const most = (limit * count) / LEVELS;
  let excess = 0;
  for (let level = 0; level < LEVELS; level += 1) {
    excess += Math.max(histogram[level] - most, 0);
    histogram[level] = Math.min(histogram[level], most);
  }
  const curve = new Float32Array(LEVELS);
  let sum = 0;
  for (let level = 0; level < LEVELS; level += 1) {
    const share = histogram[level] + excess / LEVELS;
    curve[level] = ((sum + share / 2) / count) * (LEVELS - 1);
    sum += share;
  }
  return curve;
}
