/** Doubt heat: behind each predicted point a soft disc as wide as the network's doubt, its colour in five levels. */
import { makeSvg, setAttribute } from "./dom.js";
import { findGhost } from "./state.js";

/** Doubt as a share of the image's diagonal from which a level begins; below the first one it is level 0. */
const LEVELS_FROM = [0.0025, 0.005, 0.01, 0.02];
/** The disc fades out at this many times the doubt, as a bell curve does. */
const REACH = 2;

/** @returns {0|1|2|3|4} the same for all images, so that colours can be compared */
export function heatLevel(doubtPx, { width_px: width, height_px: height }) {
  const share = doubtPx / Math.hypot(width, height);
  return LEVELS_FROM.filter((from) => share >= from).length;
}

/** @returns {{layer: SVGElement, draw: (shown: object, isShown: boolean) => void}} */
export function createHeat(schema) {
  const discs = new Map(schema.landmarks.map((name) => [name, makeSvg("circle", { class: "heat" })]));
  const layer = makeSvg("g", { class: "heats" }, makeSvg("defs", {}, ...gradients()), ...discs.values());
  let wasShown = false;
  return {
    layer,
    draw(shown, isShown) {
      if (!isShown && !wasShown) return;
      wasShown = isShown;
      for (const [name, disc] of discs) {
        const ghost = isShown ? findGhost(shown, name) : null;
        setAttribute(disc, "data-shown", ghost?.doubt_px > 0);
        if (!(ghost?.doubt_px > 0)) continue;
        setAttribute(disc, "cx", ghost.x);
        setAttribute(disc, "cy", ghost.y);
        setAttribute(disc, "r", REACH * ghost.doubt_px);
        setAttribute(disc, "fill", `url(#heat-${heatLevel(ghost.doubt_px, shown.ask.image)})`);
      }
    },
  };
}

/** One for each level; label.css gives the stops their colours. */
function gradients() {
  return LEVELS_FROM.concat(0).map((_, level) =>
    makeSvg(
      "radialGradient",
      { id: `heat-${level}`, "data-heat": level },
      makeSvg("stop", { offset: "0", "stop-opacity": "0.75" }),
      makeSvg("stop", { offset: "0.55", "stop-opacity": "0.45" }),
      makeSvg("stop", { offset: "1", "stop-opacity": "0" }),
    ),
  );
}
