/** Images loaded and decoded ahead, as elements that the stage can show at once, and the bytes of those further ahead. */
import { t } from "../language.js";

const TIME_LIMIT_MS = 30_000;
/** An element does not say whether the connection or the file is bad, so every failure is tried again. */
const TRY_AGAIN_AFTER_MS = [1000, 3000];
const DECODE_PATIENCE_MS = 2000; // a tab in the background may never decode what has come
/** Decoded images are large; older ones than these are loaded again when needed. */
const KEPT = 12;
const BYTES_LIMIT_MS = 60_000;
const MOST_BYTES = 256 * 2 ** 20; // twenty large photographs; decoded, each takes ten times as much

/**
 * @param {object} parts
 * @param {{isKeptBack: (url: string) => Promise<boolean>, comingBack: () => Promise<void>}} parts.signIn
 */
export function createImages({ timers, signIn, makeImage = () => new Image(), fetchBytes = bytesAt, mostBytes = MOST_BYTES }) {
  const elements = new Map(); // image id -> element, least recently used first
  const blobs = new Map(); // image id -> Blob

  async function fetchOne(image) {
    const element = makeImage();
    element.decoding = "async";
    element.alt = image.name;
    element.draggable = false;
    const blob = blobs.get(image.id);
    blobs.delete(image.id); // the element has them then; or they are no image, and the next try asks the server
    const url = blob && URL.createObjectURL(blob);
    element.src = url ?? image.file_url;
    try {
      await decoded(element, image, timers);
    } finally {
      if (url) URL.revokeObjectURL(url);
    }
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
    /** The bytes of an image that is further ahead; without them it is loaded when its turn comes. */
    async keep({ id, file_url: url }) {
      if (elements.has(id)) return;
      const blob = await fetchBytes(url).catch(() => null);
      if (blob) blobs.set(id, blob);
    },
    /** @param {Set<number>} imageIds  that are waited for */
    keepOnly(imageIds) {
      for (const id of blobs.keys()) if (!imageIds.has(id)) blobs.delete(id);
    },
    hasRoom: () => [...blobs.values()].reduce((sum, { size }) => sum + size, 0) < mostBytes,
  };
}

async function bytesAt(url) {
  const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(BYTES_LIMIT_MS) });
  return response.ok ? response.blob() : null;
}

async function decoded(element, image, timers) {
  let timer;
  let patience;
  const limit = new Promise((_, reject) => {
    timer = timers.set(() => reject(new Error(t("{image} takes too long to load.", { image: image.name }))), TIME_LIMIT_MS);
  });
  const whole = new Promise((resolve) => {
    element.onload = () => { patience = timers.set(resolve, DECODE_PATIENCE_MS); };
  });
  try {
    await Promise.race([element.decode(), whole, limit]);
  } catch (error) {
    throw error.name === "EncodingError" ? new Error(t("{image} cannot be loaded or is not an image.", { image: image.name })) : error;
  } finally {
    element.onload = null;
    timers.clear(timer);
    timers.clear(patience);
  }
}
