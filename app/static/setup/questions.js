/** The questions of the schema, and what errors are measured in. */
import { byId, make, setAttribute, setHidden, setText } from "../label/dom.js";
import { button, drawChoices, keyedList, say, setValue } from "./lists.js";
import { saidAt } from "./refusals.js";
import { t } from "../language.js";

const MEASURES = {
  box: t("the size of the landmarks' box"),
  landmarks: t("the distance between"),
  pixels: t("pixels"),
};

/** @returns {(state: object) => void} draw */
export function bindAttributes({ list, about, store }) {
  const added = (kind) => () => {
    store.dispatch({ type: "attribute_added", kind });
    requestAnimationFrame(() => list.lastElementChild?.querySelector("input")?.focus());
  };
  byId("add-classes").addEventListener("click", added("classes"));
  byId("add-scale").addEventListener("click", added("scale"));
  const kindOf = (key) => store.state.plan.attributes.find((each) => each.key === key).kind;
  const drawRows = keyedList(list, {
    create: (key) => attributeRow(key, kindOf(key), store),
    update: updateAttribute,
  });
  return function draw(state) {
    drawRows(state.plan.attributes, ({ key }) => key, state);
    say(list, about, saidAt(state.refusals, "attributes"));
  };
}

function attributeRow(key, kind, store) {
  const change = (name, value) => store.dispatch({ type: "attribute_changed", key, part: { [name]: value }, step: `${name} of ${key}` });
  const own = kind === "classes" ? [classesField(key, store)] : ["minimum", "maximum", "unit"].map((name) => textField(key, name, change));
  const act = (type, part) => () => store.dispatch({ type, key, ...part });
  return make(
    "li",
    { class: "question", "data-key": key },
    make(
      "div",
      { class: "row" },
      make("strong", { class: "kind", text: kind === "classes" ? t("Classes") : t("Number") }),
      button("↑", t("Earlier"), act("attribute_shifted", { by: -1 })),
      button("↓", t("Later"), act("attribute_shifted", { by: 1 })),
      button("✕", t("Remove"), act("attribute_removed")),
    ),
    make("div", { class: "fields" }, textField(key, "name", change), textField(key, "question", change), ...own),
  );
}

const LABELS = { name: t("Short name"), question: t("Question"), minimum: t("From"), maximum: t("To"), unit: t("Unit"), classes: t("Classes, one a line") };

function textField(key, name, change) {
  const input = make("input", { autocomplete: "off", dir: "auto", maxlength: name === "question" ? 300 : 64 });
  if (name === "minimum" || name === "maximum") setAttribute(input, "inputmode", "decimal");
  input.addEventListener("input", () => change(name, input.value));
  return labelled(key, name, input);
}

function classesField(key, store) {
  const area = make("textarea", { rows: 3, dir: "auto", autocomplete: "off", spellcheck: "false" });
  area.addEventListener("input", () => {
    const part = { classes: area.value.split("\n") };
    store.dispatch({ type: "attribute_changed", key, part, step: `classes of ${key}` });
  });
  return labelled(key, "classes", area);
}

function labelled(key, name, field) {
  const id = `attribute-${key}-${name}`;
  field.id = id;
  setAttribute(field, "aria-describedby", `about-${id}`);
  return make(
    "div",
    { class: "field", "data-field": name },
    make("label", { for: id, text: LABELS[name] }),
    field,
    make("p", { class: "error", id: `about-${id}`, hidden: true }),
  );
}

function updateAttribute(row, attribute, index, state) {
  const [, up, down, remove] = row.children[0].children;
  const isKept = attribute.kept !== null;
  const what = attribute.name || t("question {number}", { number: index + 1 });
  for (const [each, verb] of [[up, t("Earlier")], [down, t("Later")], [remove, t("Remove")]]) setAttribute(each, "aria-label", `${verb}: ${what}`);
  up.disabled = index === 0;
  down.disabled = index === state.plan.attributes.length - 1;
  remove.disabled = isKept;
  for (const box of row.children[1].children) {
    const { field: name } = box.dataset;
    const field = box.children[1];
    setValue(field, name === "classes" ? attribute.classes.join("\n") : attribute[name]);
    field.readOnly = name === "name" && isKept;
    say(field, box.children[2], saidAt(state.refusals, `attribute ${index} ${name}`) ?? lostClasses(name, attribute));
  }
}

/** Said while typing, since the server could only refuse the whole. */
function lostClasses(name, { kept, classes }) {
  if (name !== "classes" || kept === null) return null;
  const lost = kept.filter((each) => !classes.some((now) => now.trim() === each));
  return lost.length > 0 ? t("Labels use {classes}: it has to stay.", { classes: lost.join(", ") }) : null;
}

/** @returns {(state: object) => void} draw */
export function bindNormaliser({ place, about, store }) {
  const kind = make("select", { "aria-label": t("Error measured in") });
  kind.append(...Object.entries(MEASURES).map(([value, text]) => make("option", { value, text })));
  const first = make("select", { "aria-label": t("First landmark of the distance") });
  const second = make("select", { "aria-label": t("Second landmark of the distance") });
  const both = make("span", { class: "row" }, first, make("span", { text: t("and") }), second);
  place.append(kind, both);
  const choose = () => {
    const between = kind.value === "landmarks" ? [Number(first.value), Number(second.value)] : null;
    store.dispatch({ type: "normaliser_changed", normaliser: { kind: kind.value, between } });
  };
  for (const select of [kind, first, second]) select.addEventListener("change", choose);
  return function draw({ plan, refusals }) {
    const { normaliser, landmarks } = plan;
    for (const [select, index] of [[first, 0], [second, 1]]) {
      drawChoices(select, landmarks, index);
      if (normaliser.between) setValue(select, String(normaliser.between[index]));
    }
    setValue(kind, normaliser.kind);
    kind.options[1].disabled = landmarks.length < 2;
    setHidden(both, normaliser.kind !== "landmarks");
    say(kind, about, saidAt(refusals, "normaliser"));
  };
}

/** What belongs to no field stands above all. */
export function drawRefusal(node, refusals) {
  const words = saidAt(refusals, "all") ?? (refusals.length > 0 ? t("Not saved: some fields need a look.") : null);
  setHidden(node, words === null);
  setText(node, words ?? "");
}
