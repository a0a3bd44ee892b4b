/** Adding a set to the chain of a message (RFC 8617 §5.1). */
import { Buffer } from 'node:buffer';
import { latin1Text } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type HeaderField, HeaderFields } from '../mime/index.ts';
import {
  brokenNames,
  brokenValue,
  canonicalField,
  canonicalSignatureField,
  MessagePass,
  SignatureMisuse,
  type SignedHeader,
  type SigningKey,
  tagField,
  type WantedBodyHash,
} from '../signature/index.ts';
import { mostSets, readChain, sealedText } from './arc-set.ts';
import type { ArcVerdict } from './verdict.ts';

/** How a message is sealed. */
export interface ArcSealOptions {
  readonly key: SigningKey;
  /**
   * Names for `h=`. Default: those that forwarders keep, and signatures before this one (RFC 8617 §4.1.2),
   * as often as they occur; never seals.
   */
  readonly headers?: readonly string[];
  /** Milliseconds since 1970, for `t=`; `Date.now` by default. */
  readonly now?: () => number;
  /** A pass that others share. Then the host writes to the pass, not to the sealer. */
  readonly pass?: MessagePass<HeaderField>;
}

/** What the sealing server found. */
export interface ArcFindings {
  /** By `ArcValidator`, of the message as it came: changes since then are what a chain is for. */
  readonly chain: ArcVerdict;
  /** The value of an Authentication-Results field: `formatAuthenticationResults` or `gatherResults`. */
  readonly results: string;
}

/** A line end after which the field would not go on (RFC 5322 §2.2.3). */
const brokenLine = /\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])/;

const defaultNames = [
  'from',
  'reply-to',
  'sender',
  'subject',
  'date',
  'message-id',
  'to',
  'cc',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'dkim-signature',
];

/**
 * Makes the ARC set of one message in one pass.
 *
 * Call order: `write` for each chunk, then `finish` once. The message is sealed as it is given, which is
 * as it will be sent on: after all changes of its body and its header fields.
 *
 * @example
 * ```ts
 * import { ArcSealer, validateArc } from 'mailwright/arc';
 * import { generateDkimKey } from 'mailwright/dkim';
 * import { ZoneResolver } from 'mailwright/dns';
 * import { SigningKey } from 'mailwright/signature';
 *
 * const message = Buffer.from('From: a@example.com\r\n\r\nHello\r\n');
 * const { privateKey } = await generateDkimKey('ed25519');
 * const key = new SigningKey({ domain: 'lists.example', selector: 'arc', privateKey });
 * const sealer = new ArcSealer({ key });
 * sealer.write(message);
 * const chain = await validateArc(message, { resolver: new ZoneResolver({}) });
 * const set = await sealer.finish({ chain, results: 'lists.example; none' });
 * set?.startsWith('ARC-Seal: a=ed25519-sha256;'); // true
 * ```
 */
export class ArcSealer {
  readonly #options: ArcSealOptions;
  readonly #pass: MessagePass<HeaderField>;
  #body: WantedBodyHash | undefined;

  constructor(options: ArcSealOptions) {
    this.#options = options;
    this.#pass = options.pass ?? new MessagePass({ scan: HeaderFields.scan });
    this.#pass.onHeader((_, pass) => {
      this.#body = pass.bodyHash('relaxed', 'sha256');
    });
  }

  /** Takes the next chunk of the message. */
  write(chunk: Bytes): void {
    this.#pass.write(chunk);
  }

  /**
   * The message is complete: its new fields with their CRLFs, to go before all others.
   *
   * @returns `null` where none may be added: the chain was sealed as failed before (RFC 8617 §5.1), or
   *   it has 50 sets (RFC 8617 §4.2.1)
   * @throws SignatureMisuse for a header section past the pass's limit, for a message with other sets than
   *   `chain` is about, and for results with line ends that are no folds
   */
  async finish({ chain, results }: ArcFindings): Promise<string | null> {
    this.#pass.end();
    const { header } = this.#pass;
    const body = this.#body?.result;
    if (header === undefined || body === undefined) throw new SignatureMisuse('header section too large');
    // The message may have got fields and lost some since it was validated: its sets are read anew.
    const { newest, sets } = readChain(header);
    if (chain.status !== 'fail' && newest !== chain.newest) {
      throw new SignatureMisuse('the message has not the chain that was validated');
    }
    const instance = newest + 1;
    if (instance > mostSets || chain.reason === 'failed-before') return null;
    if (brokenLine.test(results)) throw new SignatureMisuse('the results have line ends that are no folds');
    const { key, now = Date.now } = this.#options;
    const time = String(Math.floor(now() / 1000));
    const resultsField = `ARC-Authentication-Results: i=${instance}; ${results}\r\n`;

    const names = this.#names(header);
    const message = await this.#sign('arc-message-signature', header.pick(names, 'relaxed'), (b) =>
      tagField('ARC-Message-Signature', [
        ['a', key.algorithm],
        ['b', b],
        ['bh', body.digest],
        ['c', 'relaxed/relaxed'],
        ['d', key.domain],
        ['h', brokenNames(names, 900)],
        ['i', String(instance)],
        ['s', key.selector],
        ['t', time],
      ]),
    );
    // RFC 8617 §5.1.2: the seal of a chain that failed covers its own set alone.
    const before = chain.status === 'pass' ? sets : [];
    const covered =
      before.map((set) => sealedText(header, set)).join('') +
      canonicalField('arc-authentication-results', latin1Text(Buffer.from(resultsField)), 'relaxed') +
      canonicalField('arc-message-signature', message, 'relaxed');
    const seal = await this.#sign('arc-seal', covered, (b) =>
      tagField('ARC-Seal', [
        ['a', key.algorithm],
        ['b', b],
        ['cv', chain.status],
        ['d', key.domain],
        ['i', String(instance)],
        ['s', key.selector],
        ['t', time],
      ]),
    );
    return `${seal}\r\n${message}\r\n${resultsField}`;
  }

  /** Makes a field whose `b=` signs `text` and the field itself. */
  async #sign(key: string, text: string, field: (b: string) => string): Promise<string> {
    const own = canonicalSignatureField(key, field(''), 'relaxed');
    const signature = await this.#options.key.sign(text + own);
    // No line may be longer than 998 (RFC 5322 §2.1.1); what is shorter is left whole, for weak parsers.
    return field(brokenValue(signature.toString('base64'), 900));
  }

  #names(header: SignedHeader<HeaderField>): readonly string[] {
    const { headers } = this.#options;
    if (headers !== undefined) return headers.map((name) => name.toLowerCase());
    return defaultNames.flatMap((name) => new Array<string>(header.all(name).length).fill(name));
  }
}
