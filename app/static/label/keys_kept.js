/** The annotator's keys, remembered in this browser. */
import { bindKeys, keysOf, textOf } from "./bound.js";
import { t } from "../language.js";

const KEY = "equimark.keys";

/**
 * @param {() => Storage} storage localStorage; already asking for it throws where it is blocked
 * @returns {{keys: object, problem: string|null}} the default keys, and why, where those kept here cannot be used
 */
export function loadKeys(storage) {
  try {
    const text = storage().getItem(KEY);
    return { keys: text === null ? bindKeys() : keysOf(text), problem: null };
  } catch (error) {
    console.warn("The keys kept in this browser cannot be used.", error);
    return { keys: bindKeys(), problem: error.message };
  }
}

/** @returns {(state: object) => void} draw: writes when the keys have changed, and says where they cannot be kept */
export function bindKeysKept(storage, initial, notify) {
  let written = initial;
  return ({ keys }) => {
    if (keys === written) return;
    written = keys;
    try {
      storage().setItem(KEY, textOf(keys));
    } catch (error) {
      console.warn("The keys are forgotten with this tab.", error);
      notify(t("This browser does not keep your keys: they hold until the tab is closed. Export them to a file."), "warn");
    }
  };
}
