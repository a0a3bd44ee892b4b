/** Finding the key of a signature in DNS (RFC 6376 §3.6.2, §6.1.2). */
import { KeyCache, type KeyFault, type KeyRecord } from './key-record.ts';

/** What a question for TXT records comes to. */
export type KeyAnswer =
  | { readonly status: 'ok'; readonly records: readonly string[] }
  | { readonly status: 'nxdomain' | 'nodata' }
  | { readonly status: 'failure'; readonly text: string };

/** Where keys are published: a `Resolver` of `mailwright/dns` is one. */
export interface KeySource {
  resolve(
    name: string,
    type: 'TXT',
    options?: { readonly signal?: AbortSignal },
  ): KeyAnswer | Promise<KeyAnswer>;
}

/**
 * What is found under a key's name:
 *
 * - a {@link KeyRecord};
 * - `no-key`: no record;
 * - `lookup`: nobody could tell;
 * - `several-keys`: more than one (RFC 6376 §3.6.2.2);
 * - a {@link KeyFault} of the only record.
 */
export type FoundKey = KeyRecord | KeyFault | 'no-key' | 'lookup' | 'several-keys';

/** Records looked at under one name. */
const mostRecords = 20;
const sharedKeys = new KeyCache();

/**
 * The keys that the signatures of one message name: each name is asked for once, and at most `limit`
 * names.
 */
export class KeyLookups {
  readonly #source: KeySource;
  readonly #options: { readonly signal?: AbortSignal };
  readonly #keys: KeyCache;
  readonly #asked = new Map<string, FoundKey | Promise<FoundKey>>();
  readonly #limit: number;

  constructor(
    source: KeySource,
    options: {
      readonly limit: number;
      readonly signal?: AbortSignal | undefined;
      readonly keys?: KeyCache | undefined;
    },
  ) {
    this.#source = source;
    this.#options = options.signal === undefined ? {} : { signal: options.signal };
    this.#keys = options.keys ?? sharedKeys;
    this.#limit = options.limit;
  }

  /** The key of a selector and a domain, both in ASCII; not a Promise where no waiting is needed. */
  find(selector: string, domain: string): FoundKey | Promise<FoundKey> {
    const name = `${selector}._domainkey.${domain}`.toLowerCase();
    let found = this.#asked.get(name);
    if (found === undefined) {
      if (this.#asked.size >= this.#limit) return 'lookup';
      const answer = this.#source.resolve(name, 'TXT', this.#options);
      found =
        answer instanceof Promise
          ? answer.then((late) => this.#read(late)).catch(() => 'lookup' as const)
          : this.#read(answer);
      this.#asked.set(name, found);
    }
    return found;
  }

  #read(answer: KeyAnswer): FoundKey {
    if (answer.status === 'failure') return 'lookup';
    if (answer.status !== 'ok') return 'no-key';
    const read = answer.records.slice(0, mostRecords).map((text) => this.#keys.read(text));
    // Other records under the name, such as those of a wildcard, do no harm.
    const keys = read.filter((key) => key !== 'not-a-key');
    return keys.length > 1 ? 'several-keys' : (keys[0] ?? 'not-a-key');
  }
}
