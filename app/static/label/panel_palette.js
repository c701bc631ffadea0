/** The command palette: a combobox (ARIA 1.2) whose list is always open. The keyboard alone is enough. */
import { byId, make, setAttribute, setHidden, setOpen, setText } from "./dom.js";
import { matching, paletteItems } from "./palette.js";
import { tn } from "../language.js";

/**
 * @param {{scopeOf: (state: object) => string}} parts  the part of the keymap that holds
 * @returns {(state: object) => void} draw
 */
export function bindPalette({ store, commands, scopeOf }) {
  const dialog = byId("palette");
  const field = byId("palette-field");
  const list = byId("palette-list");
  let items = [];
  let found = [];
  let active = 0;

  function search() {
    found = matching(items, field.value);
    active = 0;
    list.replaceChildren(...found.map(option));
    setHidden(byId("palette-none"), found.length > 0);
    setText(byId("palette-count"), tn("{count} command", "{count} commands", found.length));
    mark();
  }

  function option({ label, caps }, at) {
    const node = make("li", { role: "option", id: `palette-${at}`, "aria-selected": "false" },
      make("span", { dir: "auto", text: label }), make("span", { class: "quiet", text: caps }));
    node.addEventListener("click", () => run(at));
    return node;
  }

  function mark() {
    for (const [at, node] of [...list.children].entries()) setAttribute(node, "aria-selected", String(at === active));
    setAttribute(field, "aria-activedescendant", found.length > 0 ? `palette-${active}` : null);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function run(at) {
    const chosen = found[at];
    if (!chosen) return;
    dialog.close();
    commands.focusStage();
    commands[chosen.command](chosen.arg, { repeat: false });
  }

  const moves = {
    ArrowDown: (count) => (active + 1) % count,
    ArrowUp: (count) => (active + count - 1) % count,
    PageDown: (count) => Math.min(count - 1, active + 8),
    PageUp: () => Math.max(0, active - 8),
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method's own Enter and arrows
    if (event.key === "Enter") run(active);
    else if (Object.hasOwn(moves, event.key) && found.length > 0) active = moves[event.key](found.length);
    else return;
    event.preventDefault();
    mark();
  });
  dialog.addEventListener("close", () => store.dispatch({ type: "palette_toggled", isOpen: false }));

  return function draw(state) {
    if (state.isPaletteOpen && !dialog.open) {
      items = paletteItems(state, scopeOf(state));
      field.value = "";
      search();
    }
    setOpen(dialog, state.isPaletteOpen);
  };
}
