/**
 * The DMARC verdict on one message, from what SPF and DKIM found (RFC 9989 §5.3).
 *
 * Nothing here throws for what a peer or its DNS says: each way it can go is a result with its reason.
 */
import type { Resolver } from '../dns/index.ts';
import { Discovery, type DiscoveryMethod, type DiscoveryOptions } from './discovery.ts';
import type { AlignmentMode, DmarcPolicy, DmarcRecord } from './record.ts';

/** What SPF and DKIM found, and whose name the message bears. */
export interface DmarcFacts {
  /** The domain of the From field in lower-case A-labels (RFC 9989 §5.3.1), or `null` where there is not exactly one. */
  readonly authorDomain: string | null;
  /** SPF of the MAIL FROM identity: its domain in lower-case A-labels, and the result of RFC 7208 §2.6. */
  readonly spf?: { readonly domain: string; readonly result: string };
  /** Each signature: its `d=` in lower-case A-labels, and the result of RFC 8601 §2.7.1. */
  readonly dkim?: readonly { readonly domain: string; readonly result: string }[];
}

/** How to evaluate. */
export interface DmarcOptions extends DiscoveryOptions {
  /**
   * A number from 0 to 99, drawn anew for each message: RFC 7489 §6.6.4 applies a policy with `pct=20`
   * where it is below 20. Only the public-suffix method asks for it; 0 by default.
   */
  readonly sample?: number;
}

/**
 * The result by RFC 9989 §9.2:
 *
 * - `none`: no policy record, or no author domain.
 * - `pass`: DKIM or SPF passed for a domain aligned with the author's.
 * - `fail`: neither did.
 * - `temperror`: DNS did not tell; a later attempt may.
 * - `permerror`: a policy record that nobody can follow.
 */
export type DmarcResult = 'none' | 'pass' | 'fail' | 'temperror' | 'permerror';

/** Why a verdict is what it is. */
export type DmarcReason =
  | 'aligned' // pass
  | 'not-authenticated' // fail: neither SPF nor DKIM passed for anybody
  | 'not-aligned' // fail: they passed, for domains of others
  | 'no-author-domain' // none
  | 'no-record' // none
  | 'no-policy' // none: a record without `p`, and without anybody to tell
  | 'dns-failure' // temperror
  | 'bad-policy' // permerror
  | 'several-records'; // permerror, of the public-suffix method

/** The policy that was found, and what of it applies. */
export interface AppliedPolicy {
  /** The domain that published the record. */
  readonly domain: string;
  readonly record: DmarcRecord;
  /** What applies to this author: the domain's own `p`, or `sp` or `np` where it is a subdomain. */
  readonly policy: DmarcPolicy;
  /** The same after `t` (RFC 9989 §4.7), or `pct` by the public-suffix method: one level milder or not. */
  readonly effective: DmarcPolicy;
  readonly method: DiscoveryMethod;
}

/** The verdict on one message. */
export interface DmarcVerdict {
  readonly result: DmarcResult;
  readonly reason: DmarcReason;
  /**
   * What the owner asks to be done: the effective policy where the message failed, else `none`.
   */
  readonly disposition: DmarcPolicy;
  readonly authorDomain: string | null;
  /** `null` where no policy record was found. */
  readonly policy: AppliedPolicy | null;
  /** Whether DKIM, and whether SPF, passed for an aligned domain; reports tell both. */
  readonly aligned: { readonly dkim: boolean; readonly spf: boolean };
  /** For people: what DNS said. Empty unless it failed. */
  readonly text: string;
}

/** Distinct domains of one mechanism that are looked into; each may cost a tree walk. */
const mostIdentifiers = 20;

/**
 * Evaluates DMARC for one message (RFC 9989 §5.3).
 *
 * @example
 * ```ts
 * import { evaluateDmarc } from 'mailwright/dmarc';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } });
 * const verdict = await evaluateDmarc(
 *   { authorDomain: 'news.example.com', spf: { domain: 'example.net', result: 'pass' } },
 *   zone,
 * );
 * verdict.result; // 'fail'
 * verdict.disposition; // 'reject'
 * ```
 */
