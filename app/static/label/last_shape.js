/** The shape of my newest answer in a project, kept through a reload, so that it can be brought to the next image. */
import { keyFor } from "./storage.js";

/**
 * @param {() => Storage} storage localStorage; already asking for it throws where it is blocked
 * @returns {{keep: (shape: object) => void, find: () => object|null}} a shape: {points, size, imageId}
 */
export function createLastShape(storage, projectId, person = null) {
  const key = keyFor("equimark.shape", projectId, person);
  return {
    keep(shape) {
      try {
        storage().setItem(key, JSON.stringify(shape));
      } catch (error) {
        console.warn("The shape of this answer is forgotten with this tab.", error);
      }
    },
    find() {
      try {
        return JSON.parse(storage().getItem(key));
      } catch (error) {
        console.warn("The shape of an earlier answer cannot be read.", error);
        return null;
      }
    },
  };
}
