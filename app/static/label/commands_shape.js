/** What keys and buttons do to the whole shape and to the prediction as a whole. */
import { hasGhosts } from "./state.js";
import { partnerOf, placesOf } from "./shape.js";
import { noShapeWords, readable } from "./words.js";
import { t } from "../language.js";

/**
 * @param {object} parts
 * @param {(id: string) => string} parts.key  the key of a row of the keymap, for a sentence
 * @param {(act: Function) => Function} parts.onLandmarks  runs a command only where landmarks are shown
 * @param {(imageId: number) => Promise<string|null>} parts.fetchPrediction  why there is none; null: here it is
 */
export function shapeCommands({ store, session, dispatch, notify, key, onLandmarks, fetchPrediction }) {
  const onShape = (act) => onLandmarks(() => {
    if (placesOf(store.state.shown.points).length > 0) act();
    else notify(noShapeWords(hasGhosts(store.state.shown), key("acceptAll")));
  });

  async function loadPrediction() {
    const { shown } = store.state;
    if (shown.ask.is_control) return notify(t("On this image the prediction stays hidden, to measure what it saves."));
    dispatch("prediction_loaded");
    const problem = hasGhosts(store.state.shown) ? null : await fetchPrediction(shown.ask.image.id);
    notify(problem ?? t("The prediction is shown."));
  }
  function clearPrediction() {
    dispatch("prediction_cleared");
    notify(t("The prediction is put away. {key} brings it back.", { key: key("loadPrediction") }));
  }

  return {
    bringShape: onLandmarks(() => {
      const shape = session.previousShape();
      if (!shape) return notify(t("There is no earlier image of yours in this browser."));
      dispatch("shape_brought", { ...shape, isFilling: true });
      return notify(t("What was unset stands as on your previous image. {key} takes it back.", { key: key("undo") }));
    }),
    copyShape: onShape(() => {
      dispatch("shape_copied");
      notify(t("The shape is copied. {key} brings it to this or another image.", { key: key("pasteShape") }));
    }),
    pasteShape: onLandmarks(() => {
      const { clipboard } = store.state;
      if (clipboard) dispatch("shape_brought", clipboard);
      else notify(t("No shape is copied yet: {key}.", { key: key("copyShape") }));
    }),
    wholeShape: onShape(() => {
      dispatch("whole_shape_toggled");
      if (store.state.isWholeShape) notify(t("One finger moves the whole shape, two turn and scale it, on this image."));
    }),
    mirror: onShape(() => dispatch("shape_mirrored")),
    swapPair: onLandmarks(() => {
      const { shown, schema } = store.state;
      const partner = partnerOf(shown.active, schema.mirror_pairs);
      if (partner === null) return notify(t("{landmark} has no partner to swap with.", { landmark: shown.active === null ? t("No landmark") : readable(shown.active) }));
      if ([shown.active, partner].some((name) => Object.hasOwn(shown.points, name))) return dispatch("pair_swapped");
      return notify(t("Neither {first} nor {second} is placed.", { first: readable(shown.active), second: readable(partner) }));
    }),
    loadPrediction: onLandmarks(loadPrediction),
    clearPrediction: onLandmarks(clearPrediction),
    togglePrediction: onLandmarks(() => (hasGhosts(store.state.shown) ? clearPrediction() : loadPrediction())),
    prefer: (what) => dispatch("preference_toggled", { what }),
  };
}
