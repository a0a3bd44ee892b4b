/** The sets of three fields that a chain is made of (RFC 8617 §4.1, §4.2). */
import type { HeaderField } from '../mime/index.ts';
import {
  parseTagList,
  readSealTags,
  readSignatureTags,
  type SealTags,
  type SignatureTags,
  type SignedHeader,
  type TagList,
} from '../signature/index.ts';
import type { ArcReason } from './verdict.ts';

/** RFC 8617 §4.2.1. */
export const mostSets = 50;

const kinds = ['arc-authentication-results', 'arc-message-signature', 'arc-seal'] as const;
/** `i=1;` at the beginning of ARC-Authentication-Results. */
const leadingInstance = /^[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*;/;
const instanceNumber = /^[0-9]{1,2}$/;

/** One set of a chain in order: what one server found, and its signatures of that. */
export interface ArcSet {
  /** `i=`, from 1. */
  readonly instance: number;
  /** `cv=`: what the sealer found the chain before it to be. */
  readonly status: 'none' | 'pass' | 'fail';
  /** What ARC-Authentication-Results says after the instance: for `parseAuthenticationResults`. */
  readonly results: string;
  readonly seal: SealTags;
  /** Absent where only an older message signature is malformed, which does not break a chain. */
  readonly messageSignature?: SignatureTags;
  /** The fields themselves, as places in the message that was read: results, message signature, seal. */
  readonly fields: readonly [results: HeaderField, messageSignature: HeaderField, seal: HeaderField];
}

/** The sets of a message, or why they are no chain. */
export interface Chain {
  readonly newest: number;
  readonly sets: readonly ArcSet[];
  readonly fault?: Pick<FaultOfSet, 'reason' | 'at'>;
}

interface FaultOfSet {
  readonly reason: ArcReason;
  readonly at?: { readonly instance: number; readonly field: 'message-signature' | 'seal' };
}

/** A set as later seals sign it: results, message signature, seal, in the relaxed form (RFC 8617 §5.1.1). */
export function sealedText(header: SignedHeader<HeaderField>, { fields }: ArcSet): string {
  return fields.map((field) => header.text(field, 'relaxed')).join('');
}

/** Finds the sets; a chain is in order when all of them are whole and none is missing (RFC 8617 §5.2). */
export function readChain(header: SignedHeader<HeaderField>): Chain {
  const found = new Map<number, (HeaderField | undefined)[]>();
  let fault: ArcReason | undefined;
  for (const [place, key] of kinds.entries()) {
    const fields = header.all(key);
    if (fields.length > mostSets) fault ??= 'too-many-sets';
    for (const field of fields.slice(0, mostSets)) {
      const instance = instanceOf(field);
      if (instance === null) {
        fault ??= 'bad-instance';
        continue;
      }
      const set = found.get(instance) ?? [];
      if (set[place] !== undefined) fault ??= 'incomplete-set';
      set[place] = field;
      found.set(instance, set);
    }
  }
  const newest = Math.max(0, ...found.keys());
  if (fault !== undefined) return { newest, sets: [], fault: { reason: fault } };
  const sets: ArcSet[] = [];
  for (let instance = 1; instance <= newest; instance++) {
    const set = readSet(instance, found.get(instance) ?? [], instance === newest);
    if ('reason' in set) return { newest, sets: [], fault: set };
    sets.push(set);
  }
  return { newest, sets };
}

function instanceOf(field: HeaderField): number | null {
  const { value } = field;
  const text = field.is('arc-authentication-results')
    ? leadingInstance.exec(value)?.[1]
    : parseTagList(value)?.get('i');
  if (text === undefined || !instanceNumber.test(text)) return null;
  const instance = Number(text);
  return instance >= 1 && instance <= mostSets ? instance : null;
}

function readSet(
  instance: number,
  [results, message, seal]: readonly (HeaderField | undefined)[],
  isNewest: boolean,
): ArcSet | FaultOfSet {
  if (!results || !message || !seal) return { reason: 'incomplete-set' };
  const wrong = (reason: ArcReason, field: 'message-signature' | 'seal'): FaultOfSet => ({
    reason,
    at: { instance, field },
  });
  const tags = parseTagList(seal.value);
  const sealTags = tags === null ? 'bad-tags' : readSeal(tags);
  if (typeof sealTags === 'string') return wrong(sealTags, 'seal');
  const messageSignature = readMessageSignature(message);
  if (typeof messageSignature === 'string' && isNewest) return wrong(messageSignature, 'message-signature');
  const status = tags?.get('cv');
  if (status !== 'none' && status !== 'pass' && status !== 'fail') return wrong('bad-status', 'seal');
  return {
    instance,
    status,
    results: results.value.slice(results.value.indexOf(';') + 1).trim(),
    seal: sealTags,
    ...(typeof messageSignature === 'string' ? {} : { messageSignature }),
    fields: [results, message, seal],
  };
}

/** RFC 8617 §4.1.3: a seal covers no body and no chosen fields, and must not have tags that say so. */
function readSeal(tags: TagList): SealTags | ArcReason {
  if (tags.has('h') || tags.has('bh')) return 'surplus-tag';
  const seal = readSealTags(tags);
  return typeof seal !== 'string' && seal.algorithm === 'rsa-sha1' ? 'weak-hash' : seal;
}

/** RFC 8617 §4.1.2: as DKIM-Signature, but that seals are not signed. */
function readMessageSignature(field: HeaderField): SignatureTags | ArcReason {
  const tags = parseTagList(field.value);
  const signature = tags === null ? 'bad-tags' : readSignatureTags(tags);
  if (typeof signature === 'string') return signature;
  if (signature.headers.includes('arc-seal')) return 'surplus-tag';
  return signature.algorithm === 'rsa-sha1' ? 'weak-hash' : signature;
}
