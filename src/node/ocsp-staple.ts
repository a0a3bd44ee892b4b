import type { Bytes } from '../machine/index.ts';
import type { MaybePromise } from '../users/index.ts';

/** A certificate authority's word that a certificate was not revoked. */
export interface OcspResponse {
  /** The whole OCSPResponse in DER (RFC 6960 §4.2.1), as the authority sent it. */
  readonly der: Bytes;
  /** Until when it may be shown, its `nextUpdate`, in ms since 1970. */
  readonly validUntil: number;
}

/** Where a certificate's {@link OcspResponse} comes from; `null` while there is none. */
export type OcspSource = () => MaybePromise<OcspResponse | null>;

/** How long a source is left alone after it had nothing, in ms. */
const retryAfter = 60_000;

/** The response of one certificate, fetched when it is first asked for and kept while it is valid. */
export class OcspStaple {
  readonly #source: OcspSource;
  #current: Promise<Bytes | null> | null = null;
  #until = 0;

  constructor(source: OcspSource) {
    this.#source = source;
  }

  /** What to staple (RFC 6066 §8); `null` for nothing. Never rejects: TLS goes on without it. */
  get(): Promise<Bytes | null> {
    if (this.#current === null || this.#until <= Date.now()) {
      this.#until = Infinity;
      this.#current = this.#fetch();
    }
    return this.#current;
  }

  async #fetch(): Promise<Bytes | null> {
    let response: OcspResponse | null = null;
    try {
      response = await this.#source();
    } catch {
      // As good as none; the source is asked again later.
    }
    const valid = response !== null && response.validUntil > Date.now();
    this.#until = valid ? response!.validUntil : Date.now() + retryAfter;
    return valid ? response!.der : null;
  }
}
