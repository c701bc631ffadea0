/**
 * A page that is older than the schema takes over what was added, and says so once where something else changed.
 * Loaded when that happens: few pages ever need it.
 */
import { listWords, readable } from "../words.js";
import { t } from "../../language.js";

/** @returns {(version: number|undefined) => Promise<void>} hears which version the server has */
export function createSchemaWatch({ store, fetchProject, onGrown }) {
  let asked = store.state.schemaVersion;
  const notify = (text) => store.dispatch({ type: "notice_shown", text, tone: "warn" });

  function takeOver({ schema, schema_version: version }) {
    const { schema: old } = store.state;
    if (!isGrown(old, schema)) return notify(t("What this project asks has changed. Reload this page when it suits you; nothing is lost."));
    store.dispatch({ type: "schema_changed", schema, version });
    const added = schema.landmarks.slice(old.landmarks.length);
    if (added.length > 0) notify(t("New in this project: {landmarks}.", { landmarks: listWords(added.map(readable)) }));
    return onGrown();
  }

  return async function heard(version) {
    if (!(version > asked)) return;
    asked = version;
    try {
      takeOver(await fetchProject());
    } catch (error) {
      asked = store.state.schemaVersion; // the next ask is another chance
      console.warn("The project's new schema cannot be read yet.", error);
    }
  };
}

/** Whether all that is in hand can still be shown and answered. */
function isGrown(old, schema) {
  const isKept = (attribute) => schema.attributes.some(({ name, kind }) => name === attribute.name && kind === attribute.kind);
  return old.landmarks.every((name, at) => schema.landmarks[at] === name) && old.attributes.every(isKept);
}
