/** Checking the DKIM signatures of a message while it passes by (RFC 6376 §6). */
import type { Bytes } from '../machine/index.ts';
import { type HeaderField, HeaderFields } from '../mime/index.ts';
import {
  type FoundKey,
  hashOf,
  type KeyCache,
  KeyLookups,
  type KeySource,
  MessagePass,
  type SignedHeader,
  signatureFits,
  usableKey,
  type WantedBodyHash,
} from '../signature/index.ts';
import type { DkimPolicy } from './policy.ts';
import { type DkimSignature, isBelowDomain, readDkimSignature } from './signature-field.ts';
import { type DkimReason, type DkimVerdict, unpassed } from './verdict.ts';

/** What a {@link DkimVerifier} needs. */
export interface DkimVerifyOptions {
  /** Where keys are looked up: a `Resolver` of `mailwright/dns`. */
  readonly resolver: KeySource;
  readonly policy?: DkimPolicy;
  /** Signatures that are looked at, from the top; 10 by default. Each costs at most one question to DNS. */
  readonly maxSignatures?: number;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
  /** Ends the wait for keys. */
  readonly signal?: AbortSignal;
  /** Keys that were read before; by default one cache for the whole process. */
  readonly keys?: KeyCache;
  /** A pass that others share. Then the host writes to the pass, not to the verifier. */
  readonly pass?: MessagePass<HeaderField>;
}

/** A signature that is well-formed so far. */
interface Candidate {
  readonly field: HeaderField;
  readonly signature: DkimSignature;
  readonly key: FoundKey | Promise<FoundKey>;
  readonly body: WantedBodyHash;
}

/**
 * Checks all signatures of one message in one pass. Keys are asked for as soon as the header section is
 * complete, while the body still comes in.
 *
 * Call order: `write` for each chunk, then `finish` once.
 *
 * @example
 * ```ts
 * import { DkimVerifier } from 'mailwright/dkim';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const verifier = new DkimVerifier({ resolver: new ZoneResolver({}) });
 * verifier.write(Buffer.from('From: a@example.com\r\n\r\nHello\r\n'));
 * const verdicts = await verifier.finish(); // [{ status: 'none', reason: 'no-signature' }]
 * ```
 */
export class DkimVerifier {
  readonly #pass: MessagePass<HeaderField>;
  readonly #policy: DkimPolicy;
  readonly #max: number;
  readonly #lookups: KeyLookups;
  readonly #now: () => number;
  readonly #found: (Candidate | DkimVerdict)[] = [];

  constructor(options: DkimVerifyOptions) {
    const { resolver, signal, keys } = options;
    this.#policy = options.policy ?? {};
    this.#max = options.maxSignatures ?? 10;
    this.#now = options.now ?? Date.now;
    this.#lookups = new KeyLookups(resolver, { limit: this.#max, signal, keys });
    this.#pass = options.pass ?? new MessagePass({ scan: HeaderFields.scan });
    this.#pass.onHeader((header) => this.#begin(header));
  }

  /** Takes the next chunk of the message. */
  write(chunk: Bytes): void {
    this.#pass.write(chunk);
  }

  /**
   * The message is complete: its verdicts, one for each signature from the top, at least one.
   *
   * Never rejects for what a message or DNS holds. Past the limit of signatures there is one verdict
   * more, `too-many-signatures`, for all the others.
   */
  async finish(): Promise<readonly DkimVerdict[]> {
    this.#pass.end();
    const { header } = this.#pass;
    if (header === undefined) return [unpassed('header-too-large')];
    if (this.#found.length === 0) return [unpassed('no-signature')];
    const verdicts: DkimVerdict[] = [];
    for (const found of this.#found) {
      if ('status' in found) verdicts.push(found);
      else {
        const key = found.key instanceof Promise ? await found.key : found.key;
        verdicts.push(this.#verdict(found, key, header));
      }
    }
    return verdicts;
  }

  #begin(header: SignedHeader<HeaderField>): void {
    const fields = header.all('dkim-signature');
    for (const field of fields.slice(0, this.#max)) {
      const signature = readDkimSignature(field.value, this.#policy.drafts ?? false);
      this.#found.push(
        typeof signature === 'string' ? unpassed(signature) : this.#candidate(field, signature),
      );
    }
    if (fields.length > this.#max) this.#found.push(unpassed('too-many-signatures'));
  }

  #candidate(field: HeaderField, signature: DkimSignature): Candidate {
    const { asciiSelector, asciiDomain, canonicalization, algorithm, length } = signature;
    return {
      field,
      signature,
      key: this.#lookups.find(asciiSelector, asciiDomain),
      body: this.#pass.bodyHash(canonicalization.body, hashOf(algorithm), length),
    };
  }

  #verdict(candidate: Candidate, found: FoundKey, header: SignedHeader<HeaderField>): DkimVerdict {
    const { field, signature, body } = candidate;
    const { digest, octets } = body.result;
    const { length = octets } = signature;
    const bodyIntact = length <= octets && digest === signature.bodyHash;
    const facts = { signature, bodyIntact, unsignedOctets: Math.max(0, octets - length) };
    const overdue = this.#timeFault(signature);
    if (overdue !== null) return unpassed(overdue, facts);
    const key = usableKey(found, signature);
    if (typeof key === 'string') return unpassed(key, facts);
    const known = { ...facts, key };
    if (key.strict && isBelowDomain(signature)) return unpassed('strict-identity', known);
    if (length > octets) return unpassed('body-too-short', known);
    if (!bodyIntact) return unpassed('body-hash', known);
    const form = signature.canonicalization.header;
    const text = header.pick(signature.headers, form, field) + header.ownText(field, form);
    if (!signatureFits(text, signature, key)) return unpassed('signature', known);
    const objection = this.#objection(
      signature,
      key.kind === 'rsa' ? key.bits : Infinity,
      known.unsignedOctets,
    );
    return objection === null ? { status: 'pass', ...known } : unpassed(objection, known);
  }

  #timeFault({ time = 0, expires = Infinity }: DkimSignature): DkimReason | null {
    const now = this.#now() / 1000;
    const skew = this.#policy.clockSkew ?? 300;
    if (now > expires + skew) return 'expired';
    return now < time - skew ? 'from-the-future' : null;
  }

  #objection({ algorithm }: DkimSignature, rsaBits: number, unsigned: number): DkimReason | null {
    const { sha1 = false, rsaBits: fewest = 1024, unsignedBody = false } = this.#policy;
    if (algorithm === 'rsa-sha1' && !sha1) return 'weak-hash';
    if (rsaBits < fewest) return 'short-key';
    return unsigned > 0 && !unsignedBody ? 'unsigned-body' : null;
  }
}

/**
 * Checks the signatures of a message that is at hand, as a whole or as a stream of chunks.
 *
 * @example
 * ```ts
 * import { verifyDkim } from 'mailwright/dkim';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const message = Buffer.from('From: a@example.com\r\n\r\nHello\r\n');
 * const [verdict] = await verifyDkim(message, { resolver: new ZoneResolver({}) });
 * verdict?.status; // 'none'
 * ```
 */
export async function verifyDkim(
  message: Bytes | AsyncIterable<Bytes>,
  options: Omit<DkimVerifyOptions, 'pass'>,
): Promise<readonly DkimVerdict[]> {
  const verifier = new DkimVerifier(options);
  if (message instanceof Uint8Array) verifier.write(message);
  else for await (const chunk of message) verifier.write(chunk);
  return verifier.finish();
}
