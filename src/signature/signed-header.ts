/** The fields of a message, to be picked as `h=` tells. */
import { latin1Text } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  type Canonicalization,
  canonicalField,
  canonicalSignatureField,
  type SignedField,
} from './canonical-field.ts';

/** The fields of one name, by their places in the section, and how many of them a pick has not taken yet. */
interface Namesakes {
  readonly places: number[];
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
  readonly #named = new Map<string, Namesakes>();
  /** Canonical forms of fields, by their places. */
  readonly #texts: Readonly<Record<Canonicalization, string[]>> = { simple: [], relaxed: [] };
  #picks = 0;

  /** @param section - the octets in which the fields stand */
  constructor(section: Bytes, fields: Iterable<Field>) {
    this.#section = latin1Text(section);
    this.#fields = [...fields];
    let place = 0;
    for (const { key } of this.#fields) {
      const same = this.#named.get(key);
      if (same === undefined) this.#named.set(key, { places: [place], left: 0, pick: 0 });
      else same.places.push(place);
      place++;
    }
  }

  [Symbol.iterator](): IterableIterator<Field> {
    return this.#fields[Symbol.iterator]();
  }

  /** The fields with this lower-case name, from the top. */
  all(key: string): readonly Field[] {
    return (this.#named.get(key)?.places ?? []).flatMap((place) => this.#fields[place] ?? []);
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
      const { places } = same;
      if (same.pick !== pick) {
        same.pick = pick;
        same.left = places.length;
      }
      if (own !== undefined && this.#fields[places[same.left - 1] ?? -1] === own) same.left--;
      const place = places[same.left - 1];
      if (place === undefined) continue;
      same.left--;
      picked += this.#picked(place, form);
    }
    return picked;
  }

  #picked(place: number, form: Canonicalization): string {
    const texts = this.#texts[form];
    const field = this.#fields[place];
    if (field !== undefined) texts[place] ??= this.text(field, form);
    return texts[place] ?? '';
  }
}
