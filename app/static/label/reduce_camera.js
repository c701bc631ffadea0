/** Zooming and panning. They never touch a point: points are image px. */
import * as geometry from "./geometry.js";
import { findGhost, findPlace, sizeOf } from "./state.js";

/** How much closer than "fit" the auto-zoom goes: wide enough to keep the neighbours in sight. */
const AUTO_ZOOM = 3.5;
/** Screen px for each image px beyond which coming closer shows only squares. */
const AUTO_CLOSEST = 12;

export const cameraActions = {
  viewport_resized(state, { viewport }) {
    if (!state.shown) return { ...state, viewport };
    const size = sizeOf(state.shown.ask);
    const camera = state.isFitted
      ? geometry.fit(size, viewport)
      : geometry.keepInView(geometry.resized(state.camera, state.viewport, viewport), size, viewport);
    return { ...state, viewport, camera };
  },
  camera_zoomed(state, { at, factor }) {
    return moved(state, (camera, size) =>
      geometry.zoomAt(camera, at, factor, geometry.zoomLimits(size, state.viewport)),
    );
  },
  camera_panned(state, { dx, dy }) {
    return moved(state, (camera) => geometry.pan(camera, dx, dy));
  },
  camera_pinched(state, { from, to }) {
    return moved(state, (camera, size) =>
      geometry.pinch(camera, from, to, geometry.zoomLimits(size, state.viewport)),
    );
  },
  camera_fitted(state) {
    if (!state.shown) return state;
    const camera = geometry.fit(sizeOf(state.shown.ask), state.viewport);
    return { ...state, camera, isFitted: true, isAutoZoom: false };
  },
  auto_zoom_toggled(state) {
    return state.isAutoZoom ? cameraActions.camera_fitted(state) : { ...state, isAutoZoom: true };
  },
  pan_readied: (state, { isReady }) => ({ ...state, isPanReady: isReady }),
};

/** With auto-zoom on, the camera goes where the active landmark is expected, else back to the whole image. */
export function followActive(before, after) {
  if (!after.isAutoZoom || after.shown?.ask.kind !== "landmarks") return after;
  const isSame =
    before.isAutoZoom && before.shown?.active === after.shown.active && before.shown?.ask === after.shown.ask;
  if (isSame) return after;
  const { points, active, ask } = after.shown;
  const fitted = geometry.fit(sizeOf(ask), after.viewport);
  const target = findPlace(points, active) ?? findGhost(after.shown, active);
  const camera = target ? geometry.focus(target, autoScale(fitted.scale), after.viewport) : fitted;
  return { ...after, camera, isFitted: !target };
}

function autoScale(fitted) {
  return Math.min(fitted * AUTO_ZOOM, Math.max(fitted, AUTO_CLOSEST));
}

function moved(state, change) {
  if (!state.shown) return state;
  const size = sizeOf(state.shown.ask);
  const camera = geometry.keepInView(change(state.camera, size), size, state.viewport);
  return { ...state, camera, isFitted: false };
}
