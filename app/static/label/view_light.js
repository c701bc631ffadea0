/** Shows the picture in another light: a CSS filter, and for local contrast a canvas above the image. */
import { filterOf } from "./light.js";
import { localContrast } from "./local_contrast.js";
import { setHidden, setStyle } from "./dom.js";

/** Pixels worked on at most; a larger picture is worked on smaller, or a key would take seconds. */
const MOST_PIXELS = 2e6;

/**
 * @param {HTMLElement} picture what the image stands in
 * @param {(id: number) => HTMLImageElement|null} findElement
 * @returns {{draw: (state: object) => void, source: () => HTMLElement|null}} source: what is seen, to be magnified
 */
export function createLight(picture, findElement) {
  const canvas = document.createElement("canvas");
  canvas.className = "local-contrast";
  let paintedId = null;
  let wantedId = null;

  function paint({ id, width_px: width, height_px: height }) {
    const element = findElement(id);
    const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(element, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    pixels.data.set(localContrast(pixels));
    context.putImageData(pixels, 0, 0);
    setStyle(canvas, "width", `${width}px`);
    setStyle(canvas, "height", `${height}px`);
    paintedId = id;
  }

  /** After the image itself was drawn: it must not wait for this. */
  function paintSoon(image) {
    setTimeout(() => {
      if (wantedId !== image.id || paintedId === image.id) return;
      paint(image);
      setHidden(canvas, false);
    });
  }

  return {
    draw({ shown, phase, light }) {
      setStyle(picture, "filter", filterOf(light));
      const image = phase === "showing" ? shown.ask.image : null;
      const isWanted = light.isLocal && image !== null && findElement(image.id) !== null;
      if (isWanted && canvas.parentElement !== picture) picture.append(canvas);
      if (isWanted && wantedId !== image.id) paintSoon(image);
      wantedId = isWanted ? image.id : null;
      setHidden(canvas, wantedId === null || wantedId !== paintedId);
    },
    source: () => (canvas.isConnected && !canvas.hidden ? canvas : picture.querySelector("img")),
  };
}
