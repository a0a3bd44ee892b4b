/** Getting one resource by HTTPS from a server that nobody has reason to trust. */
import { Buffer } from 'node:buffer';

/**
 * What gets a resource, with the server's certificate checked: the platform's `fetch`, or one of the
 * host's. It must not follow redirects when asked not to.
 */
export type WebFetch = (
  url: string,
  init: { readonly redirect: 'manual'; readonly signal?: AbortSignal },
) => Promise<WebResponse>;

/** As much of a `Response` as is looked at. */
export interface WebResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** A resource, or why it was not had. */
export type WebResource =
  | {
      readonly ok: true;
      readonly octets: Uint8Array;
      /** The media type in lower case, without parameters; empty where there is none. */
      readonly type: string;
    }
  | {
      readonly ok: false;
      /** `network`: no answer; `status`: not 200, a redirect for example; `too-large`: over the bound. */
      readonly why: 'network' | 'status' | 'too-large';
      /** For people. */
      readonly text: string;
    };

/**
 * Gets a resource of at most `most` octets; no more are read. Redirects are not followed.
 *
 * @param signal - ends the wait
 *
 * @example
 * ```ts
 * import { getResource } from 'mailwright/web';
 *
 * const got = await getResource('https://example.com/logo.svg', fetch, 32_768, AbortSignal.timeout(10_000));
 * if (got.ok) got.type; // 'image/svg+xml'
 * ```
 */
export async function getResource(
  url: string,
  fetch: WebFetch,
  most: number,
  signal?: AbortSignal,
): Promise<WebResource> {
  try {
    const { status, headers, body } = await fetch(url, { redirect: 'manual', ...(signal && { signal }) });
    if (status !== 200) return { ok: false, why: 'status', text: `HTTP status ${status}` };
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body ?? []) {
      size += chunk.length;
      // Leaving the loop ends the transfer.
      if (size > most) return { ok: false, why: 'too-large', text: `more than ${most} octets` };
      chunks.push(chunk);
    }
    const [type = ''] = (headers.get('content-type') ?? '').split(';', 1);
    return { ok: true, octets: Buffer.concat(chunks), type: type.trim().toLowerCase() };
  } catch (error) {
    return { ok: false, why: 'network', text: error instanceof Error ? error.message : String(error) };
  }
}
