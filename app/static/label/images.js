/** Images loaded and decoded ahead, as elements that the stage can show without another decode. */
import { t } from "../language.js";

const TIME_LIMIT_MS = 30_000;
/** An element does not say whether the connection or the file is bad, so every failure is tried again. */
const TRY_AGAIN_AFTER_MS = [1000, 3000];
/** Decoded images are large; older ones than these are loaded again when needed. */
const KEPT = 12;

/**
 * @param {object} parts
 * @param {{isKeptBack: (url: string) => Promise<boolean>, comingBack: () => Promise<void>}} parts.signIn
 */
export function createImages({ timers, signIn, makeImage = () => new Image() }) {
  const elements = new Map(); // image id -> element, least recently used first

  async function fetchOne(image) {
    const element = makeImage();
    element.decoding = "async";
    element.alt = image.name;
    element.draggable = false;
    element.src = image.file_url;
    await decoded(element, image, timers);
    return element;
  }

  async function fetchPatiently(image) {
    for (const ms of TRY_AGAIN_AFTER_MS) {
      const element = await fetchOne(image).catch(() => null);
      if (element) return element;
      await new Promise((resolve) => timers.set(resolve, ms));
    }
    return fetchOne(image).catch(async (error) => {
      if (!(await signIn.isKeptBack(image.file_url))) throw error;
      await signIn.comingBack(); // signed out is not broken
      return fetchPatiently(image);
    });
  }

  function find(imageId) {
    const element = elements.get(imageId) ?? null;
    if (element) {
      elements.delete(imageId);
      elements.set(imageId, element);
    }
    return element;
  }

  return {
    /** @param {{id: number, file_url: string, name: string}} image */
    async load(image) {
      if (find(image.id)) return;
      const element = await fetchPatiently(image);
      elements.set(image.id, element);
      while (elements.size > KEPT) elements.delete(elements.keys().next().value);
    },
    /** @returns {HTMLImageElement|null} */
    find,
    has: (imageId) => elements.has(imageId),
  };
}

async function decoded(element, image, timers) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = timers.set(() => reject(new Error(t("{image} takes too long to load.", { image: image.name }))), TIME_LIMIT_MS);
  });
  try {
    await Promise.race([element.decode(), limit]);
  } catch (error) {
    throw error.name === "EncodingError" ? new Error(t("{image} cannot be loaded or is not an image.", { image: image.name })) : error;
  } finally {
    timers.clear(timer);
  }
}
