/** Signing a message while it passes by (RFC 6376 §5). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { type HeaderField, HeaderFields } from '../mime/index.ts';
import {
  brokenNames,
  brokenValue,
  type Canonicalization,
  canonicalSignatureField,
  MessagePass,
  SignatureMisuse,
  type SignedHeader,
  type SigningKey,
  tagField,
  type WantedBodyHash,
} from '../signature/index.ts';
import { namesToSign } from './signed-names.ts';

/** How a message is signed. */
export interface DkimSignOptions {
  /** Each key makes a signature of its own. RSA and Ed25519 beside each other reach all verifiers. */
  readonly keys: readonly SigningKey[];
  /** Default: relaxed for both, which survives what relays do to white space. */
  readonly canonicalization?: { readonly header: Canonicalization; readonly body: Canonicalization };
  /** Names for `h=`, given the message's header section. Default: {@link namesToSign}. */
  readonly headers?: (header: SignedHeader<HeaderField>) => readonly string[];
  /** `i=`: for whom is signed, an address at the key's domain or below. Default: no such tag. */
  readonly identity?: string;
  /** `x=`: seconds after which the signature no longer counts. Default: never. */
  readonly lifetime?: number;
  /** Milliseconds since 1970, for `t=` and `x=`; `Date.now` by default. */
  readonly now?: () => number;
  /** A pass that others share. Then the host writes to the pass, not to the signer. */
  readonly pass?: MessagePass<HeaderField>;
}

/**
 * Makes the DKIM-Signature fields of one message in one pass.
 *
 * Call order: `write` for each chunk, then `finish` once. The message is signed as it is given: with
 * CRLF line ends, and with all fields that are to be signed already in it.
 *
 * @throws SignatureMisuse without keys, and for a lifetime that is not above zero
 * @example
 * ```ts
 * import { DkimSigner, generateDkimKey } from 'mailwright/dkim';
 * import { SigningKey } from 'mailwright/signature';
 *
 * const { privateKey } = await generateDkimKey('ed25519');
 * const signer = new DkimSigner({ keys: [new SigningKey({ domain: 'example.com', selector: 'a', privateKey })] });
 * signer.write(Buffer.from('From: a@example.com\r\n\r\nHello\r\n'));
 * const fields = await signer.finish(); // ['DKIM-Signature: v=1; a=ed25519-sha256; ...']
 * ```
 */
export class DkimSigner {
  readonly #options: DkimSignOptions;
  readonly #pass: MessagePass<HeaderField>;
  readonly #forms: { readonly header: Canonicalization; readonly body: Canonicalization };
  #body: WantedBodyHash | undefined;

  constructor(options: DkimSignOptions) {
    if (options.keys.length === 0) throw new SignatureMisuse('no key to sign with');
    if (options.lifetime !== undefined && !(options.lifetime > 0)) {
      throw new SignatureMisuse(`no lifetime: ${options.lifetime}`);
    }
    this.#options = options;
    this.#forms = options.canonicalization ?? { header: 'relaxed', body: 'relaxed' };
    this.#pass = options.pass ?? new MessagePass({ scan: HeaderFields.scan });
    this.#pass.onHeader((_, pass) => {
      this.#body = pass.bodyHash(this.#forms.body, 'sha256');
    });
  }

  /** Takes the next chunk of the message. */
  write(chunk: Bytes): void {
    this.#pass.write(chunk);
  }

  /**
   * The message is complete: its signature fields, one for each key in the order of the keys, each with
   * its CRLF. They go before all other fields. The keys are used in the thread pool, all at once.
   *
   * @throws SignatureMisuse for a message without From, which may not be signed (RFC 6376 §5.4), for one
   *   with a header section past the pass's limit, and for an identity of another domain
   */
  async finish(): Promise<readonly string[]> {
    this.#pass.end();
    const { header } = this.#pass;
    if (header === undefined || this.#body === undefined)
      throw new SignatureMisuse('header section too large');
    const { headers } = this.#options;
    const names = headers?.(header) ?? namesToSign((name) => header.all(name).length);
    if (header.all('from').length === 0 || !names.some((name) => name.toLowerCase() === 'from')) {
      throw new SignatureMisuse('From must be there and signed');
    }
    const lower = names.map((name) => name.toLowerCase());
    const picked = header.pick(lower, this.#forms.header);
    const bodyHash = this.#body.result.digest;
    const seconds = Math.floor((this.#options.now ?? Date.now)() / 1000);
    return Promise.all(
      this.#options.keys.map(async (key) => {
        const unsigned = this.#unsigned(key, lower, bodyHash, seconds);
        const own = canonicalSignatureField('dkim-signature', unsigned, this.#forms.header);
        const signature = await key.sign(picked + own);
        return `${unsigned}${brokenValue(signature.toString('base64'))}\r\n`;
      }),
    );
  }

  /** The field up to `b=`, which is its last tag. */
  #unsigned(key: SigningKey, names: readonly string[], bodyHash: string, seconds: number): string {
    const { identity, lifetime } = this.#options;
    const { domain, selector, algorithm } = key;
    const owner = identity?.slice(identity.lastIndexOf('@') + 1).toLowerCase();
    if (owner !== undefined && !`.${owner}`.endsWith(`.${domain.toLowerCase()}`)) {
      throw new SignatureMisuse(`identity ${identity} is not of the domain ${domain}`);
    }
    const tags: (readonly [string, string])[] = [
      ['v', '1'],
      ['a', algorithm],
      ['c', `${this.#forms.header}/${this.#forms.body}`],
      ['d', domain],
      ['s', selector],
      ['t', String(seconds)],
    ];
    if (lifetime !== undefined) tags.push(['x', String(seconds + Math.ceil(lifetime))]);
    if (identity !== undefined) tags.push(['i', quoted(identity)]);
    tags.push(['h', brokenNames(names)], ['bh', bodyHash]);
    return `${tagField('DKIM-Signature', tags)};\r\n b=`;
  }
}

/**
 * Signs a message that is at hand.
 *
 * @returns the message's new fields as octets, to be sent before it
 * @throws SignatureMisuse as {@link DkimSigner} does
 */
export async function signDkim(message: Bytes, options: Omit<DkimSignOptions, 'pass'>): Promise<Buffer> {
  const signer = new DkimSigner(options);
  signer.write(message);
  return Buffer.from((await signer.finish()).join(''), 'latin1');
}

/** RFC 6376 §2.11: what may not stand in a tag as it is. */
function quoted(text: string): string {
  let quoted = '';
  for (const octet of Buffer.from(text)) {
    const plain = octet > 0x20 && octet < 0x7f && octet !== 0x3b && octet !== 0x3d;
    quoted += plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return quoted;
}
