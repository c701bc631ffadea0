/** Gaps without any input that are longer than this are a pause, not work (product.md 3.3). */
export const LONGEST_GAP_MS = 10_000;

/**
 * Active seconds on one image: the sum of the gaps between inputs, none longer than 10 s, while the page is
 * visible and focused.
 * @param {() => number} now ms of a monotonic clock (performance.now)
 * @param {() => boolean} isPresent whether the page is visible and focused
 */
export function createClock(now, isPresent = () => true) {
  let total = 0;
  let last = null; // ms; null = stopped

  function touch() {
    if (last === null) return;
    const at = now();
    total += counted(at - last);
    last = at;
  }

  return {
    /** Begin with an image; `seconds` were spent on it earlier. */
    start(seconds = 0) {
      total = seconds * 1000;
      last = isPresent() ? now() : null;
    },
    touch,
    pause() {
      touch();
      last = null;
    },
    resume() {
      if (last === null && isPresent()) last = now();
    },
    seconds() {
      const running = last === null ? 0 : counted(now() - last);
      return (total + running) / 1000;
    },
  };
}

function counted(gap) {
  return gap <= LONGEST_GAP_MS ? gap : 0;
}
