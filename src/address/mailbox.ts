/**
 * Mailboxes as values: what a path or an addr-spec says, apart from how it was written.
 */
import { Buffer } from 'node:buffer';
import { normalizeDomain } from './domain.ts';
import { type AddressLiteral, formatLiteral } from './literal.ts';
import { scanDomain, scanDotString, scanQuotedString } from './scan.ts';

/**
 * A mailbox (RFC 5321 §4.1.2). Plain data: it may be kept and sent as JSON.
 *
 * @example
 * ```ts
 * import type { Mailbox } from 'mailwright/address';
 *
 * const mailbox: Mailbox = { localPart: 'john smith', domain: 'example.org' };
 * ```
 */
export interface Mailbox {
  /** The local part's meaning: without quotes and backslashes. Only its own host may read more into it. */
  readonly localPart: string;
  /** A domain as it was written (A-labels or U-labels, either case), or an address literal. */
  readonly domain: string | AddressLiteral;
}

/** Where failures are reported to; `null` is the null path `<>` (RFC 5321 §4.5.5). */
export type ReversePath = Mailbox | null;

/** Where a message goes; `postmaster` is `<Postmaster>` without a domain (RFC 5321 §4.5.1). */
export type ForwardPath = Mailbox | 'postmaster';

/** A host made a mailbox that no address can express: a line break in the local part, `a b` as a domain. */
export class AddressMisuse extends Error {
  override readonly name = 'AddressMisuse';
  readonly code = 'ADDRESS_MISUSE';
}

/**
 * The mailbox as an address: `local@domain`, the local part quoted only where it must be.
 *
 * RFC 5321 §4.1.2: the dot-string form is preferred where the local part allows it. Lengths are not
 * checked.
 *
 * @throws AddressMisuse when the local part holds a control character, the domain breaks the grammar,
 * or either an unpaired surrogate
 * @example
 * ```ts
 * import { formatMailbox } from 'mailwright/address';
 *
 * formatMailbox({ localPart: 'john smith', domain: 'example.org' }); // '"john smith"@example.org'
 * formatMailbox({ localPart: 'root', domain: { kind: 'ipv4', address: '192.0.2.1' } }); // 'root@[192.0.2.1]'
 * ```
 */
export function formatMailbox(mailbox: Mailbox): string {
  return `${formatLocalPart(mailbox.localPart)}@${formatDomain(mailbox.domain)}`;
}

/**
 * The path in its brackets: `<local@domain>`, `<>` or `<Postmaster>`.
 *
 * @throws AddressMisuse as {@link formatMailbox}
 * @example
 * ```ts
 * import { formatPath } from 'mailwright/address';
 *
 * formatPath(null); // '<>'
 * ```
 */
export function formatPath(path: ReversePath | ForwardPath): string {
  if (path === null) return '<>';
  return path === 'postmaster' ? '<Postmaster>' : `<${formatMailbox(path)}>`;
}

/**
 * A domain, or an address literal with its brackets.
 *
 * @throws AddressMisuse when a domain breaks the grammar of RFC 5321 §4.1.2
 */
export function formatDomain(domain: string | AddressLiteral): string {
  if (typeof domain !== 'string') return formatLiteral(domain);
  if (scanDomain(domain, 0, true) !== domain.length || !domain.isWellFormed()) {
    throw new AddressMisuse(`not a domain: ${JSON.stringify(domain)}`);
  }
  return domain;
}

function formatLocalPart(localPart: string): string {
  if (localPart.isWellFormed()) {
    if (scanDotString(localPart, 0, true) === localPart.length) return localPart;
    const quoted = `"${localPart.replace(/["\\]/g, '\\$&')}"`;
    if (scanQuotedString(quoted, 0, true) === quoted.length) return quoted;
  }
  throw new AddressMisuse(`not a local part: ${JSON.stringify(localPart)}`);
}

/**
 * A key that two domains or literals share exactly when they are the same: the form of
 * {@link normalizeDomain}, or the literal with its brackets.
 *
 * A name that cannot be normalised is its own key, in lower case.
 *
 * @example
 * ```ts
 * import { domainKey } from 'mailwright/address';
 *
 * domainKey('EXAMPLE.org'); // 'example.org'
 * domainKey({ kind: 'ipv6', address: '::1' }); // '[IPv6:::1]'
 * ```
 */
export function domainKey(domain: string | AddressLiteral): string {
  if (typeof domain !== 'string') {
    return domain.kind === 'general'
      ? formatLiteral({ ...domain, tag: domain.tag.toLowerCase() })
      : formatLiteral(domain);
  }
  const parsed = normalizeDomain(domain);
  return parsed.ok ? parsed.domain : domain.toLowerCase();
}

/**
 * Whether two mailboxes are the same: domains as A-labels without regard to case, local parts exactly.
 *
 * RFC 5321 §2.4: only the host of a mailbox may take two spellings of a local part for one.
 *
 * @example
 * ```ts
 * import { sameMailbox } from 'mailwright/address';
 *
 * sameMailbox(
 *   { localPart: 'info', domain: 'bücher.example' },
 *   { localPart: 'info', domain: 'XN--BCHER-KVA.example' },
 * ); // true
 * ```
 */
export function sameMailbox(one: Mailbox, other: Mailbox): boolean {
  return one.localPart === other.localPart && domainKey(one.domain) === domainKey(other.domain);
}

/**
 * Whether only an SMTPUTF8 transaction can carry the path (RFC 6531 §3.2): a non-ASCII character in
 * the local part or the domain.
 *
 * @example
 * ```ts
 * import { isInternational } from 'mailwright/address';
 *
 * isInternational({ localPart: 'jürgen', domain: 'example.org' }); // true
 * isInternational(null); // false
 * ```
 */
export function isInternational(path: ReversePath | ForwardPath): boolean {
  if (path === null || path === 'postmaster') return false;
  return isNotAscii(path.localPart) || (typeof path.domain === 'string' && isNotAscii(path.domain));
}

/** UTF-8 takes more octets than there are UTF-16 units exactly where something is not ASCII. */
function isNotAscii(text: string): boolean {
  return Buffer.byteLength(text) !== text.length;
}
