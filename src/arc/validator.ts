/** Checking the chain of a message while it passes by (RFC 8617 §5.2). */
import { normalizeDomain } from '../address/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type HeaderField, HeaderFields } from '../mime/index.ts';
import {
  asciiName,
  type FoundKey,
  hashOf,
  type KeyCache,
  KeyLookups,
  type KeyRecord,
  type KeySource,
  MessagePass,
  type SealTags,
  type SignedHeader,
  signatureFits,
  usableKey,
  type WantedBodyHash,
} from '../signature/index.ts';
import { type ArcSet, type Chain, mostSets, readChain, sealedText } from './arc-set.ts';
import type { ArcReason, ArcVerdict } from './verdict.ts';

/** What an {@link ArcValidator} needs. */
export interface ArcValidateOptions {
  /** Where keys are looked up: a `Resolver` of `mailwright/dns`. A chain has at most 100 of them. */
  readonly resolver: KeySource;
  /** Fewest bits of an RSA key, 1024 by default (RFC 8301 §3.2). */
  readonly rsaBits?: number;
  /** Ends the wait for keys. */
  readonly signal?: AbortSignal;
  /** Keys that were read before; by default one cache for the whole process. */
  readonly keys?: KeyCache;
  /** A pass that others share. Then the host writes to the pass, not to the validator. */
  readonly pass?: MessagePass<HeaderField>;
}

/**
 * Checks the ARC chain of one message in one pass.
 *
 * Call order: `write` for each chunk, then `finish` once.
 *
 * @example
 * ```ts
 * import { ArcValidator } from 'mailwright/arc';
 * import { DkimVerifier } from 'mailwright/dkim';
 * import { ZoneResolver } from 'mailwright/dns';
 * import { HeaderFields } from 'mailwright/mime';
 * import { MessagePass } from 'mailwright/signature';
 *
 * const resolver = new ZoneResolver({});
 * const pass = new MessagePass({ scan: HeaderFields.scan });
 * const dkim = new DkimVerifier({ resolver, pass });
 * const arc = new ArcValidator({ resolver, pass });
 * pass.write(Buffer.from('From: a@example.com\r\n\r\nHello\r\n'));
 * pass.end();
 * const [signatures, chain] = await Promise.all([dkim.finish(), arc.finish()]);
 * chain.status; // 'none'
 * ```
 */
export class ArcValidator {
  readonly #pass: MessagePass<HeaderField>;
  readonly #lookups: KeyLookups;
  readonly #rsaBits: number;
  readonly #bodies = new Map<ArcSet, WantedBodyHash>();
  #chain: Chain = { newest: 0, sets: [] };

  constructor(options: ArcValidateOptions) {
    const { resolver, signal, keys } = options;
    this.#rsaBits = options.rsaBits ?? 1024;
    this.#lookups = new KeyLookups(resolver, { limit: 2 * mostSets, signal, keys });
    this.#pass = options.pass ?? new MessagePass({ scan: HeaderFields.scan });
    this.#pass.onHeader((header) => this.#begin(header));
  }

  /** Takes the next chunk of the message. */
  write(chunk: Bytes): void {
    this.#pass.write(chunk);
  }

