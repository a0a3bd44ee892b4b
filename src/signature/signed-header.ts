/** The fields of a message, to be picked as `h=` tells. */
import { latin1Text } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  type Canonicalization,
  canonicalField,
  canonicalSignatureField,
  type SignedField,
} from './canonical-field.ts';

/** Stands for a place where no field is. */
const nowhere = -1;

/**
 * A header section from which signatures pick fields. What is picked by several signatures is put into
 * its canonical form once.
 */
export class SignedHeader<Field extends SignedField = SignedField> implements Iterable<Field> {
  readonly #section: string;
  readonly #fields: readonly Field[];
  /** Where the last field of a name stands. */
  readonly #last = new Map<string, number>();
  /** For each field, where the one of the same name above it stands. */
  readonly #above: number[] = [];
  /** Canonical forms of fields that were picked, by their places. */
  readonly #texts: { [Form in Canonicalization]?: (string | undefined)[] } = {};

  /** @param section - the octets in which the fields stand */
  constructor(section: Bytes, fields: Iterable<Field>) {
    this.#section = latin1Text(section);
    this.#fields = [...fields];
    for (const { key } of this.#fields) {
      const place = this.#above.push(this.#last.get(key) ?? nowhere) - 1;
      this.#last.set(key, place);
    }
  }

  [Symbol.iterator](): IterableIterator<Field> {
    return this.#fields[Symbol.iterator]();
  }

  /** The fields with this lower-case name, from the top. */
  all(key: string): readonly Field[] {
    const fields: Field[] = [];
    let place = this.#last.get(key) ?? nowhere;
    for (let field = this.#fields[place]; field !== undefined; field = this.#fields[place]) {
      fields.push(field);
      place = this.#above[place] ?? nowhere;
    }
    return fields.reverse();
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
    this.#texts[form] ??= new Array(this.#fields.length);
    const texts = this.#texts[form];
    /** Where the next field of a name stands plus one, by where its last one does; 0: not yet picked from. */
    const next = new Int32Array(this.#fields.length);
    let picked = '';
    for (const name of names) {
      const last = this.#last.get(name);
      if (last === undefined) continue;
      let place = (next[last] || last + 1) - 1;
      if (place >= 0 && this.#fields[place] === own) place = this.#above[place] ?? nowhere;
      const field = place < 0 ? undefined : this.#fields[place];
      if (field === undefined) continue;
      texts[place] ??= this.text(field, form);
      picked += texts[place];
      next[last] = (this.#above[place] ?? nowhere) + 1 || nowhere;
    }
    return picked;
  }
}
