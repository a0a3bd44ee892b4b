/** The fields of a message, to be picked as `h=` tells. */
import { type Canonicalization, canonicalField, type SignedField } from './canonical-field.ts';

/**
 * A header section from which signatures pick fields. What is picked by several signatures is put into
 * its canonical form once.
 */
export class SignedHeader<Field extends SignedField = SignedField> implements Iterable<Field> {
  readonly #fields: readonly Field[];
  readonly #named = new Map<string, Field[]>();
  readonly #texts = {
    simple: new Map<SignedField, string>(),
    relaxed: new Map<SignedField, string>(),
  };

  constructor(fields: Iterable<Field>) {
    this.#fields = [...fields];
    for (const field of this.#fields) {
      const { key } = field;
      const same = this.#named.get(key);
      if (same === undefined) this.#named.set(key, [field]);
      else same.push(field);
    }
  }

  [Symbol.iterator](): IterableIterator<Field> {
    return this.#fields[Symbol.iterator]();
  }

  /** The fields with this lower-case name, from the top. */
  all(key: string): readonly Field[] {
    return this.#named.get(key) ?? [];
  }

  /** A field in its canonical form. */
  text(field: Field, canonicalization: Canonicalization): string {
    const texts = this.#texts[canonicalization];
    let text = texts.get(field);
    if (text === undefined) {
      text = canonicalField(field, canonicalization);
      texts.set(field, text);
    }
    return text;
  }

  /**
   * The canonical form of the fields that `h=` names: of each name the last field first, and nothing
   * where there are no more of it (RFC 6376 §5.4.2).
   *
   * @param names - in lower case
   * @param own - the field of the signature itself, which was not there when the signer looked
   */
  pick(names: readonly string[], canonicalization: Canonicalization, own?: Field): string {
    const left = new Map<string, number>();
    let picked = '';
    for (const name of names) {
      const fields = this.#named.get(name);
      if (fields === undefined) continue;
      let at = (left.get(name) ?? fields.length) - 1;
      if (own !== undefined && fields[at] === own) at--;
      left.set(name, Math.max(0, at));
      const field = fields[at];
      if (field !== undefined) picked += this.text(field, canonicalization);
    }
    return picked;
  }
}
