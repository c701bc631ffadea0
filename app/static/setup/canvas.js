/** The drawing: picture, edges, mirror pairs and points, and what a pointer or a key does to them. */
import { makeSvg, setAttribute, setText } from "../label/dom.js";
import { t } from "../language.js";

const NUDGE_PART = 0.01; // of the frame's shorter side; ten times that with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HINTS = {
  place: t("Click places a landmark, a drag moves one."),
  edge: t("Drag from one landmark to another: they are joined, or no longer."),
  mirror: t("Drag from one landmark to its mirror image."),
};

/** @returns {(state: object) => void} draw */
export function bindCanvas({ canvas, hint, store }) {
  const layers = ["picture", "edges", "pairs", "line", "points"].map((name) => makeSvg("g", { class: name }));
  const [pictures, edges, pairs, lines, points] = layers;
  canvas.append(...layers);
  const rubber = makeSvg("line", { class: "rubber" });
  lines.append(rubber);
  bindPointer({ canvas, rubber, store });
  bindKeys({ canvas, store });

  return function draw({ plan, frame, picture, selected, tool }) {
    setAttribute(canvas, "viewBox", `0 0 ${frame.width} ${frame.height}`);
    setAttribute(canvas, "data-tool", tool);
    setText(hint, HINTS[tool]);
    drawPicture(pictures, picture, frame);
    const at = new Map(plan.landmarks.map((landmark) => [landmark.key, landmark]));
    drawLines(edges, plan.edges, at);
    drawLines(pairs, plan.pairs, at);
    drawPoints(points, plan.landmarks, { selected, radius: radiusOf(frame) });
  };
}

function radiusOf(frame) {
  return Math.max(frame.width, frame.height) / 90;
}

function drawPicture(layer, picture, frame) {
  if (!picture) return layer.replaceChildren();
  const image = layer.firstChild ?? layer.appendChild(makeSvg("image"));
  setAttribute(image, "href", picture.url);
  setAttribute(image, "width", frame.width);
  setAttribute(image, "height", frame.height);
  return undefined;
}

function drawLines(layer, pairs, at) {
  while (layer.childElementCount > pairs.length) layer.lastChild.remove();
  while (layer.childElementCount < pairs.length) layer.append(makeSvg("line"));
  for (const [index, [from, to]] of pairs.entries()) placeLine(layer.children[index], at.get(from), at.get(to));
}

function placeLine(line, from, to) {
  for (const [name, value] of [["x1", from.x], ["y1", from.y], ["x2", to.x], ["y2", to.y]]) setAttribute(line, name, value);
}

function drawPoints(layer, landmarks, { selected, radius }) {
  while (layer.childElementCount > landmarks.length) layer.lastChild.remove();
  while (layer.childElementCount < landmarks.length) {
    layer.append(makeSvg("g", {}, makeSvg("circle", { class: "target" }), makeSvg("circle", { class: "dot" }), makeSvg("text")));
  }
  for (const [index, { key, name, x, y }] of landmarks.entries()) {
    const group = layer.children[index];
    setAttribute(group, "data-key", key);
    setAttribute(group, "data-selected", key === selected);
    setAttribute(group, "transform", `translate(${x} ${y})`);
    setAttribute(group.children[0], "r", 2 * radius);
    setAttribute(group.children[1], "r", radius * (landmarks.length > 30 ? 0.55 : 0.8));
    const text = group.children[2];
    setText(text, landmarks.length > 30 && key !== selected ? "" : name);
    setAttribute(text, "font-size", 2.1 * radius);
    setAttribute(text, "x", 1.6 * radius);
    setAttribute(text, "y", 0.7 * radius);
  }
}

/** Place, move or join: what a press that begins on a point or beside it turns into. */
function bindPointer({ canvas, rubber, store }) {
  let press = null; // {key, isMoved, at, number}: the point that is held, null beside all

  function where(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(canvas.getScreenCTM().inverse());
    return [x, y];
  }
  /** A finger holds the canvas, so the element under it is looked up by position. */
  function keyAt(event) {
    const group = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-key]");
    return group && canvas.contains(group) ? Number(group.dataset.key) : null;
  }
  const placeOf = (key) => store.state.plan.landmarks.find((landmark) => landmark.key === key);
  const presses = (() => { let last = 0; return () => { last += 1; return last; }; })();

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    press = { key: keyAt(event), isMoved: false, at: [event.clientX, event.clientY], number: presses() };
    canvas.setPointerCapture(event.pointerId);
    if (press.key !== null) store.dispatch({ type: "landmark_selected", key: press.key });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!press || press.key === null) return;
    press.isMoved ||= Math.hypot(event.clientX - press.at[0], event.clientY - press.at[1]) > 3;
    if (!press.isMoved) return;
    if (store.state.tool === "place") {
      store.dispatch({ type: "landmark_moved", key: press.key, at: where(event), step: `drag ${press.number}` });
    } else {
      const [x, y] = where(event);
      placeLine(rubber, placeOf(press.key), { x, y });
      setAttribute(rubber, "data-shown", "true");
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const { tool } = store.state;
    const to = keyAt(event);
    if (press?.key === null && tool === "place") store.dispatch({ type: "landmark_added", at: where(event) });
    else if (press && tool !== "place" && press.key !== null && to !== null) {
      store.dispatch({ type: tool === "edge" ? "edge_toggled" : "pair_set", from: press.key, to });
    }
    end();
  });
  canvas.addEventListener("pointercancel", end);

  function end() {
    press = null;
    setAttribute(rubber, "data-shown", null);
  }
}

function bindKeys({ canvas, store }) {
  canvas.addEventListener("keydown", (event) => {
    const { plan, selected, frame } = store.state;
    const landmark = plan.landmarks.find(({ key }) => key === selected);
    if (!landmark) return;
    if (Object.hasOwn(ARROWS, event.key)) {
      event.preventDefault();
      const length = Math.min(frame.width, frame.height) * NUDGE_PART * (event.shiftKey ? 10 : 1);
      const [x, y] = ARROWS[event.key];
      const at = [landmark.x + x * length, landmark.y + y * length];
      store.dispatch({ type: "landmark_moved", key: selected, at, step: `nudge ${selected}` });
    } else if (event.key === "Delete") store.dispatch({ type: "landmark_removed", key: selected });
  });
}
