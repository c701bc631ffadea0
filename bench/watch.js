// What a page under measurement remembers of its own times; ms.
([place, shown]) => {
  const times = { feedback: [], next: [], frame: [], waits: [] };
  const add = (what, from) => {
    const now = performance.now();
    times[what].push(now - from);
    times.waits.push([from, now]);
  };
  const after = (act) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = act;
    port2.postMessage(null);
  });
  let pressed = null;
  for (const kind of ["keydown", "pointerdown"]) {
    window.addEventListener(kind, (event) => {
      const at = event.timeStamp;
      pressed = at;
      after(() => add("feedback", at));
    }, { capture: true });
  }
  new MutationObserver(() => {
    const at = pressed;
    if (at !== null) after(() => add("next", at));
  }).observe(document.querySelector(place), { attributes: true, attributeFilter: [shown] });
  window.bench = {
    times,
    frames(isOn) {
      const frame = (start) => {
        if (!window.bench.isOn) return;
        const { port1, port2 } = new MessageChannel();
        const begun = performance.now();
        port1.onmessage = () => times.frame.push(performance.now() - begun);
        port2.postMessage(null);
        requestAnimationFrame(frame);
      };
      window.bench.isOn = isOn;
      if (isOn) requestAnimationFrame(frame);
    },
  };
}
