/** Where reports are to go: the URIs of `rua` and `ruf` (RFC 9989 §4.6), here and in TLSRPT alike. */
import { formatMailbox, type Mailbox, parseMailbox } from '../address/index.ts';

/** Destinations of one record that are heeded: more serve nobody but an attacker. */
const mostUris = 20;

/**
 * Parses a list of URIs. The size limit of RFC 7489 §6.2 (`!10m`) is dropped, as RFC 9989 §4.8 asks.
 *
 * @returns those that can be read, and whether there were others
 */
export function parseReportUris(value: string): {
  readonly uris: readonly string[];
  readonly faults: boolean;
} {
  const uris: string[] = [];
  let faults = false;
  for (const piece of value.split(',')) {
    const uri = withoutSize(piece.trim());
    // RFC 3986 §3.1; commas and exclamation points must be encoded, so none is left within.
    if (uris.length < mostUris && /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(uri) && !uri.includes('!'))
      uris.push(uri);
    else faults = true;
  }
  return { uris, faults };
}

function withoutSize(uri: string): string {
  const mark = uri.lastIndexOf('!');
  return mark !== -1 && /^\d+[kmgt]?$/i.test(uri.slice(mark + 1)) ? uri.slice(0, mark) : uri;
}

/**
 * The mailbox of a `mailto:` URI (RFC 6068 §2), or `null` for another scheme, several mailboxes or none.
 * Header fields after the question mark are not heeded.
 *
 * @example
 * ```ts
 * import { mailboxOfUri } from 'mailwright/dmarc';
 *
 * mailboxOfUri('mailto:dmarc%2Breports@example.com')?.address; // 'dmarc+reports@example.com'
 * ```
 */
export function mailboxOfUri(uri: string): { readonly address: string; readonly domain: string } | null {
  if (!/^mailto:/i.test(uri)) return null;
  const [to = ''] = uri.slice('mailto:'.length).split('?', 1);
  let address: string;
  try {
    address = decodeURIComponent(to);
  } catch {
    return null;
  }
  const parsed = parseMailbox(address);
  return parsed.ok ? named(parsed.mailbox) : null;
}

function named(mailbox: Mailbox): { address: string; domain: string } | null {
  const { domain } = mailbox;
  return typeof domain === 'string'
    ? { address: formatMailbox(mailbox), domain: domain.toLowerCase() }
    : null;
}
