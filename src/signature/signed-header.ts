/** The fields of a message, to be picked as `h=` tells. */
import { latin1Text } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  type Canonicalization,
  canonicalField,
  canonicalSignatureField,
  type SignedField,
} from './canonical-field.ts';

/** The fields of one name, and how many of them a pick has not taken yet. */
interface Namesakes<Field> {
  readonly fields: Field[];
  readonly texts: { readonly [Form in Canonicalization]: (string | undefined)[] };
  left: number;
  pick: number;
}

/**
 * A header section from which signatures pick fields. What is picked by several signatures is put into
 * its canonical form once.
 */
export class SignedHeader<Field extends SignedField = SignedField> implements Iterable<Field> {
  readonly #section: string;
  readonly #fields: readonly Field[];
  readonly #named = new Map<string, Namesakes<Field>>();
  #picks = 0;

  /** @param section - the octets in which the fields stand */
  constructor(section: Bytes, fields: Iterable<Field>) {
    this.#section = latin1Text(section);
    this.#fields = [...fields];
    for (const field of this.#fields) {
      const { key } = field;
      const same = this.#named.get(key);
      if (same !== undefined) same.fields.push(field);
      else this.#named.set(key, { fields: [field], texts: { simple: [], relaxed: [] }, left: 0, pick: 0 });
    }
  }

  [Symbol.iterator](): IterableIterator<Field> {
    return this.#fields[Symbol.iterator]();
  }

  /** The fields with this lower-case name, from the top. */
  all(key: string): readonly Field[] {
    return this.#named.get(key)?.fields ?? [];
  }

  /** A field in its canonical form, with its CRLF. */
  text({ key, start, end }: Field, form: Canonicalization): string {
    return canonicalField(key, this.#section.slice(start, end), form);
  }

  /** The field of a signature itself, as it signs it: without `b=` (RFC 6376 §3.7). */
  ownText({ key, start, end }: Field, form: Canonicalization): string {
    return canonicalSignatureField(key, this.#section.slice(start, end), form);
  }

  /**
   * The canonical form of the fields that `h=` names: of each name the last field first, and nothing
   * where there are no more of it (RFC 6376 §5.4.2).
   *
   * @param names - in lower case
   * @param own - the field of the signature itself, which was not there when the signer looked
   */
  pick(names: readonly string[], form: Canonicalization, own?: Field): string {
    const pick = ++this.#picks;
    let picked = '';
    for (const name of names) {
      const same = this.#named.get(name);
      if (same === undefined) continue;
      if (same.pick !== pick) {
        same.pick = pick;
        same.left = same.fields.length;
      }
      if (own !== undefined && same.fields[same.left - 1] === own) same.left--;
      const field = same.fields[same.left - 1];
      if (field === undefined) continue;
      same.left--;
      const texts = same.texts[form];
      texts[same.left] ??= this.text(field, form);
      picked += texts[same.left];
    }
    return picked;
  }
}
