/** Draws the reference: the skeleton on an example image where there is one, the active landmark marked. */
import { byId, makeSvg, setAttribute, setHidden, setText } from "./dom.js";
import { completed, referenceOf } from "./reference.js";
import { readable } from "./words.js";
import { t, tn } from "../language.js";

/** Units of the drawing; the margin keeps the mark of the active landmark inside. */
const [WIDTH, HEIGHT, MARGIN] = [160, 100, 10];

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
    const put = fitting(Object.values(shape));
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

/** As large as the drawing allows, in its middle. @returns {(place: [number, number]) => [number, number]} */
function fitting(places) {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / Math.max(right - left, 1e-9),
    (HEIGHT - 2 * MARGIN) / Math.max(bottom - top, 1e-9),
    (HEIGHT - 2 * MARGIN) / 1e-3, // all in one place
  );
  return ([x, y]) => [WIDTH / 2 + scale * (x - (left + right) / 2), HEIGHT / 2 + scale * (y - (top + bottom) / 2)];
}
