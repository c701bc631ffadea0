/** What keys and buttons do in the grid, by name. */
import { keyWords } from "../label/bound.js";
import { savingDetail } from "../label/words.js";
import { t } from "../language.js";

/**
 * @param {object} parts
 * @param {{isWhole: () => boolean, goOn: () => void}} parts.reading  how far down the page was seen
 * @param {() => number} parts.columns  tiles in a line
 * @param {(mode: string) => void} parts.leave  to one image at a time
 */
export function createCommands({ store, session, outbox, reading, columns, list, lastSaved, leave }) {
  const dispatch = (type, part = {}) => store.dispatch({ type, ...part });
  const notify = (text) => dispatch("notice_shown", { text });
  const open = (type, part) => {
    dispatch(type, part);
    store.drawNow();
  };
  const moved = ({ dx, dy }, isRange) => dispatch("focus_moved", { by: dx + dy * columns(), isRange });

  return {
    ignore() {},
    move: (by) => moved(by, false),
    moveRange: (by) => moved(by, true),
    toggle: (index) => dispatch("tile_toggled", { index: index ?? store.state.focus }),
    range: (index) => dispatch("range_selected", { index }),
    selectAll: () => dispatch("all_selected"),
    clear: () => dispatch("selection_cleared"),
    choose(digit) {
      const { classes } = store.state.attribute;
      if (digit <= classes.length) dispatch("answered", { value: classes[digit - 1] });
    },
    cannotTell: () => dispatch("answered", { value: null }),
    leaveOut: () => dispatch("answered", { value: undefined }),
    submit() {
      if (store.state.phase !== "showing" || reading.isWhole()) return session.confirm();
      reading.goOn();
      const key = keyWords(store.state.keys.rows, "submit");
      return notify(t("There is more further down. {key} confirms once all of it was on the screen.", { key }));
    },
    back: () => session.back(),
    /** Beyond the first step it goes back to the page before, but a held key stops there. */
    undo(_nothing, event) {
      if (store.state.past.length > 0) dispatch("undone");
      else if (!event?.repeat) session.back();
    },
    redo: () => dispatch("redone"),
    mode: leave,
    saySaved: () => notify(savingDetail(outbox.summary(), lastSaved())),
    note() {
      const { tiles, focus } = store.state;
      if (tiles[focus]) open("note_opened", { ask: tiles[focus].ask });
      else notify(t("There is no image to say something about."));
    },
    help: () => open("help_toggled"),
    palette: () => open("palette_toggled"),
    keys: () => open("keys_toggled"),
    attention: () => open("attention_toggled", { isOpen: true }),
    focusStage: () => list.focus({ preventScroll: true }),
  };
}
