/**
 * How much of the project is labelled. The server's number counts at once what was answered before it was asked for;
 * whether it has what is being sent at that moment nobody can say, so it is then asked for again.
 *
 * @param {object} parts
 * @param {() => Promise<object|null>} parts.fetchCounts  null: no answer
 * @param {(counts: object) => void} parts.onCounts
 */
export function createCounts({ fetchCounts, onCounts, timers }) {
  let sending = 0;
  let begun = 0;
  let isStale = false; // to be asked for once nothing is being sent

  async function refresh() {
    if (sending > 0) {
      isStale = true;
      return;
    }
    isStale = false;
    const before = begun;
    const counts = await fetchCounts();
    if (!counts) return;
    if (begun === before) onCounts(counts);
    else refreshSoon();
  }

  function refreshSoon() {
    isStale = true;
    timers.set(() => isStale && refresh(), 0);
  }

  function ended() {
    sending -= 1;
    if (isStale) refreshSoon();
  }

  return {
    refresh,
    /** Whatever may add to the numbers is sent through here, and is under way until it is `added` or has failed. */
    during(send) {
      sending += 1;
      begun += 1;
      return send().catch((error) => {
        ended();
        throw error;
      });
    },
    added: ended,
  };
}
