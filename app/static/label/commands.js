/** What keys and buttons do, by name. */
import { predictedAnswer } from "./answers.js";
import { keyWords } from "./bound.js";
import { shapeCommands } from "./commands_shape.js";
import { findAttribute, findGhost, hasGhosts, isOffered, missingNames } from "./state.js";
import { jumpIndex } from "./keys.js";
import { own } from "./own.js";
import { lightWords } from "./light.js";
import { listWords, readable, savingDetail } from "./words.js";
import { t } from "../language.js";

const PEEK_FROM_MS = 300; // a shorter press of H stays hidden

export function createCommands({ store, session, outbox, gestures, stage, fields, now, lastSaved, fetchPrediction, leaveTo }) {
  let digitBefore = null;
  let hiddenAt = null;
  const dispatch = (type, part = {}) => store.dispatch({ type, ...part });
  const open = (type, part) => {
    dispatch(type, part);
    store.drawNow();
  };
  const notify = (text, tone) => dispatch("notice_shown", { text, tone });
  const key = (id) => keyWords(store.state.keys.rows, id);
  const lightChanged = (type, part) => {
    dispatch(type, part);
    notify(lightWords(store.state.light, key("lightReset")));
  };
  const onLandmarks = (act) => (arg, event) => {
    if (store.state.phase === "showing" && store.state.shown.ask.kind === "landmarks") act(arg, event);
  };

  function choose(digit, options) {
    const { classes } = findAttribute(store.state.schema, store.state.shown.ask.kind);
    if (digit <= classes.length) session.answer(classes[digit - 1], options);
  }

  return {
    ...shapeCommands({ store, session, dispatch, notify, key, onLandmarks, fetchPrediction }),
    ignore() {},
    submit() {
      if (fields.isNumberGiven()) return fields.submitNumber();
      const { shown, schema, phase } = store.state;
      const isOpen = phase === "showing" && shown.ask.kind !== "landmarks" && shown.value === undefined;
      const predicted = isOpen ? predictedAnswer(shown.prediction, findAttribute(schema, shown.ask.kind)) : null;
      return predicted !== null ? session.answer(predicted) : session.submit();
    },
    skip: () => session.skip(),
    /** A reason costs those nothing who have none to give: this is another key. */
    skipBecause() {
      const { phase, isSeen, shown } = store.state;
      if (phase === "showing" && isSeen) open("skip_opened", { ask: shown.ask });
    },
    back: () => session.back(),
    forward: () => session.forward(),
    imageAfter: () => session.imageAfter(),
    imageBefore: () => session.imageBefore(),
    question: (step) => session.question(step),
    palette: () => open("palette_toggled"),
    keys: () => open("keys_toggled"),
    note() {
      if (store.state.shown) open("note_opened", { ask: store.state.shown.ask });
      else notify(t("There is no image to say something about."));
    },
    /** Beyond the first step it goes on with the answer before, but a held key stops there. */
    undo(_nothing, event) {
      if (store.state.shown?.past.length > 0) dispatch("undone");
      else if (!event?.repeat) session.back();
    },
    redo(_nothing, event) {
      if (store.state.shown?.future.length > 0) dispatch("redone");
      else if (!event?.repeat) session.forward();
    },
    leaveTo,
    saySaved: () => notify(savingDetail(outbox.summary(), lastSaved())),
    mode(mode) {
      if (isOffered(mode, store.state.schema)) session.choose(mode);
    },
    fit: () => dispatch("camera_fitted"),
    zoom(factor) {
      const { width, height } = store.state.viewport;
      dispatch("camera_zoomed", { at: { x: width / 2, y: height / 2 }, factor });
    },
    lighten: (what) => lightChanged("light_stepped", { what, steps: 1 }),
    darken: (what) => lightChanged("light_stepped", { what, steps: -1 }),
    localContrast: () => lightChanged("local_contrast_toggled"),
    lightReset: () => lightChanged("light_reset"),
    help: () => open("help_toggled"),
    attention: () => open("attention_toggled"),
    escape() {
      if (!gestures.cancel()) fields.afterEscape()?.focus();
    },

    jump: onLandmarks((digit) => {
      const { landmarks } = store.state.schema;
      const index = jumpIndex(digitBefore, digit, now(), landmarks.length);
      digitBefore = { digit, at: now() };
      if (index !== null) dispatch("active_set", { name: landmarks[index] });
    }),
    select: onLandmarks((name) => dispatch("active_set", { name })),
    cycle: onLandmarks((name) => dispatch("point_cycled", { name })),
    step: onLandmarks((step) => dispatch("active_moved", { step })),
    hidden: onLandmarks(() => dispatch("point_hidden")),
    absent: onLandmarks(() => dispatch("point_absent")),
    unset: onLandmarks(() => {
      const { points, active } = store.state.shown;
      if (active !== null && Object.hasOwn(points, active)) dispatch("point_unset");
      else notify(t("{landmark} is not placed. {key} undoes the last step.", { landmark: active === null ? t("No landmark") : readable(active), key: key("undo") }));
    }),
    accept: onLandmarks(() => {
      if (findGhost(store.state.shown, store.state.shown.active)) dispatch("prediction_accepted");
      else notify(t("There is no prediction to accept here."));
    }),
    /** Submits what is then whole, as Enter would. An image that was not seen yet is left alone: a double press. */
    acceptAll: onLandmarks(() => {
      if (!store.state.isSeen) return;
      if (!hasGhosts(store.state.shown)) return notify(t("There is no prediction to accept here."));
      dispatch("prediction_accepted", { isAll: true });
      const missing = missingNames(store.state);
      if (missing.length === 0) return session.submit();
      return notify(t("Not submitted. There is no prediction of: {landmarks}.", { landmarks: listWords(missing.map(readable)) }), "warn");
    }),
    nudge: onLandmarks((by, event) => {
      const { points, active } = store.state.shown;
      if (active === null) notify(t("All landmarks are answered. {key} goes to the next one.", { key: key("next") }));
      else if (own(points, active)?.state === "absent") notify(t("{landmark} is absent. {key} brings it back.", { landmark: readable(active), key: key("absent") }));
      else dispatch("point_nudged", { ...by, isContinued: event.repeat });
    }),
    autoZoom: onLandmarks(() => dispatch("auto_zoom_toggled")),
    panReady: onLandmarks(() => dispatch("pan_readied", { isReady: true })),
    panDone() {
      if (store.state.isPanReady) dispatch("pan_readied", { isReady: false });
    },
    hide: onLandmarks(() => {
      dispatch("overlay_toggled", { what: "isHidden" });
      hiddenAt = now();
    }),
    peekDone() {
      if (hiddenAt !== null && now() - hiddenAt >= PEEK_FROM_MS) dispatch("overlay_toggled", { what: "isHidden" });
      hiddenAt = null;
    },
    edges: onLandmarks(() => dispatch("overlay_toggled", { what: "edges" })),
    heat: onLandmarks(() => dispatch("overlay_toggled", { what: "heat" })),
    reference: onLandmarks(() => dispatch("preference_toggled", { what: "isReferenceOpen" })),
    names: onLandmarks(() => dispatch("overlay_toggled", { what: "names" })),

    choose: (digit) => choose(digit),
    chooseStay: (digit) => choose(digit, { isStaying: true }),
    repeat() {
      const value = session.lastValue(store.state.shown.ask.kind);
      if (value === undefined) return notify(t("There is no answer of yours to this question yet."));
      return session.answer(value);
    },
    answer: (value) => session.answer(value),
    cannotTell: () => session.answer(null),
    typeNumber: () => fields.number().select(),
    stepValue: (steps) => fields.stepNumber(steps),
    retry: () => session.retryImage(),
    focusStage: () => stage.focus({ preventScroll: true }),
  };
}

