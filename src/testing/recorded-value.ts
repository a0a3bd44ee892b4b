/** What goes into and comes out of a machine, as JSON: octets, secrets and events have forms of their own. */
import { Buffer } from 'node:buffer';
import { type Bytes, Secret } from '../machine/index.ts';

/** Plain data that `JSON.stringify` and `JSON.parse` give back as it was. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Deeper values are cut off: a recording is no place for whole object graphs. */
const deepest = 16;

/** How special values are told apart; every one sees to its own masking. */
export interface ValueWriter {
  octets(octets: Bytes): Bytes;
  text(text: string): string;
  /** The number of an event that was pulled before, or `undefined`. */
  eventNumber(value: object): number | undefined;
}

/**
 * Writes a value as JSON. `{"$octets": base64}`, `{"$secret": length}`, `{"$event": number}`,
 * `{"$body": size}`, `{"$number": text}` and `{"$bigint": text}` stand for what JSON lacks, and
 * `{"$undefined": true}` in a list; functions and fields without a value are left out, and a name of the
 * value's own that begins with `$` gets another one.
 */
export function written(value: unknown, writer: ValueWriter, depth = 0): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
      return writer.text(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth > deepest) return { $deep: true };
  if (value instanceof Uint8Array) return { $octets: Buffer.from(writer.octets(value)).toString('base64') };
  if (value instanceof Secret) return { $secret: value.reveal().length };
  const number = depth > 0 ? undefined : writer.eventNumber(value);
  if (number !== undefined) return { $event: number };
  if (Array.isArray(value)) return writtenList(value, writer, depth + 1);
  if ('open' in value && typeof value.open === 'function' && 'size' in value)
    return { $body: Number(value.size) };
  const fields: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(value)) {
    const json = written(field, writer, depth + 1);
    if (json !== undefined) fields[name.startsWith('$') ? `$${name}` : name] = json;
  }
  return fields;
}

/** Writes a list, of arguments say, in which every value keeps its place. */
export function writtenList(values: readonly unknown[], writer: ValueWriter, depth = 0): JsonValue[] {
  return values.map((value) => {
    const json = written(value, writer, depth);
    return json === undefined ? { $undefined: true } : json;
  });
}

/** Reads what {@link written} wrote; a secret becomes one of `x` in its length. */
export function read(json: JsonValue, eventOf: (number: number) => unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => read(item, eventOf));
  const fields = json as { readonly [name: string]: JsonValue };
  if (typeof fields['$octets'] === 'string') return Buffer.from(fields['$octets'], 'base64');
  if (typeof fields['$secret'] === 'number') return new Secret('x'.repeat(fields['$secret']));
  if (typeof fields['$event'] === 'number') return eventOf(fields['$event']);
  if (fields['$undefined'] === true) return undefined;
  if (typeof fields['$number'] === 'string') return Number(fields['$number']);
  if (typeof fields['$bigint'] === 'string') return BigInt(fields['$bigint']);
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name.replace(/^\$\$/, '$'), read(field, eventOf)]),
  );
}

/** Calls `found` for every secret within a value. */
export function secretsWithin(value: unknown, found: (text: string) => void, depth = 0): void {
  if (value instanceof Secret) found(value.reveal());
  else if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    depth <= deepest
  ) {
    for (const field of Object.values(value)) secretsWithin(field, found, depth + 1);
  }
}
