/** What is around the images, on the labelling page and in the grid: dialogs, keys, saving, notices. */
export function aroundState(keys) {
  return {
    keys, // which keys hold, see bound.js
    isHelpOpen: false,
    isAttentionOpen: false,
    isPaletteOpen: false,
    isKeysOpen: false,
    noteOpen: null, // the note that is being written: {ask, text, isFlagged, replaces}
    saving: { waiting: 0, attention: [], isOffline: false, isMemoryOnly: false, reason: null },
    notice: { text: "", tone: "quiet", number: 0 },
  };
}

export const aroundActions = {
  help_toggled: (state, { isOpen = !state.isHelpOpen }) => ({ ...state, isHelpOpen: isOpen }),
  attention_toggled: (state, { isOpen = !state.isAttentionOpen }) => ({ ...state, isAttentionOpen: isOpen }),
  palette_toggled: (state, { isOpen = !state.isPaletteOpen }) => ({ ...state, isPaletteOpen: isOpen }),
  keys_toggled: (state, { isOpen = !state.isKeysOpen }) => ({ ...state, isKeysOpen: isOpen }),
  keys_changed: (state, { keys }) => ({ ...state, keys }),
  note_opened: (state, { ask, text = "", isFlagged = false, replaces = null }) => ({ ...state, noteOpen: { ask, text, isFlagged, replaces } }),
  note_closed: (state) => ({ ...state, noteOpen: null }),
  saving_changed: (state, { saving }) => ({ ...state, saving }),
  notice_shown(state, { text, tone = "quiet" }) {
    return { ...state, notice: { text, tone, number: state.notice.number + 1 } };
  },
};
