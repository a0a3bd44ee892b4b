/** Adding, replacing and removing fields of a header section. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { type FieldInput, formatField } from '../build/field.ts';
import { type HeaderField, HeaderFields } from '../header/fields.ts';
import type { Splice } from './splice.ts';

/** A field to be written: from its value, or ready-made with its line end, such as a signature. */
export type NewField = FieldInput | Bytes;

/** One change of a header section. */
export type HeaderEdit =
  /** Before all fields, as trace fields and signatures go, or after them. */
  | { readonly kind: 'add'; readonly field: NewField; readonly at?: 'top' | 'bottom' }
  /** In the place of the first field of this name (others of it are removed); at the bottom if none is. */
  | { readonly kind: 'replace'; readonly name: string; readonly field: NewField }
  /** All fields of this name, or those that `which` picks. */
  | { readonly kind: 'remove'; readonly name: string; readonly which?: (field: HeaderField) => boolean };

/**
 * The splices that change the header section at the beginning of `message`, or of a part of it.
 *
 * Line ends of new fields are those that the section has. Edits at the top keep their order: the first
 * stands first.
 *
 * @param start - where the section begins, 0 by default
 * @throws ComposeMisuse when a new field cannot be written
 *
 * @example
 * ```ts
 * import { editHeader, joinPieces, spliceMessage } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Subject: old\r\nBcc: x@example.com\r\n\r\nHello');
 * const splices = editHeader(message, [
 *   { kind: 'replace', name: 'Subject', field: { name: 'Subject', value: { text: 'new' } } },
 *   { kind: 'remove', name: 'Bcc' },
 * ]);
 * joinPieces(spliceMessage(message, splices).pieces); // "Subject: new", CRLF, CRLF, "Hello"
 * ```
 */
export function editHeader(message: Bytes, edits: readonly HeaderEdit[], start = 0): Splice[] {
  const section = start === 0 ? message : message.subarray(start);
  const fields = HeaderFields.scan(section);
  const lineFeedOnly = usesLineFeedOnly(section);
  const removed = new Set<HeaderField>();
  const splices: Splice[] = [];
  const written = (field: NewField): Bytes => {
    const octets = field instanceof Uint8Array ? field : Buffer.from(formatField(field));
    return lineFeedOnly ? withLineFeeds(octets) : octets;
  };
  /** At the bottom a section that was cut off gets the line end that its last field lacks. */
  const bottom = (octets: Bytes): Splice => {
    const isOpen = fields.end > 0 && section[fields.end - 1] !== 10;
    return place(fields.end, fields.end, isOpen ? Buffer.concat([lineEnd(lineFeedOnly), octets]) : octets);
  };
  const place = (from: number, to: number, octets: Bytes): Splice => ({
    start: start + from,
    end: start + to,
    octets,
  });
  for (const edit of edits) {
    if (edit.kind === 'add') {
      const octets = written(edit.field);
      splices.push(edit.at === 'bottom' ? bottom(octets) : place(0, 0, octets));
      continue;
    }
    const named = fields.all(edit.name.toLowerCase()).filter((field) => !removed.has(field));
    const [first, ...others] = named;
    if (edit.kind === 'remove') {
      for (const field of named) {
        if (edit.which !== undefined && !edit.which(field)) continue;
        removed.add(field);
        splices.push(place(field.start, field.end, nothing));
      }
    } else if (first === undefined) {
      splices.push(bottom(written(edit.field)));
    } else {
      for (const field of named) removed.add(field);
      splices.push(place(first.start, first.end, written(edit.field)));
      for (const field of others) splices.push(place(field.start, field.end, nothing));
    }
  }
  return splices;
}

const nothing = new Uint8Array(0);

function usesLineFeedOnly(section: Bytes): boolean {
  const feed = section.indexOf(10);
  return feed !== -1 && section[feed - 1] !== 13;
}

function lineEnd(lineFeedOnly: boolean): Bytes {
  return Buffer.from(lineFeedOnly ? '\n' : '\r\n');
}

function withLineFeeds(octets: Bytes): Bytes {
  return octets.filter((octet, at) => octet !== 13 || octets[at + 1] !== 10);
}
