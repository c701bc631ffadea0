/** From what the annotator did to what the server is told. Pure. */
import { own } from "./own.js";
import { paths } from "./api.js";

/** @returns {object[]} the points as the server takes them, in the order of the schema */
export function pointsToSend(points, landmarks) {
  return landmarks
    .filter((name) => Object.hasOwn(points, name))
    .map((name) => {
      const { state, x, y } = points[name];
      return state === "absent" ? { name, state } : { name, state, x, y };
    });
}

/**
 * What help was on screen: stored with the label, for honest figures about speed and anchoring. A prediction that was
 * put away has been seen all the same, and predicted points that followed a correction are still predicted.
 */
export function assistOf({ ask, prediction, isHelped }) {
  if (isHelped) return { kind: "previous_image", prediction_id: prediction?.id ?? null };
  const isAnswered = own(prediction?.attributes, ask.kind) !== undefined;
  const helps = ask.kind === "landmarks" ? prediction?.points.length > 0 : isAnswered;
  return helps ? { kind: "prediction", prediction_id: prediction.id } : { kind: "none", prediction_id: null };
}

/** @returns {{path: string, part: object}} where an answer goes and its own part of the body */
export function answerOf(shown, { schema, schemaVersion }) {
  const { ask, points, value } = shown;
  if (ask.kind === "landmarks") {
    const part = { points: pointsToSend(points, schema.landmarks), schema_version: schemaVersion };
    return { path: paths.landmarks(ask.image.id), part };
  }
  return { path: paths.attribute(ask.image.id, ask.kind), part: { value } };
}

/** The class that the network thinks most likely, or its number within the scale; null without a prediction. */
export function predictedAnswer(prediction, attribute) {
  const said = own(prediction?.attributes, attribute.name) ?? null;
  if (said === null) return null;
  if (attribute.kind === "classes") return Object.entries(said).sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
  const rounded = Number(said.toFixed(decimalsOf(attribute)));
  return Math.min(attribute.maximum, Math.max(attribute.minimum, rounded));
}

/** Decimals that a person would give on this scale: about a thousandth of its range. */
export function decimalsOf({ minimum, maximum }) {
  return Math.max(0, -Math.floor(Math.log10((maximum - minimum) / 200)));
}
