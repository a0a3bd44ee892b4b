/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonRecord;

/** An open record of {@link Json} values; an absent name reads as `undefined`. */
export interface JsonRecord {
  readonly [name: string]: Json | undefined;
}

/**
 * Merges a JSON merge patch into a value (RFC 7396 §2): records merge name by name, `null` removes
 * a name, and everything else, arrays included, is replaced whole. Neither argument is changed.
 *
 * @example
 * ```ts
 * import { mergePatch } from 'mailwright/spool';
 *
 * mergePatch({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } }); // { b: { c: 2, d: 3 } }
 * ```
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isRecord(patch)) return patch;
  const merged: { [name: string]: Json | undefined } =
    target !== undefined && isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (value !== undefined) {
      const present = Object.hasOwn(merged, name) ? merged[name] : undefined;
      setOwn(merged, name, mergePatch(present, value));
    }
  }
  return merged;
}

/** Not plain assignment alone: a name such as `__proto__` stays a name. */
function setOwn(record: { [name: string]: Json | undefined }, name: string, value: Json): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * One merge patch that does what two do, one after the other (RFC 7396 §2): unlike {@link mergePatch} it keeps
 * every `null`, which has to remove what the target has. A record that the first removes and the second sets
 * again is merged, not replaced: a merge patch has no words for that. Neither argument is changed.
 *
 * @example
 * ```ts
 * import { joinPatches } from 'mailwright/spool';
 *
 * joinPatches({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } }); // { a: null, b: { c: 2, d: 3 } }
 * ```
 */
export function joinPatches(first: Json | undefined, second: Json): Json {
  if (first === undefined || !isRecord(first) || !isRecord(second)) return second;
  const joined = new Map<string, Json | undefined>(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    if (value !== undefined) joined.set(name, joinPatches(joined.get(name), value));
  }
  return Object.fromEntries(joined);
}

function isRecord(value: Json): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
