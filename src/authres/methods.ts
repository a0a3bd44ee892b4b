/** Verdicts as results: which properties tell what was looked at (RFC 8601 §2.7, RFC 8617 §10.2). */
import { Buffer } from 'node:buffer';
import type { MethodResult } from './result.ts';

/** What is told of a DKIM signature: a `DkimVerdict` of `mailwright/dkim` is that. */
export interface DkimFacts {
  readonly status: string;
  readonly signature?: {
    readonly asciiDomain: string;
    readonly selector: string;
    readonly algorithm: string;
    readonly identity: string;
    readonly signature: Uint8Array;
  };
  readonly key?: { readonly bits: number; readonly kind: string; readonly testing: boolean };
}

/** What is told of an ARC chain: an `ArcVerdict` of `mailwright/arc` is that. */
export interface ArcFacts {
  readonly status: string;
  readonly oldestPass?: number;
}

/**
 * A DKIM verdict as a result (RFC 8601 §2.7.1): `header.d`, `header.i`, `header.s`, `header.a`, and the
 * beginning of `header.b`, by which one of several signatures is known (RFC 6008 §4).
 *
 * @param reason - a sentence, as `dkimReasons` of `mailwright/dkim` has it
 * @example
 * ```ts
 * import { dkimResult } from 'mailwright/authres';
 *
 * dkimResult({ status: 'none' }); // { method: 'dkim', result: 'none' }
 * ```
 */
export function dkimResult({ status, signature, key }: DkimFacts, reason?: string): MethodResult {
  const properties = signature && {
    'header.d': signature.asciiDomain,
    'header.i': signature.identity,
    'header.s': signature.selector,
    'header.a': signature.algorithm,
    'header.b': Buffer.from(signature.signature).toString('base64').slice(0, 8),
  };
  const notes = [
    ...(key?.kind === 'rsa' ? [`${key.bits}-bit key`] : []),
    ...(key?.testing === true ? ['testing'] : []),
  ];
  return {
    method: 'dkim',
    result: status,
    ...(notes.length === 0 ? {} : { comment: notes.join(', ') }),
    ...(reason === undefined ? {} : { reason }),
    ...(properties === undefined ? {} : { properties }),
  };
}

/** An ARC verdict as a result (RFC 8617 §10.2), with `header.oldest-pass` where the chain passes. */
export function arcResult({ status, oldestPass }: ArcFacts, reason?: string): MethodResult {
  return {
    method: 'arc',
    result: status,
    ...(reason === undefined ? {} : { reason }),
    ...(oldestPass === undefined ? {} : { properties: { 'header.oldest-pass': String(oldestPass) } }),
  };
}
