/** A page that an earlier version of the service made goes on working, and says once that there is a newer one. */
import { t } from "../language.js";

/**
 * @param {string|undefined} made  the version that made the page
 * @param {(text: string, tone: string) => void} notify
 * @returns {(served: string) => void} hears which version answers
 */
export function createVersionWatch(made, notify) {
  let isTold = made === undefined;
  return function heard(served) {
    if (isTold || served === made) return;
    isTold = true;
    notify(t("Equimark was updated. Reload this page when it suits you; nothing is lost."), "warn");
  };
}
