/**
 * The page's language: English sentences are the ids of their own translations. A page in another language loads its
 * catalogue (languages/*.js, made by `make messages`) before the scripts that speak. A catalogue is a module and not
 * a file to be fetched, since WebKit before Safari 27 mixes up modules that wait for one (bug 242740).
 */
const page = globalThis.document?.documentElement.lang || "en";
const locale = regional(globalThis.navigator?.languages ?? []);
const plurals = new Intl.PluralRules(page);
const sentences = new Map();
const problems = new Map();
const formats = new Map();

/** @param {{sentences: object, problems: object}} catalogue  see tests/catalogues.py */
export function teach(catalogue) {
  for (const [id, words] of Object.entries(catalogue.sentences)) sentences.set(id, words);
  for (const [code, pairs] of Object.entries(catalogue.problems)) problems.set(code, pairs);
}

/** The sentence in the page's language, its {placeholders} filled. */
export function t(sentence, values = {}) {
  return filled(sentences.get(sentence) ?? sentence, values);
}

/** The same for a number: {count} is filled with it. */
export function tn(one, many, count, values = {}) {
  const form = plurals.select(count);
  const words = sentences.get(one)?.[form] ?? (form === "one" ? one : many);
  return filled(words, { count: number(count), ...values });
}

/**
 * What the server says of a failure, by its stable code: the API speaks English. Values are read from that sentence;
 * one that is not in the catalogue stays as it is.
 */
export function problemWords(code, detail) {
  return retold(detail, problems.get(code) ?? []);
}

/** As app/language.py: by the first sentence that can have made it, what fills its places by the same ones. */
function retold(said, pairs) {
  for (const [english, words] of pairs) {
    const pieces = english.split(/\{(\w+)[^{}]*\}/u); // text, name, text, name, ...
    const pattern = pieces.map((piece, at) => (at % 2 === 1 ? "(.+?)" : escaped(piece))).join("");
    const found = new RegExp(`^${pattern}$`, "su").exec(said);
    if (found) return filled(words, Object.fromEntries(found.slice(1).map((value, at) => [pieces[2 * at + 1], retold(value, pairs)])));
  }
  return said.includes("; ") ? said.split("; ").map((each) => retold(each, pairs)).join("; ") : said;
}

/** A number as the language writes it, without marks between the thousands. */
export function number(value, decimals = 0) {
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
  if (!formats.has(decimals)) formats.set(decimals, new Intl.NumberFormat(page, options));
  return formats.get(decimals).format(value);
}

/** Date and time, or the time of day alone. */
export const moment = (time) => time.toLocaleString(locale);
export const timeOfDay = (time) => time.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });

function filled(words, values) {
  return words.replace(/\{(\w+)[^{}]*\}/gu, (place, name) => (Object.hasOwn(values, name) ? isolated(values[name]) : place));
}

/** A name in Hebrew or Arabic must not turn the words around it. */
function isolated(value) {
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u.test(value) ? `\u2068${value}\u2069` : value;
}

function escaped(text) {
  return text.replace(/[$()*+.?[\\\]^{|}]/gu, "\\$&");
}

/** The page's language as the reader's country writes it: de-AT for a page in German. */
function regional(wanted) {
  return wanted.find((each) => each === page || each.startsWith(`${page}-`)) ?? page;
}