  /** The message is complete. Never rejects for what a message or DNS holds. */
  async finish(): Promise<ArcVerdict> {
    this.#pass.end();
    const { header } = this.#pass;
    const { newest, sets, fault } = this.#chain;
    if (header === undefined) return { status: 'fail', reason: 'header-too-large', sets, newest };
    if (fault !== undefined) return { status: 'fail', ...fault, sets, newest };
    const last = sets.at(-1);
    if (last === undefined) return { status: 'none', sets, newest };
    const fail = (reason: ArcReason, instance: number, field: 'message-signature' | 'seal'): ArcVerdict => ({
      status: 'fail',
      reason,
      at: { instance, field },
      sets,
      newest,
    });
    const message = await this.#messageFault(last, header);
    if (message !== null) return fail(message, newest, 'message-signature');
    const before = [''];
    for (const set of sets) before.push(before.at(-1) + sealedText(header, set));
    for (const set of sets.toReversed()) {
      const reason = await this.#sealFault(set, before[set.instance - 1] ?? '', header);
      if (reason !== null) return fail(reason, set.instance, 'seal');
    }
    return { status: 'pass', sets, newest, oldestPass: await this.#oldestPass(header) };
  }

  #begin(header: SignedHeader<HeaderField>): void {
    this.#chain = withStatus(readChain(header));
    if (this.#chain.fault !== undefined) return;
    for (const set of this.#chain.sets) {
      // Asked for now, so that the answers come in while the body does.
      this.#key(set.seal);
      const { messageSignature: signature } = set;
      if (signature === undefined) continue;
      this.#key(signature);
      const { canonicalization, algorithm, length } = signature;
      this.#bodies.set(set, this.#pass.bodyHash(canonicalization.body, hashOf(algorithm), length));
    }
  }

  /** What is wrong with a set's message signature, or `null`. */
  async #messageFault(set: ArcSet, header: SignedHeader<HeaderField>): Promise<ArcReason | null> {
    const { messageSignature: signature, fields } = set;
    const body = this.#bodies.get(set)?.result;
    if (signature === undefined || body === undefined) return 'bad-tags';
    const key = await this.#usable(signature);
    if (typeof key === 'string') return key;
    const { length = 0, headers, canonicalization } = signature;
    if (length > body.octets || body.digest !== signature.bodyHash) return 'body-hash';
    const form = canonicalization.header;
    const text = header.pick(headers, form, fields[1]) + header.ownText(fields[1], form);
    return signatureFits(text, signature, key) ? null : 'signature';
  }

  /** What is wrong with a set's seal, which covers the sets before it too (RFC 8617 §5.1.1), or `null`. */
  async #sealFault(
    set: ArcSet,
    before: string,
    header: SignedHeader<HeaderField>,
  ): Promise<ArcReason | null> {
    const key = await this.#usable(set.seal);
    if (typeof key === 'string') return key;
    const [results, message, seal] = set.fields;
    const own = header.text(results, 'relaxed') + header.text(message, 'relaxed');
    const fits = signatureFits(before + own + header.ownText(seal, 'relaxed'), set.seal, key);
    return fits ? null : 'signature';
  }

  /** RFC 8617 §5.2: how far back the message is as it was signed. */
  async #oldestPass(header: SignedHeader<HeaderField>): Promise<number> {
    const older = this.#chain.sets.slice(0, -1).reverse();
    for (const set of older) {
      if ((await this.#messageFault(set, header)) !== null) return set.instance + 1;
    }
    return 0;
  }

  #key({ selector, domain }: SealTags): FoundKey | Promise<FoundKey> {
    const name = asciiName(domain, normalizeDomain);
    const label = asciiName(selector, normalizeDomain);
    return name === null || label === null ? 'no-key' : this.#lookups.find(label, name);
  }

  async #usable(tags: SealTags): Promise<KeyRecord | ArcReason> {
    const key = usableKey(await this.#key(tags), tags);
    if (typeof key === 'string') return key;
    return key.kind === 'rsa' && key.bits < this.#rsaBits ? 'short-key' : key;
  }
}

/** RFC 8617 §5.2: the first seal knew no chain, each later one a chain that passed. */
function withStatus(chain: Chain): Chain {
  const wrong = chain.sets.find(({ instance, status }) => status !== (instance === 1 ? 'none' : 'pass'));
  if (wrong === undefined) return chain;
  const at = { instance: wrong.instance, field: 'seal' as const };
  return { ...chain, fault: { reason: wrong.status === 'fail' ? 'failed-before' : 'bad-status', at } };
}

/**
 * Checks the chain of a message that is at hand, as a whole or as a stream of chunks.
 *
 * @example
 * ```ts
 * import { validateArc } from 'mailwright/arc';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const message = Buffer.from('From: a@example.com\r\n\r\nHello\r\n');
 * (await validateArc(message, { resolver: new ZoneResolver({}) })).status; // 'none'
 * ```
 */
export async function validateArc(
  message: Bytes | AsyncIterable<Bytes>,
  options: Omit<ArcValidateOptions, 'pass'>,
): Promise<ArcVerdict> {
  const validator = new ArcValidator(options);
  if (message instanceof Uint8Array) validator.write(message);
  else for await (const chunk of message) validator.write(chunk);
  return validator.finish();
}
