/**
 * How much of the project is labelled. Whether the server's number has what is being sent meanwhile nobody can say, so
 * it is then asked for again.
 */
export function createCounts({ fetchCounts, onCounts, timers }) {
  let sending = 0;
  let begun = 0;
  let isStale = false;

  async function refresh() {
    isStale = sending > 0;
    if (isStale) return;
    const before = begun;
    const counts = await fetchCounts();
    if (counts && begun === before) onCounts(counts);
    else if (counts) refreshSoon();
  }

  function refreshSoon() {
    isStale = true;
    timers.set(() => isStale && refresh(), 0);
  }

  function added() {
    sending -= 1;
    if (isStale) refreshSoon();
  }

  return {
    refresh,
    /** What may add to the numbers is sent through here, and is under way until it is `added` or has failed. */
    during(send) {
      sending += 1;
      begun += 1;
      return send().catch((error) => {
        added();
        throw error;
      });
    },
    added,
  };
}
