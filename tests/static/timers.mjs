/** Time by hand: nothing waits for real. */
export function manualTimers(random = () => 0.5) {
  let at = 0;
  let last = 0;
  const due = new Map();

  return {
    now: () => at,
    random,
    set(act, ms) {
      last += 1;
      due.set(last, { act, at: at + ms });
      return last;
    },
    clear: (timer) => due.delete(timer),
    /** Let `ms` pass: what becomes due is run, and whatever that starts may settle. */
    async advance(ms) {
      const end = at + ms;
      for (;;) {
        await settle();
        const next = [...due].filter(([, each]) => each.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!next) break;
        at = Math.max(at, next[1].at);
        due.delete(next[0]);
        next[1].act();
      }
      at = end;
      await settle();
    },
  };
}

/** Every promise that can settle now has settled. */
export async function settle() {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
}
