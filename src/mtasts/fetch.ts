/** Getting a policy over HTTPS (RFC 8461 §3.3). */
import { Buffer } from 'node:buffer';
import { largestPolicy, type MtaStsPolicy, parseMtaStsPolicy } from './policy.ts';

/**
 * What gets a resource by HTTPS, with the server's certificate checked: the platform's `fetch`, or one
 * of the host's. It must not follow redirects when asked not to.
 */
export type PolicyFetch = (
  url: string,
  init: { readonly redirect: 'manual'; readonly signal?: AbortSignal },
) => Promise<PolicyResponse>;

/** As much of a `Response` as is looked at. */
export interface PolicyResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** A policy, or why there is none. */
export type PolicyFetched =
  | { readonly ok: true; readonly policy: MtaStsPolicy }
  /** `fetch`: it could not be had; `invalid`: it is no policy. TLS reports tell these apart (RFC 8460 §4.3). */
  | { readonly ok: false; readonly why: 'fetch' | 'invalid'; readonly text: string };

/**
 * Fetches the policy of a domain. Redirects are not followed (RFC 8461 §3.3), and no more is read than a
 * policy may be long.
 *
 * @param signal - ends the wait; RFC 8461 §3.3 suggests a minute
 *
 * @example
 * ```ts
 * import { fetchMtaStsPolicy } from 'mailwright/mtasts';
 *
 * const fetched = await fetchMtaStsPolicy('example.com', fetch, AbortSignal.timeout(60_000));
 * if (fetched.ok) fetched.policy.mode;
 * ```
 */
export async function fetchMtaStsPolicy(
  domain: string,
  fetch: PolicyFetch,
  signal?: AbortSignal,
): Promise<PolicyFetched> {
  const failed = (text: string) => ({ ok: false, why: 'fetch', text }) as const;
  try {
    const init = { redirect: 'manual', ...(signal && { signal }) } as const;
    const response = await fetch(`https://mta-sts.${domain}/.well-known/mta-sts.txt`, init);
    if (response.status !== 200) return failed(`HTTP status ${response.status}`);
    const type = response.headers.get('content-type') ?? '';
    if (!/^text\/plain\s*(?:;|$)/i.test(type)) return { ok: false, why: 'invalid', text: 'not text/plain' };
    const octets = await bounded(response.body);
    const policy = octets === null ? null : parseMtaStsPolicy(octets.toString('utf8'));
    return policy === null ? { ok: false, why: 'invalid', text: 'no policy' } : { ok: true, policy };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** `null` where it is too long; leaving the loop ends the transfer. */
async function bounded(body: AsyncIterable<Uint8Array> | null): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > largestPolicy) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
