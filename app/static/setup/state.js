/**
 * The one state of the set-up page: plain data, no DOM. Landmarks and attributes have keys of their own, so that a
 * new name keeps edges, mirror pairs and the place on the picture.
 *
 * @typedef {{key: number, name: string, x: number, y: number}} Landmark  px of the frame
 * @typedef {{key: number, kind: "classes"|"scale", name: string, question: string, classes: string[],
 *            minimum: string, maximum: string, unit: string, kept: string[]|null}} Attribute
 *   kept: classes that labels refer to; null for an attribute that is new
 * @typedef {{name: string, landmarks: Landmark[], edges: [number, number][], pairs: [number, number][],
 *            attributes: Attribute[], normaliser: {kind: string, between: [number, number]|null}}} Plan
 */
import { fitted, onCircle } from "./places.js";

/** Without a picture the canvas is a square of this many px. */
export const EMPTY_FRAME = { width: 600, height: 600 };

/**
 * @param {object} given
 * @param {{id: number, name: string, schema: object, schema_version: number}|null} given.project null: a new one
 * @param {boolean} given.has_labels  then what they refer to stays as it is
 * @param {{url: string, width_px: number, height_px: number, places: object}|null} given.example
 */
export function initialState({ project, has_labels: hasLabels, example }) {
  const frame = example ? { width: example.width_px, height: example.height_px } : EMPTY_FRAME;
  const plan = project
    ? planFrom(project.schema, { name: project.name, places: example?.places ?? {}, frame, isKept: hasLabels })
    : { name: "", landmarks: [], edges: [], pairs: [], attributes: [], normaliser: { kind: "box", between: null } };
  return {
    plan,
    locked: hasLabels ? plan.landmarks.length : 0, // so many landmarks at the start keep name and order
    frame,
    picture: example ? { url: example.url } : null,
    selected: null, // key of a landmark
    tool: "place", // "place" | "edge" | "mirror": what a drag from one point to another means
    nextKey: 1 + Math.max(0, ...plan.landmarks.map(({ key }) => key), ...plan.attributes.map(({ key }) => key)),
    past: [],
    future: [],
    merging: null, // consecutive changes under the same word are one step of the history
    savedPlan: plan,
    refusals: [], // {place, words}, see refusals.js
    phase: "editing", // "editing" | "saving"
  };
}

/** @returns {Plan} a schema as something to draw; `places` are px of the frame, and missing ones go on a circle */
export function planFrom(schema, { name, places, frame, isKept }) {
  const keyOf = new Map(schema.landmarks.map((landmark, index) => [landmark, index + 1]));
  const circle = onCircle(schema.landmarks.length, frame);
  const pairsOf = (pairs) => pairs.map(([first, second]) => [keyOf.get(first), keyOf.get(second)]);
  const { between, kind } = { between: null, ...schema.normaliser };
  return {
    name,
    landmarks: schema.landmarks.map((landmark, index) => {
      const [x, y] = Object.hasOwn(places, landmark) ? places[landmark] : circle[index];
      return { key: index + 1, name: landmark, x, y };
    }),
    edges: pairsOf(schema.edges),
    pairs: pairsOf(schema.mirror_pairs),
    attributes: schema.attributes.map((attribute, index) => attributeFrom(attribute, keyOf.size + index + 1, isKept)),
    normaliser: { kind, between: between ? pairsOf([between])[0] : null },
  };
}

export function newAttribute(kind, key) {
  return { key, kind, name: "", question: "", classes: ["", ""], minimum: "0", maximum: "1", unit: "", kept: null };
}

/** The plan of a template, fitted to the frame. */
export function planOfTemplate({ schema, places }, { name, frame }) {
  const inFrame = Object.entries(places).map(([landmark, at]) => [landmark, fitted(at, frame)]);
  return planFrom(schema, { name, places: Object.fromEntries(inFrame), frame, isKept: false });
}

/** @returns {object} the schema as the server takes it; what makes no sense is left for the server to refuse */
export function schemaOf({ landmarks, edges, pairs, attributes, normaliser }) {
  const nameOf = new Map(landmarks.map(({ key, name }) => [key, name]));
  const named = ([first, second]) => [nameOf.get(first), nameOf.get(second)];
  return {
    landmarks: landmarks.map(({ name }) => name),
    edges: edges.map(named),
    mirror_pairs: pairs.map(named),
    attributes: attributes.map(attributeToSend),
    normaliser: normaliser.between ? { kind: normaliser.kind, between: named(normaliser.between) } : { kind: normaliser.kind },
  };
}

export function isDirty({ plan, savedPlan }) {
  const said = ({ name, ...rest }) => JSON.stringify([name, schemaOf(rest)]);
  return plan !== savedPlan && said(plan) !== said(savedPlan);
}

function attributeFrom(attribute, key, isKept) {
  const { minimum, maximum, ...rest } = attribute;
  const numbers = attribute.kind === "scale" ? { minimum: String(minimum), maximum: String(maximum) } : {};
  const kept = isKept ? (attribute.classes ?? []) : null;
  return { ...newAttribute(attribute.kind, key), ...rest, ...numbers, kept };
}

function attributeToSend({ kind, name, question, classes, minimum, maximum, unit }) {
  if (kind === "classes") return { kind, name, question, classes: classes.filter((each) => each.trim() !== "") };
  return { kind, name, question, minimum: numberOf(minimum), maximum: numberOf(maximum), unit };
}

function numberOf(text) {
  return text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);
}
