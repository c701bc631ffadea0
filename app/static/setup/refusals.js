/** From the server's problem to words beside the fields they are about. Pure. */
import { t } from "../language.js";

const KINDER = [
  [/at least 1 character/, t("It needs a name.")],
  [/at most (\d+) characters/, t("At most $1 characters.")],
  [/match pattern/, t("No slash and no line break.")],
  [/at least 2 items/, t("At least two classes.")],
  [/valid number|finite/, t("A number, please.")],
  [/^landmarks must be distinct, repeated: (.+)$/, t("Landmarks must be distinct, repeated: $1.")],
  [/^attributes must be distinct, repeated: (.+)$/, t("Attributes must be distinct, repeated: $1.")],
  [/^mirror pairs must be distinct, repeated: (.+)$/, t("Mirror pairs must be distinct, repeated: $1.")],
  [/^no landmark is called (.+)$/, t("No landmark is called $1.")],
  [/^(.+) is paired with itself$/, t("$1 is paired with itself.")],
  [/^an attribute cannot be called landmarks$/, t("An attribute cannot be called landmarks.")],
  [/^a schema needs a landmark or an attribute$/, t("A schema needs a landmark or an attribute.")],
  [/^the scale of (.+) must have its minimum below its maximum$/, t("The scale of $1 must have its minimum below its maximum.")],
];

/**
 * @param {object} problem the problem document
 * @returns {{place: string, words: string}[]} place: "name", "landmarks", "landmark 2", "attributes",
 *   "attribute 0 classes", "normaliser", "edges", "pairs", or "all" for what belongs to no field
 */
export function refusalsOf(problem) {
  if (problem.code === "project_name_taken") return [{ place: "name", words: problem.detail }];
  if (problem.code === "stale_schema") {
    return [{ place: "all", words: `${problem.detail} ${t("Reload this page to see the newer one; what you drew here is lost then.")}` }];
  }
  if (!Array.isArray(problem.fields)) return [{ place: "all", words: problem.detail ?? t("The server does not take it.") }];
  return problem.fields.map(({ field, reason }) => ({ place: placeOf(field.split(".")), words: wordsOf(reason) }));
}

/** @returns {string|null} what is said at this place */
export function saidAt(refusals, place) {
  const here = refusals.filter((each) => each.place === place).map(({ words }) => words);
  return here.length > 0 ? here.join(" ") : null;
}

function placeOf([first, part, index, kind, field]) {
  if (first === "name") return "name";
  if (part === "landmarks") return index === undefined ? "landmarks" : `landmark ${index}`;
  // the fourth step is the kind of the attribute, which the union of both kinds is told apart by
  if (part === "attributes") return index === undefined ? "attributes" : `attribute ${index} ${fieldOf(kind, field)}`;
  if (part === "edges") return "edges";
  if (part === "mirror_pairs") return "pairs";
  return part === "normaliser" ? "normaliser" : "all";
}

function fieldOf(kind, field) {
  return field ?? (kind === "classes" ? "classes" : "name");
}

function wordsOf(reason) {
  for (const [pattern, words] of KINDER) {
    const match = pattern.exec(reason);
    if (match) return words.replace("$1", match[1] ?? "");
  }
  const sentence = reason[0].toUpperCase() + reason.slice(1);
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
