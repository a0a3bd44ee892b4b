/** Putting together a message that was sent in pieces (RFC 2046 §5.2.2). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { parseContentType } from '../header/content.ts';
import { type HeaderField, HeaderFields } from '../header/fields.ts';

/** The message, or why there is none yet. */
export type JoinedPartials =
  | { readonly ok: true; readonly octets: Bytes }
  | {
      readonly ok: false;
      readonly why:
        | 'not-partial' // a piece is no message/partial with an id and a number
        | 'different-id' // the pieces are of several messages
        | 'no-total' // no piece tells how many there are
        | 'missing'; // see `missing`
      /** The numbers of the pieces that are not here; only for `missing`. */
      readonly missing: readonly number[];
    };

/** Each piece is a mail of its own; no sender makes more. */
const mostPieces = 10_000;

interface Piece {
  readonly octets: Bytes;
  readonly fields: HeaderFields;
  readonly id: string;
  readonly number: number;
  readonly total: number;
}

/**
 * Joins the pieces of a message/partial, in any order; of two with the same number the first counts.
 *
 * @example
 * ```ts
 * import { joinPartials } from 'mailwright/mime';
 *
 * const piece = (number: number, body: string) =>
 *   new TextEncoder().encode(`Content-Type: message/partial; id=x; number=${number}; total=2\r\n\r\n${body}`);
 * joinPartials([piece(2, 'two'), piece(1, 'Subject: s\r\n\r\none ')]); // Subject: s, body "one two"
 * ```
 */
export function joinPartials(pieces: Iterable<Bytes>): JoinedPartials {
  const byNumber = new Map<number, Piece>();
  let total = 0;
  let id: string | undefined;
  for (const octets of pieces) {
    const piece = readPiece(octets);
    if (piece === null) return no('not-partial');
    id ??= piece.id;
    if (piece.id !== id) return no('different-id');
    if (!byNumber.has(piece.number)) byNumber.set(piece.number, piece);
    total = Math.max(total, piece.total);
  }
  if (total === 0) return no('no-total');
  const inOrder: Piece[] = [];
  const missing: number[] = [];
  for (let number = 1; number <= total; number++) {
    const piece = byNumber.get(number);
    if (piece === undefined) missing.push(number);
    else inOrder.push(piece);
  }
  return missing.length > 0 ? no('missing', missing) : { ok: true, octets: join(inOrder) };
}

function no(
  why: Extract<JoinedPartials, { ok: false }>['why'],
  missing: readonly number[] = [],
): JoinedPartials {
  return { ok: false, why, missing };
}

function readPiece(octets: Bytes): Piece | null {
  const fields = HeaderFields.scan(octets);
  const { type, subtype, parameters } = parseContentType(fields.get('content-type')?.value ?? '');
  const id = parameters.get('id') ?? '';
  const number = count(parameters.get('number'));
  if (type !== 'message' || subtype !== 'partial' || id === '' || number === 0) return null;
  return { octets, fields, id, number, total: count(parameters.get('total')) };
}

/** A number from 1 up to the limit, else 0. */
function count(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return number <= mostPieces ? number : 0;
}

/** RFC 2046 §5.2.2.1: these fields are the inner message's, all others the first piece's. */
function isInner(field: HeaderField): boolean {
  return field.key.startsWith('content-') || inner.has(field.key);
}

const inner = new Set(['subject', 'message-id', 'encrypted', 'mime-version']);

function join(pieces: readonly Piece[]): Bytes {
  const [first] = pieces as readonly [Piece, ...Piece[]];
  const body = first.octets.subarray(first.fields.bodyStart);
  const within = HeaderFields.scan(body);
  const header = [
    ...[...first.fields].filter((field) => !isInner(field)),
    ...[...within].filter(isInner),
  ].map((field) => field.raw);
  const bodies = pieces.slice(1).map(({ octets, fields }) => octets.subarray(fields.bodyStart));
  return Buffer.concat([...header, body.subarray(within.end), ...bodies]);
}
