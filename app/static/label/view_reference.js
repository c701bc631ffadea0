/** Draws the reference: the skeleton on an example image where there is one, the active landmark marked. */
import { byId, makeSvg, setAttribute, setHidden, setText } from "./dom.js";
import { completed, referenceOf } from "./reference.js";
import { readable } from "./words.js";
import { t, tn } from "../language.js";

/** Units of the drawing; the margin keeps the mark of the active landmark inside. */
const [WIDTH, HEIGHT, MARGIN, MARGIN_ON_IMAGE] = [160, 100, 10, 4];
/** How far around the shape an image is shown, as a share of the shape's longer side. */
const AROUND = 0.3;

/**
 * @param {{url: string, name: string, width_px: number, height_px: number, places: Record<string, [number, number]>}|null} example
 *   a labelled image
 * @returns {(state: object) => void} draw
 */
export function bindReference({ schema, example: offered, stage }) {
  // of an older schema it may have no landmark that is still asked
  const example = offered && Object.keys(completed(schema, offered.places)).length > 0 ? offered : null;
  const figure = byId("reference");
  const drawing = byId("reference-drawing");
  setAttribute(drawing, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  setAttribute(figure, "data-on-image", example !== null);
  let nodes = new Map();
  let drawnPrior;
  let drawnActive;

  // it lets every click through, and fades for a pointer that needs what lies below it
  stage.addEventListener("pointermove", ({ clientX, clientY }) => {
    const { left, right, top, bottom } = figure.getBoundingClientRect();
    setAttribute(figure, "data-faded", clientX > left && clientX < right && clientY > top && clientY < bottom);
  });

  function build(prior) {
    const shape = example ? completed(schema, example.places) : referenceOf(schema, prior);
    const box = boxOf(Object.values(shape));
    const put = example ? fitting(aroundOf(box, example), MARGIN_ON_IMAGE) : fitting(box, MARGIN);
    const places = new Map(Object.entries(shape).map(([name, place]) => [name, put(place)]));
    const known = schema.edges.filter((ends) => ends.every((name) => places.has(name)));
    const lines = known.map((ends) => {
      const [[x1, y1], [x2, y2]] = ends.map((name) => places.get(name));
      return makeSvg("line", { x1, y1, x2, y2 });
    });
    nodes = new Map([...places].map(([name, [cx, cy]]) => [name, makeSvg("circle", { cx, cy })]));
    drawing.replaceChildren(...(example ? [picture(put)] : []), ...lines, ...nodes.values());
    setText(byId("reference-words"), wordsOf(prior));
  }

  function picture(put) {
    const [[x, y], [right, bottom]] = [put([0, 0]), put([example.width_px, example.height_px])];
    return makeSvg("image", { href: example.url, x, y, width: right - x, height: bottom - y, preserveAspectRatio: "none" });
  }

  function wordsOf(prior) {
    if (example) return example.name;
    return prior ? tn("Mean of {count} image", "Mean of {count} images", prior.image_count) : t("A sketch, not to scale");
  }

  return function draw({ shown, phase, shapePrior, preferences }) {
    const isShown = preferences.isReferenceOpen && phase === "showing" && shown.ask.kind === "landmarks";
    setHidden(figure, !isShown);
    if (!isShown || (shapePrior === drawnPrior && shown.active === drawnActive)) return;
    if (shapePrior !== drawnPrior) build(shapePrior);
    for (const [name, node] of nodes) setAttribute(node, "data-active", name === shown.active);
    setAttribute(drawing, "aria-label", shown.active === null ? t("All landmarks") : t("Where {landmark} belongs", { landmark: readable(shown.active) }));
    drawnPrior = shapePrior;
    drawnActive = shown.active;
  };
}

/** @returns {{left: number, right: number, top: number, bottom: number}} what the places span */
function boxOf(places) {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** The box with some of the image around it, as far as there is image. */
function aroundOf({ left, right, top, bottom }, { width_px: width, height_px: height }) {
  const more = AROUND * Math.max(right - left, bottom - top);
  return {
    left: Math.max(0, left - more), right: Math.min(width, right + more),
    top: Math.max(0, top - more), bottom: Math.min(height, bottom + more),
  };
}

/** As large as the drawing allows, in its middle. @returns {(place: [number, number]) => [number, number]} */
function fitting({ left, right, top, bottom }, margin) {
  const scale = Math.min(
    (WIDTH - 2 * margin) / Math.max(right - left, 1e-9),
    (HEIGHT - 2 * margin) / Math.max(bottom - top, 1e-9),
    (HEIGHT - 2 * margin) / 1e-3, // all in one place
  );
  return ([x, y]) => [WIDTH / 2 + scale * (x - (left + right) / 2), HEIGHT / 2 + scale * (y - (top + bottom) / 2)];
}
