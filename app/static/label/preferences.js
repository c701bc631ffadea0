/** What an annotator has switched on, remembered in this browser. */
const KEY = "equimark.label";

export const DEFAULTS = Object.freeze({
  isReferenceOpen: true, // the example beside the image
  isRefining: true, // predicted points follow the corrected ones
  isWorstFirst: false, // visit the landmarks by doubt, not in the order of the schema
});

/**
 * Where storage is blocked, or was written by another version, the defaults hold.
 * @param {() => Storage} storage localStorage; already asking for it throws where it is blocked
 */
export function loadPreferences(storage) {
  const kept = parsed(storage);
  const known = Object.keys(DEFAULTS).filter((name) => typeof kept[name] === "boolean");
  return { ...DEFAULTS, ...Object.fromEntries(known.map((name) => [name, kept[name]])) };
}

/** @returns {(state: object) => void} draw: writes when something was switched */
export function bindPreferences(storage, initial) {
  let written = initial;
  return ({ preferences }) => {
    if (preferences === written) return;
    written = preferences;
    try {
      storage().setItem(KEY, JSON.stringify(preferences));
    } catch (error) {
      console.warn("What is switched on is forgotten with this tab.", error);
    }
  };
}

function parsed(storage) {
  try {
    return JSON.parse(storage().getItem(KEY)) ?? {};
  } catch (error) {
    console.warn("What was switched on earlier cannot be read.", error);
    return {};
  }
}
