/**
 * The stage: the image and, above it, one SVG in image px.
 *
 *   section#stage
 *     div#picture > img                    moved by a CSS matrix
 *     svg#overlay > g.camera               the same matrix; below it everything is image px
 *       g.heats > circle               doubt as heat, where it is wanted: radius in image px
 *       g.ghost-edges > line               edges between predicted points
 *       g.halos > g > circle               doubt: radius in image px
 *       g.ghosts > g.ghost > g.unscaled    the prediction: hollow, dashed; glides when a new one arrives
 *       g.edges > line x 2                 dark casing, light line
 *       g.marks > g.mark > g.unscaled      what the annotator placed
 *
 * Nodes are made once for a schema, keyed by landmark name; drawing only changes attributes that differ.
 */
import { createHeat } from "./view_heat.js";
import { makeSvg, setAttribute, setHidden, setStyle } from "./dom.js";
import { DENSE_FROM, findGhost, findPlace } from "./state.js";
import { readable } from "./words.js";

/** From this zoom on single image pixels are shown as squares. */
const PIXELS_FROM = 6;

export function createView({ stage, picture, overlay, schema, light, findElement }) {
  const layers = makeLayers(schema);
  overlay.replaceChildren(layers.camera);
  setAttribute(overlay, "data-dense", schema.landmarks.length > DENSE_FROM);
  const unscale = bindUnscale();
  let shownId = null;

  function drawPicture(state) {
    const { shown, phase, camera } = state;
    const image = phase === "showing" ? shown.ask.image : null;
    if (image?.id !== shownId) {
      shownId = image?.id ?? null;
      const element = image && findElement(image.id);
      picture.replaceChildren(...(element ? [element] : []));
      if (element) {
        setStyle(element, "width", `${image.width_px}px`);
        setStyle(element, "height", `${image.height_px}px`);
      }
    }
    light.draw(state);
    setHidden(picture, !image);
    setStyle(picture, "transform", `matrix(${camera.scale}, 0, 0, ${camera.scale}, ${camera.x}, ${camera.y})`);
    setAttribute(picture, "data-pixels", camera.scale >= PIXELS_FROM);
  }

  return function draw(state) {
    const { shown, phase, camera, overlay: options } = state;
    drawPicture(state);
    const isLandmarks = phase === "showing" && shown.ask.kind === "landmarks";
    setAttribute(stage, "data-kind", phase === "showing" ? shown.ask.kind : null);
    setAttribute(stage, "data-pan", state.isPanReady);
    setAttribute(stage, "data-active", isLandmarks && shown.active !== null);
    setAttribute(overlay, "data-hidden", !isLandmarks || options.isHidden);
    if (!isLandmarks) return;
    setAttribute(layers.camera, "transform", `translate(${camera.x} ${camera.y}) scale(${camera.scale})`);
    unscale(camera.scale);
    setAttribute(overlay, "data-names", options.names);
    // ghosts glide to a new prediction of the same image, but never from one image to the next
    setAttribute(overlay, "data-gliding", layers.glidesOn === shown.ask);
    layers.glidesOn = shown.ask;
    layers.heat.draw(shown, options.heat);
    for (const name of schema.landmarks) drawLandmark(layers, name, shown);
    for (const edge of layers.edges) drawEdge(edge, shown, options.edges);
  };
}

