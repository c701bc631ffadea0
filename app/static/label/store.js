/** Holds the one state; draws at most once a frame however many actions arrive. */
export function createStore(initial, reduce, draw, schedule = requestAnimationFrame) {
  let state = initial;
  let isQueued = false;
  return {
    get state() {
      return state;
    },
    dispatch(action) {
      state = reduce(state, action);
      if (isQueued) return;
      isQueued = true;
      schedule(() => {
        isQueued = false;
        draw(state);
      });
    },
    /** A dialog has to be open before the next key, which is for it. */
    drawNow() {
      draw(state);
    },
  };
}
