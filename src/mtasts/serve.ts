/** Serving policies of one's own (RFC 8461 §3.3), whatever HTTP server the host has. */
import { formatMtaStsPolicy, type MtaStsPolicy } from './policy.ts';

/** A request for a policy, as far as it matters. */
export interface PolicyRequest {
  readonly method: string;
  /** The Host field; a port in it is not heeded. */
  readonly host: string;
  /** The path of the URL, without its query. */
  readonly path: string;
}

/** What is to be answered. */
export interface PolicyReply {
  readonly status: 200 | 404 | 405;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Answers a request for `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.
 *
 * @param policyOf - the policy of a domain, given in lower case; `undefined` for domains that are not ours
 *
 * @example
 * ```ts
 * import { serveMtaSts } from 'mailwright/mtasts';
 *
 * const policy = { mode: 'enforce', maxAge: 604800, mx: ['mx.example.com'] } as const;
 * const request = { method: 'GET', host: 'mta-sts.example.com', path: '/.well-known/mta-sts.txt' };
 * serveMtaSts(request, (domain) => (domain === 'example.com' ? policy : undefined)).status; // 200
 * ```
 */
export function serveMtaSts(
  { method, host, path }: PolicyRequest,
  policyOf: (domain: string) => MtaStsPolicy | undefined,
): PolicyReply {
  const plain = { 'content-type': 'text/plain' };
  const [, domain] = /^mta-sts\.([^:]{1,253}?)\.?(?::\d+)?$/.exec(host.toLowerCase()) ?? [];
  const policy = domain === undefined || path !== '/.well-known/mta-sts.txt' ? undefined : policyOf(domain);
  if (policy === undefined) return { status: 404, headers: plain, body: 'Not found\n' };
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...plain, allow: 'GET, HEAD' }, body: '' };
  }
  return { status: 200, headers: plain, body: method === 'HEAD' ? '' : formatMtaStsPolicy(policy) };
}
