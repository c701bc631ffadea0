/** The question about an image: buttons for classes, a number for a scale. */
import { decimalsOf, predictedAnswer } from "./answers.js";
import { byId, keyCap, make, setAttribute, setHidden, setStyle, setText } from "./dom.js";
import { capsOf, keyWords } from "./bound.js";
import { scopeOf } from "./keyboard.js";
import { classLetters } from "./letters.js";
import { findAttribute } from "./state.js";
import { own } from "./own.js";
import { readable } from "./words.js";
import { number as numberWords, t } from "../language.js";

export function bindAttributePanel({ commands, notify }) {
  const panel = byId("attribute-panel");
  const classes = byId("class-list");
  const form = byId("scale-form");
  const number = byId("scale-number");
  const slider = byId("scale-slider");
  let buttons = new Map();
  let shownAttribute = null;
  let shownKeys = null;
  let shownAsk = null;

  number.addEventListener("input", () => {
    if (number.value !== "") slider.value = number.value;
  });
  slider.addEventListener("input", () => {
    number.value = slider.value;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitNumber();
  });

  /** Also where what is typed is no number yet: that must not be taken for an empty field. */
  const isNumberGiven = () => !panel.hidden && !form.hidden && (number.value !== "" || number.validity.badInput);

  function submitNumber() {
    if (!isNumberGiven()) return commands.submit(); // accepts the prediction, or says what is missing
    const { minimum, maximum, unit } = shownAttribute;
    const value = number.valueAsNumber;
    if (!(value >= minimum && value <= maximum)) {
      return notify(t("A number from {least} to {most}, please.", { least: measure(minimum), most: measure(maximum, unit) }), "warn");
    }
    number.blur();
    commands.focusStage();
    return commands.answer(value);
  }

  function build(attribute, state) {
    const isScale = attribute.kind === "scale";
    setHidden(form, !isScale);
    setHidden(classes, isScale);
    setText(byId("question"), attribute.question || readable(attribute.name));
    const caps = isScale ? [] : classCaps(attribute.classes, state);
    buttons = new Map((attribute.classes ?? []).map((name, index) => [name, makeButton(name, caps[index], commands)]));
    classes.replaceChildren(...[...buttons.values()].map(({ item }) => item));
    if (!isScale) return;
    for (const field of [number, slider]) {
      field.min = attribute.minimum;
      field.max = attribute.maximum;
      field.step = 10 ** -decimalsOf(attribute);
    }
    number.step = "any";
    setText(byId("scale-unit"), attribute.unit ?? "");
    setText(byId("scale-least"), String(attribute.minimum));
    setText(byId("scale-most"), String(attribute.maximum));
  }

  function drawScale(attribute, { prediction, value, ask }, keys) {
    const predicted = predictedAnswer(prediction, attribute);
    const words = predicted === null ? "" : t("The network says {value}. {key} accepts it.", { value: measure(predicted, attribute.unit), key: keyWords(keys.rows, "submit") });
    setText(byId("scale-predicted"), words);
    if (ask === shownAsk) return;
    number.value = value ?? "";
    slider.value = value ?? predicted ?? (attribute.minimum + attribute.maximum) / 2;
  }

  return {
    draw(state) {
      const { shown, phase, keys, schema } = state;
      const isHere = phase === "showing" && shown.ask.kind !== "landmarks";
      setHidden(panel, !isHere);
      if (!isHere) return;
      const attribute = findAttribute(schema, shown.ask.kind);
      if (attribute !== shownAttribute || keys !== shownKeys) build(attribute, state);
      shownKeys = keys;
      shownAttribute = attribute;
      if (attribute.kind === "scale") drawScale(attribute, shown, keys);
      else drawClasses(buttons, shown, attribute);
      setAttribute(byId("button-cannot-tell"), "aria-pressed", shown.value === null ? "true" : "false");
      shownAsk = shown.ask;
    },
    /** For typed digits: the field, emptied of what stood there by selecting it. */
    number() {
      number.focus();
      return number;
    },
    stepNumber(steps) {
      const start = number.value === "" ? slider.valueAsNumber : number.valueAsNumber;
      slider.value = start + steps * Number(slider.step) * 10;
      number.value = slider.value;
    },
    submitNumber,
    isNumberGiven,
  };
}

/** What answers with each class: its digit, its letter and, of two, the arrow. */
function classCaps(classes, state) {
  const { rows } = state.keys;
  const scope = scopeOf(state);
  const letters = classLetters(classes, rows, scope);
  return classes.map((_, index) => {
    const digit = capsOf(rows, "choose", index);
    const arrow = capsOf(rows, ["yes", "no"][index] ?? "yes");
    const letter = { short: letters[index] ?? "", aria: letters[index] ?? "" };
    return [digit, letter, ...(scope === "binary" ? [arrow] : [])].filter(({ short }) => short !== "");
  });
}

function makeButton(name, caps, commands) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  const said = make("span", { class: "said" });
  const keys = caps.length > 0 ? { "aria-keyshortcuts": caps.map(({ aria }) => aria).join(" ") } : {};
  const button = make(
    "button",
    { type: "button", class: "choice", "data-value": name, ...keys, on: { click: () => commands.answer(name) } },
    make("span", { class: "caps" }, ...caps.map(({ short }) => keyCap(short))),
    make("span", { class: "name", dir: "auto", text: readable(name) }),
    said,
    bar,
  );
  return { item: make("li", {}, button), button, bar, said };
}

function drawClasses(buttons, { prediction, value, ask }, attribute) {
  const chances = own(prediction?.attributes, ask.kind);
  const best = predictedAnswer(prediction, attribute);
  for (const [name, { button, bar, said }] of buttons) {
    const chance = own(chances, name) ?? 0;
    setStyle(bar, "--chance", String(chance));
    setText(said, name === best ? `${Math.round(chance * 100)} %` : "");
    setAttribute(button, "data-predicted", name === best);
    setAttribute(button, "aria-pressed", name === value ? "true" : "false");
  }
}

/** With as many decimals as it has, and its unit. */
function measure(value, unit = "") {
  const decimals = String(value).split(".")[1]?.length ?? 0;
  return `${numberWords(value, decimals)} ${unit}`.trim();
}