function drawLandmark(layers, name, shown) {
  const { points, active, grabbed, isWholeGrabbed } = shown;
  const mark = layers.marks.get(name);
  const place = findPlace(points, name);
  const isAnswered = Object.hasOwn(points, name);
  setAttribute(mark, "data-state", isAnswered ? points[name].state : "unset");
  setAttribute(mark, "data-active", name === active);
  setAttribute(mark, "data-grabbed", grabbed !== null && !isWholeGrabbed && name === active);
  if (place) setAttribute(mark, "transform", `translate(${place.x} ${place.y})`);

  const ghost = isAnswered ? null : findGhost(shown, name);
  const ghostNode = layers.ghosts.get(name);
  const halo = layers.halos.get(name);
  setAttribute(ghostNode, "data-shown", ghost !== null);
  setAttribute(ghostNode, "data-refined", ghost?.isRefined ?? false);
  setAttribute(ghostNode, "data-active", name === active);
  setAttribute(halo, "data-shown", ghost?.doubt_px > 0);
  setAttribute(halo, "data-active", name === active);
  if (!ghost) return;
  const shift = `translate(${ghost.x}px, ${ghost.y}px)`;
  setStyle(ghostNode, "transform", shift);
  setStyle(halo, "transform", shift);
  if (ghost.doubt_px > 0) setAttribute(halo.firstChild, "r", ghost.doubt_px);
}

function drawEdge({ ends, lines, ghostLine }, shown, isWanted) {
  const { points } = shown;
  const placed = ends.map((name) => findPlace(points, name));
  const isPlaced = isWanted && placed.every(Boolean);
  for (const line of lines) drawLine(line, isPlaced ? placed : null);
  const seen = ends.map((name, n) => placed[n] ?? (Object.hasOwn(points, name) ? null : findGhost(shown, name)));
  drawLine(ghostLine, isWanted && !isPlaced && seen.every(Boolean) ? seen : null);
}

function drawLine(line, ends) {
  setAttribute(line, "data-shown", ends !== null);
  if (!ends) return;
  setAttribute(line, "x1", ends[0].x);
  setAttribute(line, "y1", ends[0].y);
  setAttribute(line, "x2", ends[1].x);
  setAttribute(line, "y2", ends[1].y);
}

function makeLayers(schema) {
  const keyed = (makeNode) => new Map(schema.landmarks.map((name) => [name, makeNode(name)]));
  const halos = keyed(() => makeSvg("g", { class: "halo" }, makeSvg("circle")));
  const ghosts = keyed((name) => makeSvg("g", { class: "ghost" }, unscaled(circles("target", "casing", "ring"), name)));
  const rings = () => circles("target", "casing", "ring", "dot");
  const marks = keyed((name) => makeSvg("g", { class: "mark" }, unscaled(rings(), name)));
  const edges = schema.edges.map((ends) => ({
    ends,
    lines: [makeSvg("line", { class: "casing" }), makeSvg("line", { class: "edge" })],
    ghostLine: makeSvg("line", { class: "ghost-edge" }),
  }));
  const heat = createHeat(schema);
  const camera = makeSvg(
    "g",
    { class: "camera" },
    heat.layer,
    makeSvg("g", { class: "ghost-edges" }, ...edges.map(({ ghostLine }) => ghostLine)),
    makeSvg("g", { class: "halos" }, ...halos.values()),
    makeSvg("g", { class: "ghosts" }, ...ghosts.values()),
    makeSvg("g", { class: "edges" }, ...edges.flatMap(({ lines }) => lines)),
    makeSvg("g", { class: "marks" }, ...marks.values()),
  );
  return { camera, heat, halos, ghosts, marks, edges, glidesOn: null };
}

function circles(...classes) {
  return classes.map((name) => makeSvg("circle", { class: name, r: 6 }));
}

/**
 * One rule for all marks instead of a property that they inherit: with 1000 marks the browser then looks again at
 * these nodes only, not at everything below them.
 * @returns {(scale: number) => void}
 */
function bindUnscale() {
  const sheet = new CSSStyleSheet();
  sheet.insertRule(".unscaled { transform: scale(1); }");
  document.adoptedStyleSheets.push(sheet);
  let drawn = 1;
  return (scale) => {
    if (scale !== drawn) sheet.cssRules[0].style.transform = `scale(${1 / scale})`;
    drawn = scale;
  };
}

/** Keeps its size on screen, whatever the zoom. */
function unscaled(shapes, name) {
  const label = makeSvg("text", { class: "name" });
  label.textContent = readable(name);
  return makeSvg("g", { class: "unscaled" }, ...shapes, label);
}
