/** The Received-SPF header field (RFC 7208 §9.1), for those who want it beside Authentication-Results. */
import type { SpfClient } from './check.ts';
import type { SpfResult, SpfVerdict } from './verdict.ts';

/**
 * The value of a Received-SPF field, folded, to be put above the Received field of this host.
 *
 *     header-field   = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF
 *     key-value-list = key-value-pair *( ";" [CFWS] key-value-pair ) [";"]
 *     key-value-pair = key [CFWS] "=" ( dot-atom / quoted-string )
 *
 * @param receiver the host that checked
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { checkMailFrom, formatReceivedSpf } from 'mailwright/spf';
 *
 * const zone = new ZoneResolver({ 'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } });
 * const client = { ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'bob@example.com' };
 * const value = formatReceivedSpf(await checkMailFrom(client, zone), client, 'mx.example.org');
 * // pass (mx.example.org: 192.0.2.1 may send for example.com)
 * //  receiver=mx.example.org;
 * //  identity=mailfrom; ... and so on, a line for each
 * ```
 */
export function formatReceivedSpf(verdict: SpfVerdict, client: SpfClient, receiver: string): string {
  const { result, identity, domain, directive, reason } = verdict;
  const comment = `${receiver}: ${client.ip} ${meanings[result]} ${domain}`;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['receiver', receiver],
    ['identity', identity],
    ['client-ip', client.ip],
    ['envelope-from', client.mailFrom],
    ['helo', client.helo],
    ['mechanism', directive],
    ['problem', result === 'permerror' || result === 'temperror' ? reason : undefined],
  ];
  const list = pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${word(value)}`]));
  return [`${result} (${cleared(comment).replace(/[()\\]/g, '\\$&')})`, list.join(';\r\n ')].join('\r\n ');
}

const meanings: Readonly<Record<SpfResult, string>> = {
  none: 'is not spoken of by',
  neutral: 'is neither permitted nor denied by',
  pass: 'may send for',
  fail: 'may not send for',
  softfail: 'probably may not send for',
  temperror: 'could not now be checked against',
  permerror: 'cannot be checked against',
};

/** `dot-atom / quoted-string` (RFC 5322 §3.2.3, §3.2.4) */
function word(text: string): string {
  const clear = cleared(text);
  if (/^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(clear)) return clear;
  return `"${clear.replace(/["\\]/g, '\\$&')}"`;
}

/** Short enough for a line (RFC 5322 §2.1.1), and without what would end one. */
function cleared(text: string): string {
  return text.slice(0, 300).replace(/\p{Cc}/gu, '?');
}
