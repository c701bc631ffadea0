/** Ways from the shown image to another one, or to another question about it, that submit nothing. */
import { t } from "../language.js";

/**
 * @param {object} parts
 * @param {(imageId: number, kind: string) => Promise<{revision: number, label: object|null}|{problem: string}>} parts.findLabel
 * @param {() => {entry: object}|null} parts.current  what is shown
 */
export function createWalk({
  store, queue, history, findLabel, notify, canAnswer, current, putAside, show, showNext, showAgain,
}) {
  const isOnAnswer = () => Boolean(current()?.entry.before);

  function back() {
    const record = history.back();
    if (!record) return notify(t("There is no earlier answer of yours in this tab."));
    putAside();
    showAgain(record);
    return notify(record.isSkip ? t("You skipped this image. It stays skipped unless you answer it.") : t("Your earlier answer. A new one replaces it."));
  }

  function forward() {
    const record = history.forward();
    if (!record) return notify(t("This is the newest image: nothing lies ahead of it."));
    putAside();
    return record === "front" ? showNext() : showAgain(record);
  }

  /** The shown image keeps its work and waits. */
  function imageAfter() {
    if (isOnAnswer()) return forward();
    if (!current()) return undefined;
    if (!queue.canPass()) return notify(t("Many images are begun already: submit or skip some of them first."), "warn");
    putAside(queue.pass);
    return showNext();
  }

  function imageBefore() {
    const passed = isOnAnswer() ? null : queue.recall();
    if (!passed) return back();
    putAside();
    return show(passed);
  }

  /** Another question about the same image: `step` 1 or -1 in the order of the schema. */
  async function question(step) {
    if (!canAnswer()) return;
    const from = current();
    const { shown: { ask }, schema: { attributes } } = store.state;
    const at = attributes.findIndex(({ name }) => name === ask.kind) + step;
    const kind = attributes.at(at % attributes.length).name;
    if (kind === ask.kind) return notify(t("There is only this question about an image."));
    const record = history.findLast((each) => each.ask.image.id === ask.image.id && each.ask.kind === kind);
    const label = record ? null : await findLabel(ask.image.id, kind);
    if (current() !== from) return; // the annotator has gone on
    if (label?.problem) return notify(label.problem, "warn");
    putAside();
    if (record) {
      history.goTo(record);
      return showAgain(record);
    }
    history.toFront();
    const beside = { ...ask, ...label, kind, lease_id: null, reason: null };
    return show(queue.takeOne(ask.image.id, kind) ?? queue.entryFor(beside, { isBeside: true }));
  }

  return { back, forward, imageAfter, imageBefore, question };
}
