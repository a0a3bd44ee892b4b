/**
 * The syntax of records (RFC 7208 §4.6.1, §12).
 *
 *     record           = version terms *SP
 *     terms            = *( 1*SP ( directive / modifier ) )
 *     directive        = [ qualifier ] mechanism
 *     modifier         = redirect / explanation / unknown-modifier
 *     name             = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
 *     dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
 *     ip4-cidr-length  = "/" ("0" / %x31-39 0*1DIGIT) ; 0 to 32
 *     ip6-cidr-length  = "/" ("0" / %x31-39 0*2DIGIT) ; 0 to 128
 */
import { isMacroString, type MacroString, parseDomainSpec } from './macro.ts';
import { ipv4Words, ipv6Words, type Words } from './network.ts';
import type { SpfDirective, SpfQualifier } from './record.ts';

/** A domain with macros, ready to be expanded. */
export interface DomainSpec {
  readonly text: string;
  readonly parts: MacroString;
  /** Whether `%{p}` stands in it, for which the client's host name has to be looked up. */
  readonly wantsHostName: boolean;
}

/** A directive, ready to be tried. */
export interface Step {
  /** As it is written. */
  readonly text: string;
  readonly directive: SpfDirective;
  /** `null` where the mechanism names no domain. */
  readonly target: DomainSpec | null;
  /** Of `ip4` and `ip6`. */
  readonly network: Words | null;
}

/** A record, ready to be evaluated; or its first fault. */
export type ParsedRecord =
  | {
      readonly ok: true;
      readonly steps: readonly Step[];
      readonly redirect: DomainSpec | null;
      readonly exp: DomainSpec | null;
      readonly modifiers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly ok: false; readonly term: string; readonly why: string };

const modifier = /^([A-Za-z][A-Za-z0-9\-_.]*)=/;
const mechanism = /^([+\-?~]?)([A-Za-z0-9\-_.]+)/;

/** Reads a text that begins with the version; RFC 7208 §4.6 wants every fault found, wherever it is. */
export function parseRecord(text: string): ParsedRecord {
  const steps: Step[] = [];
  const modifiers: { name: string; value: string }[] = [];
  const known: { redirect: DomainSpec | null; exp: DomainSpec | null } = { redirect: null, exp: null };
  for (const term of text.slice('v=spf1'.length).split(' ')) {
    if (term === '') continue;
    const name = modifier.exec(term)?.[1];
    if (name === undefined) {
      const step = parseStep(term);
      if (typeof step === 'string') return fault(term, step);
      steps.push(step);
      continue;
    }
    const value = term.slice(name.length + 1);
    const lower = name.toLowerCase();
    if (lower === 'redirect' || lower === 'exp') {
      // RFC 7208 §6: neither may stand there twice.
      if (known[lower] !== null) return fault(term, 'stands there twice');
      known[lower] = domainSpec(value);
      if (known[lower] === null) return fault(term, 'names no domain');
    } else if (isMacroString(value)) modifiers.push({ name, value });
    else return fault(term, 'is no macro string');
  }
  return { ok: true, steps, ...known, modifiers };
}

function fault(term: string, why: string): ParsedRecord {
  return { ok: false, term: term.slice(0, 100), why };
}

/** A step, or why there is none. */
function parseStep(term: string): Step | string {
  const [whole = '', sign = '', name = ''] = mechanism.exec(term) ?? [];
  const qualifier = (sign === '' ? '+' : sign) as SpfQualifier;
  const kind = name.toLowerCase();
  const rest = term.slice(whole.length);
  const step = { text: term, target: null, network: null };
  switch (kind) {
    case 'all':
      return rest === '' ? { ...step, directive: { qualifier, kind } } : 'takes nothing behind it';
    case 'include':
    case 'exists': {
      const target = rest.startsWith(':') ? domainSpec(rest.slice(1)) : null;
      if (target === null) return 'names no domain';
      return { ...step, target, directive: { qualifier, kind, domain: target.text } };
    }
    case 'ptr': {
      if (rest === '') return { ...step, directive: { qualifier, kind } };
      const target = rest.startsWith(':') ? domainSpec(rest.slice(1)) : null;
      if (target === null) return 'names no domain';
      return { ...step, target, directive: { qualifier, kind, domain: target.text } };
    }
    case 'a':
    case 'mx':
      return parseAddressStep(term, qualifier, kind, rest);
    case 'ip4':
    case 'ip6':
      return parseNetworkStep(term, qualifier, kind, rest);
    default:
      return 'is no mechanism';
  }
}

/** `[ ":" domain-spec ] [ dual-cidr-length ]` (RFC 7208 §5.3, §5.4) */
function parseAddressStep(
  text: string,
  qualifier: SpfQualifier,
  kind: 'a' | 'mx',
  rest: string,
): Step | string {
  // A domain may hold slashes; the lengths are what stands at the end.
  const [lengths = '', bits4, bits6] = /(?:\/(\d{1,3}))?(?:\/\/(\d{1,3}))?$/.exec(rest.slice(-9)) ?? [];
  const domain = rest.slice(0, rest.length - lengths.length);
  const prefix4 = prefixIn(bits4, 32);
  const prefix6 = prefixIn(bits6, 128);
  if (prefix4 === null || prefix6 === null) return 'has no such prefix length';
  const target = domain.startsWith(':') ? domainSpec(domain.slice(1)) : null;
  if (target === null && domain !== '') return 'names no domain';
  const directive: SpfDirective = {
    qualifier,
    kind,
    ...(target !== null && { domain: target.text }),
    ...(prefix4 !== undefined && { prefix4 }),
    ...(prefix6 !== undefined && { prefix6 }),
  };
  return { text, directive, target, network: null };
}

/** `":" network [ cidr-length ]` (RFC 7208 §5.6) */
function parseNetworkStep(
  text: string,
  qualifier: SpfQualifier,
  kind: 'ip4' | 'ip6',
  rest: string,
): Step | string {
  const slash = rest.indexOf('/');
  const address = rest.slice(1, slash < 0 ? rest.length : slash);
  const bits = slash < 0 ? undefined : rest.slice(slash + 1);
  const prefix = prefixIn(bits, kind === 'ip4' ? 32 : 128);
  if (prefix === null) return 'has no such prefix length';
  const network = kind === 'ip4' ? ipv4Words(address) : ipv6Words(address);
  if (network === null || !rest.startsWith(':')) return 'names no network';
  const directive: SpfDirective = { qualifier, kind, address, ...(prefix !== undefined && { prefix }) };
  return { text, directive, target: null, network };
}

/** The length behind a slash; `null` where it is none, or more than `most`. */
function prefixIn(digits: string | undefined, most: number): number | null | undefined {
  if (digits === undefined) return undefined;
  return /^(?:0|[1-9]\d{0,2})$/.test(digits) && Number(digits) <= most ? Number(digits) : null;
}

function domainSpec(text: string): DomainSpec | null {
  const parts = parseDomainSpec(text);
  if (parts === null) return null;
  return {
    text,
    parts,
    wantsHostName: parts.some((part) => typeof part !== 'string' && part.letter === 'p'),
  };
}