export async function evaluateDmarc(
  facts: DmarcFacts,
  resolver: Resolver,
  options: DmarcOptions = {},
): Promise<DmarcVerdict> {
  const { authorDomain } = facts;
  if (authorDomain === null) return verdict('none', 'no-author-domain', facts);
  const discovery = new Discovery(resolver, options);
  const found = await discovery.policy(authorDomain);
  if (found.kind === 'none') return verdict('none', 'no-record', facts);
  if (found.kind === 'bad') {
    return verdict(found.why === 'no-policy' ? 'none' : 'permerror', found.why, facts);
  }
  if (found.kind === 'failure') return verdict('temperror', 'dns-failure', facts, { text: found.text });

  const { domain, record } = found;
  const alignment = new Alignment(discovery, authorDomain);
  const spf = await alignment.among(facts.spf === undefined ? [] : [facts.spf], record.aspf);
  const dkim = await alignment.among(facts.dkim ?? [], record.adkim);
  const aligned = { dkim: dkim === 'aligned', spf: spf === 'aligned' };
  const policy = await applicable(discovery, authorDomain, domain, record);
  const method = options.method ?? 'tree-walk';
  const published = policy === 'unknown' ? record.p : policy;
  const effective = effectivePolicy(published, record, method, options.sample ?? 0);
  const shown: AppliedPolicy = { domain, record, policy: published, effective, method };
  if (aligned.dkim || aligned.spf) return verdict('pass', 'aligned', facts, { policy: shown, aligned });
  // RFC 9989 §5.3.6: what DNS did not tell might have been a pass.
  if (dkim === 'unknown' || spf === 'unknown' || policy === 'unknown') {
    return verdict('temperror', 'dns-failure', facts, { policy: shown, text: 'a question was not answered' });
  }
  const reason = dkim === 'none' && spf === 'none' ? 'not-authenticated' : 'not-aligned';
  return verdict('fail', reason, facts, { policy: shown, disposition: effective });
}

function verdict(
  result: DmarcResult,
  reason: DmarcReason,
  { authorDomain }: DmarcFacts,
  more: Partial<DmarcVerdict> = {},
): DmarcVerdict {
  const aligned = { dkim: false, spf: false };
  return { result, reason, disposition: 'none', authorDomain, policy: null, aligned, text: '', ...more };
}

/** Which of `p`, `sp` and `np` applies (RFC 9989 §4.10.1). */
async function applicable(
  discovery: Discovery,
  author: string,
  domain: string,
  { p, sp = p, np = sp }: DmarcRecord,
): Promise<DmarcPolicy | 'unknown'> {
  if (author === domain) return p;
  if (np === sp) return sp;
  const exists = await discovery.exists(author);
  return exists === 'unknown' ? exists : exists ? sp : np;
}

/** One level below (RFC 9989 §4.7, `t`; RFC 7489 §6.6.4). */
const milder = { reject: 'quarantine', quarantine: 'none', none: 'none' } as const;

function effectivePolicy(
  policy: DmarcPolicy,
  record: DmarcRecord,
  method: DiscoveryMethod,
  sample: number,
): DmarcPolicy {
  const spared = record.testing || (method === 'public-suffix' && sample >= record.pct);
  return spared ? milder[policy] : policy;
}

/** What one mechanism comes to: `unknown` where DNS did not tell. */
type Alignments = 'aligned' | 'others' | 'none' | 'unknown';

/** Whether domains are aligned with the author's (RFC 9989 §4.4). */
class Alignment {
  readonly #discovery: Discovery;
  readonly #author: string;
  #organization: Promise<string | null> | undefined;

  constructor(discovery: Discovery, author: string) {
    this.#discovery = discovery;
    this.#author = author;
  }

  /** Whether an identifier that passed is aligned: those of others passed in vain. */
  async among(
    identifiers: readonly { readonly domain: string; readonly result: string }[],
    mode: AlignmentMode,
  ): Promise<Alignments> {
    // The author's own domain needs no walk, and so no bound.
    if (identifiers.some(({ domain, result }) => result === 'pass' && domain === this.#author)) {
      return 'aligned';
    }
    const domains = (wanted: string) => {
      const found = identifiers.filter(({ result }) => result === wanted).map(({ domain }) => domain);
      return [...new Set(found)].slice(0, mostIdentifiers);
    };
    const passed = domains('pass');
    let unknown = false;
    for (const domain of passed) {
      const aligned = await this.#of(domain, mode);
      if (aligned === true) return 'aligned';
      if (aligned === 'unknown') unknown = true;
    }
    for (const domain of unknown ? [] : domains('temperror')) {
      if ((await this.#of(domain, mode)) !== false) unknown = true;
    }
    return unknown ? 'unknown' : passed.length > 0 ? 'others' : 'none';
  }

  async #of(domain: string, mode: AlignmentMode): Promise<boolean | 'unknown'> {
    if (domain === this.#author) return true;
    if (mode === 's' || !shareAParent(domain, this.#author)) return false;
    this.#organization ??= this.#organizationOf(this.#author);
    const organization = await this.#organization;
    if (organization === null) return 'unknown';
    // An organizational domain is the domain itself or one above it: others need not be asked about.
    if (domain !== organization && !domain.endsWith(`.${organization}`)) return false;
    const other = await this.#organizationOf(domain);
    return other === null ? 'unknown' : other === organization;
  }

  async #organizationOf(domain: string): Promise<string | null> {
    const found = await this.#discovery.organization(domain);
    return found.kind === 'found' ? found.domain : null;
  }
}

/** Whether the last labels are the same: without that no organizational domain can be both's. */
function shareAParent(one: string, other: string): boolean {
  return one.slice(one.lastIndexOf('.') + 1) === other.slice(other.lastIndexOf('.') + 1);
}
