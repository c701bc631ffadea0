/** The lists beside the drawing: every action of the pointer has a button or a field here. */
import { make, setAttribute, setHidden, setText } from "../label/dom.js";
import { isLocked } from "./reduce.js";
import { saidAt } from "./refusals.js";
import { t } from "../language.js";

/** Rows by key: those that stay keep their element, and with it focus and cursor. */
export function keyedList(list, { create, update }) {
  const rows = new Map();
  return function draw(items, keyOf, ...context) {
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
    for (const [index, item] of items.entries()) {
      const key = keyOf(item);
      if (!rows.has(key)) rows.set(key, create(key));
      const row = rows.get(key);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
      update(row, item, index, ...context);
    }
  };
}

export function setValue(field, value) {
  if (field.value !== value) field.value = value;
}

/** The words beside a field, and the field marked for eye and ear. */
export function say(field, about, words) {
  setHidden(about, words === null);
  setText(about, words ?? "");
  setAttribute(field, "aria-invalid", words === null ? null : "true");
}

export function button(text, label, act) {
  return make("button", { type: "button", class: "button small", text, "aria-label": label, on: { click: act } });
}

/** @returns {(state: object) => void} draw */
export function bindLandmarks({ list, about, addButton, store }) {
  addButton.addEventListener("click", () => {
    store.dispatch({ type: "landmark_added" });
    const { selected } = store.state;
    requestAnimationFrame(() => list.querySelector(`[data-key="${selected}"] input`)?.select());
  });
  const drawRows = keyedList(list, { create: (key) => landmarkRow(key, store), update: updateLandmark });
  return function draw(state) {
    drawRows(state.plan.landmarks, ({ key }) => key, state);
    say(list, about, saidAt(state.refusals, "landmarks"));
  };
}

function landmarkRow(key, store) {
  const act = (type, part) => () => store.dispatch({ type, key, ...part });
  const name = make("input", { maxlength: 64, dir: "auto", autocomplete: "off", "aria-describedby": `about-landmark-${key}` });
  name.addEventListener("input", () => store.dispatch({ type: "landmark_named", key, name: name.value }));
  name.addEventListener("focus", act("landmark_selected"));
  return make(
    "li",
    { "data-key": key },
    name,
    button("↑", t("Earlier"), act("landmark_shifted", { by: -1 })),
    button("↓", t("Later"), act("landmark_shifted", { by: 1 })),
    button("✕", t("Remove"), act("landmark_removed")),
    make("p", { class: "error", id: `about-landmark-${key}`, hidden: true }),
  );
}

function updateLandmark(row, { key, name }, index, state) {
  const [field, up, down, remove, about] = row.children;
  const isFixed = isLocked(state, key);
  const count = state.plan.landmarks.length;
  setValue(field, name);
  field.readOnly = isFixed;
  setAttribute(field, "aria-label", t("Landmark {number}", { number: index + 1 }));
  setAttribute(row, "data-selected", state.selected === key);
  up.disabled = isFixed || index <= state.locked;
  down.disabled = isFixed || index === count - 1;
  remove.disabled = isFixed;
  for (const [each, verb] of [[up, t("Earlier")], [down, t("Later")], [remove, t("Remove")]]) setAttribute(each, "aria-label", `${verb}: ${name}`);
  const isRepeated = saidAt(state.refusals, "landmarks") !== null && isNamedTwice(state.plan.landmarks, name);
  say(field, about, saidAt(state.refusals, `landmark ${index}`) ?? (isRepeated ? t("This name stands twice.") : null));
}

function isNamedTwice(landmarks, name) {
  return landmarks.filter((each) => each.name.trim() === name.trim()).length > 1;
}

/**
 * Pairs of landmarks: each with a button that removes it, and two choices with a button that adds one.
 * @returns {(state: object) => void} draw
 */
export function bindPairs({ list, about, adder, store, place, part, words, add, remove }) {
  const first = make("select", { "aria-label": t("{pair}, first landmark", words) });
  const second = make("select", { "aria-label": t("{pair}, second landmark", words) });
  const join = button(words.add, words.add, () => {
    store.dispatch({ type: add, from: Number(first.value), to: Number(second.value) });
  });
  adder.append(first, make("span", { text: words.between }), second, join);
  const keyOf = ([from, to]) => `${from} ${to}`;
  const drawRows = keyedList(list, {
    create: () => make("li", {}, make("span", { class: "pair-name", dir: "auto" }), button("✕", t("Remove"), null)),
    update(row, pair, _, names) {
      const text = pair.map((key) => names.get(key)).join(` ${words.between} `);
      setText(row.children[0], text);
      setAttribute(row.children[1], "aria-label", `${t("Remove")}: ${text}`);
      row.children[1].onclick = () => store.dispatch(remove(pair));
    },
  });
  return function draw({ plan, refusals }) {
    drawRows(plan[part], keyOf, new Map(plan.landmarks.map(({ key, name }) => [key, name])));
    for (const [select, index] of [[first, 0], [second, 1]]) drawChoices(select, plan.landmarks, index);
    setHidden(adder, plan.landmarks.length < 2);
    join.disabled = first.value === second.value;
    first.onchange = second.onchange = () => { join.disabled = first.value === second.value; };
    say(list, about, saidAt(refusals, place));
  };
}

/** Choices among landmarks; what was chosen stays while it is there, else the landmark at `index`. */
export function drawChoices(select, landmarks, index) {
  const wanted = landmarks.map(({ key, name }) => [String(key), name]);
  const shown = [...select.options].map(({ value, text }) => [value, text]);
  if (JSON.stringify(wanted) === JSON.stringify(shown)) return;
  const chosen = select.value;
  select.replaceChildren(...wanted.map(([value, text]) => make("option", { value, text, dir: "auto" })));
  select.value = wanted.some(([value]) => value === chosen) ? chosen : (wanted[index]?.[0] ?? "");
}
