/**
 * Address literals (RFC 5321 §4.1.3).
 *
 *     address-literal         = "[" ( IPv4-address-literal / IPv6-address-literal /
 *                                     General-address-literal ) "]"
 *     IPv6-address-literal    = "IPv6:" IPv6-addr
 *     General-address-literal = Standardized-tag ":" 1*dcontent
 *     Standardized-tag        = Ldh-str
 */
import { parseIpv4, parseIpv6 } from './ip.ts';

/**
 * An address in place of a domain, without its brackets (RFC 5321 §4.1.3).
 *
 * IPv4 is dotted decimal without leading zeros, IPv6 the form of RFC 5952: equal addresses are equal
 * text. A general literal has its tag and content as written; no tag but `IPv6` has been registered.
 */
export type AddressLiteral =
  | { readonly kind: 'ipv4' | 'ipv6'; readonly address: string }
  | { readonly kind: 'general'; readonly tag: string; readonly content: string };

/** Reads what stands between the brackets, which {@link scanLiteral} found to be `dcontent`. */
export function parseLiteral(text: string): AddressLiteral | null {
  const end = text.indexOf(':');
  if (end < 0) {
    const numbers = parseIpv4(text);
    return numbers === null ? null : { kind: 'ipv4', address: numbers.join('.') };
  }
  const tag = text.slice(0, end);
  const content = text.slice(end + 1);
  if (tag.toLowerCase() === 'ipv6') {
    const parsed = parseIpv6(content);
    return parsed.ok ? { kind: 'ipv6', address: parsed.address } : null;
  }
  const isLdhString = /^[A-Za-z0-9-]+$/.test(tag) && !tag.endsWith('-');
  // `[fe80::1]` fits the grammar too, yet is an IPv6 address without its tag, and no literal.
  if (!isLdhString || content === '' || parseIpv6(text).ok) return null;
  return { kind: 'general', tag, content };
}

/** The literal with its brackets. */
export function formatLiteral(literal: AddressLiteral): string {
  switch (literal.kind) {
    case 'ipv4':
      return `[${literal.address}]`;
    case 'ipv6':
      return `[IPv6:${literal.address}]`;
    case 'general':
      return `[${literal.tag}:${literal.content}]`;
  }
}
