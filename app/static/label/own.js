/**
 * The value under a name that a person chose, or undefined. A landmark may be called "constructor", and a plain
 * lookup would then find what every object inherits.
 */
export function own(record, name) {
  return Object.hasOwn(record ?? {}, name) ? record[name] : undefined;
}
