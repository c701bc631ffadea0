/**
 * What fingers know from other programs, as changes to the keymap: row id -> chords of each of its bindings.
 * Where a chord is given away here, the row that had it is listed too; keys.test.mjs holds that none has two meanings.
 */
import { t } from "../language.js";

export const PRESETS = {
  default: { title: t("Default"), changes: {} },
  cvat: {
    title: "CVAT",
    changes: {
      imageAfter: [["F", "."]],
      imageBefore: [["D", ","]],
      fit: [["Shift+F"]],
      bringShape: [["Ctrl+B", "B"]],
      unset: [["Delete", "Backspace"]],
      help: [["F1", "?"]],
    },
  },
  labelstudio: {
    title: "Label Studio",
    changes: {
      submit: [["Ctrl+Enter", "Enter"]],
      hide: [["Alt+H", "H"]],
      bringShape: [["Ctrl+D", "B"]],
    },
  },
  napari: {
    title: "DeepLabCut / napari",
    changes: {
      imageAfter: [["D", "."]],
      imageBefore: [["A", ","]],
      accept: [["Y"]],
      yes: [["ArrowRight", "Y"]],
      hide: [["V", "H"]],
    },
  },
  sleap: {
    title: "SLEAP",
    changes: {
      submit: [["Space", "Enter", "Ctrl+Enter"]],
      back: [["Shift+Space", "Ctrl+ArrowLeft"]],
      next: [["`", "Tab", "S"]],
      unset: [["Ctrl+Backspace", "Backspace", "Delete"]],
      panReady: [["G"]],
      gridToggle: [["G"]],
      skipQuestion: [[]], // Ctrl + Space skips everywhere
    },
  },
};
