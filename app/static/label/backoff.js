const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Waiting time before try n + 1: doubling, with full jitter in the upper half so that tabs do not march in step. */
export function createBackoff(random, longestMs = LONGEST_MS) {
  return (failures) => Math.min(longestMs, FIRST_MS * 2 ** (failures - 1)) * (0.5 + random() / 2);
}
