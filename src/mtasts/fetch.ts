/** Getting a policy over HTTPS (RFC 8461 §3.3). */
import { Buffer } from 'node:buffer';
import { getResource, type WebFetch } from '../web/index.ts';
import { largestPolicy, type MtaStsPolicy, parseMtaStsPolicy } from './policy.ts';

/** A policy, or why there is none. */
export type PolicyFetched =
  | { readonly ok: true; readonly policy: MtaStsPolicy }
  /** `fetch`: it could not be had; `invalid`: it is no policy. TLS reports tell these apart (RFC 8460 §4.3). */
  | { readonly ok: false; readonly why: 'fetch' | 'invalid'; readonly text: string };

/**
 * Fetches the policy of a domain. Redirects are not followed (RFC 8461 §3.3), and no more is read than a
 * policy may be long.
 *
 * @param fetch - the platform's, or one of the host's
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
  fetch: WebFetch,
  signal?: AbortSignal,
): Promise<PolicyFetched> {
  const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
  const got = await getResource(url, fetch, largestPolicy, signal);
  const invalid = (text: string) => ({ ok: false, why: 'invalid', text }) as const;
  if (!got.ok)
    return got.why === 'too-large' ? invalid(got.text) : { ok: false, why: 'fetch', text: got.text };
  if (got.type !== 'text/plain') return invalid('not text/plain');
  const policy = parseMtaStsPolicy(Buffer.from(got.octets).toString('utf8'));
  return policy === null ? invalid('no policy') : { ok: true, policy };
}
