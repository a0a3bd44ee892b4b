/** What stands at `_dmarc` of one domain, asked once in one evaluation however often it is needed. */
import type { AnswerFor, ResolveOptions, Resolver } from '../dns/index.ts';
import { type DmarcRecord, parseDmarcRecord } from './record.ts';

/** What one name holds. */
export type PolicyLookup =
  | { readonly kind: 'record'; readonly record: DmarcRecord }
  /** Several records: as good as none (RFC 9989 §4.10, step 2). */
  | { readonly kind: 'several' }
  | { readonly kind: 'none' }
  /** Nobody knows. */
  | { readonly kind: 'failure'; readonly text: string };

/** Records parsed before, by their text: domains that send much are asked about again and again. */
const parsed = new Map<string, PolicyLookup | null>();
const mostParsed = 1000;
/** Longer ones are parsed each time rather than kept: texts come from strangers. */
const longestKept = 1024;

/** The policy records of domains. */
export class PolicyLookups {
  readonly #resolver: Resolver;
  readonly #options: ResolveOptions;
  readonly #found = new Map<string, PolicyLookup | Promise<PolicyLookup>>();

  constructor(resolver: Resolver, options: ResolveOptions) {
    this.#resolver = resolver;
    this.#options = options;
  }

  /** What stands at `_dmarc.` before `domain`. */
  at(domain: string): PolicyLookup | Promise<PolicyLookup> {
    let found = this.#found.get(domain);
    if (found === undefined) {
      const answer = this.#resolver.resolve(`_dmarc.${domain}`, 'TXT', this.#options);
      found = answer instanceof Promise ? answer.then(lookupOf) : lookupOf(answer);
      this.#found.set(domain, found);
    }
    return found;
  }

  /**
   * Whether a domain exists (RFC 9989 §3.2.13): NXDOMAIN says that it does not, whatever is asked for
   * (RFC 8020 §2). CNAME is asked for, as no answer about it is one about the name that an alias leads to.
   */
  async exists(domain: string): Promise<boolean | 'unknown'> {
    const answer = await this.#resolver.resolve(domain, 'CNAME', this.#options);
    return answer.status === 'failure' ? 'unknown' : answer.status !== 'nxdomain';
  }
}

function lookupOf(answer: AnswerFor<'TXT'>): PolicyLookup {
  if (answer.status === 'failure') return { kind: 'failure', text: answer.text };
  if (answer.status !== 'ok') return { kind: 'none' };
  let found: PolicyLookup | null = null;
  for (const text of answer.records) {
    const lookup = parseText(text);
    if (lookup === null) continue;
    if (found !== null) return { kind: 'several' };
    found = lookup;
  }
  return found ?? { kind: 'none' };
}

/** `null` for what is no DMARC record at all. */
function parseText(text: string): PolicyLookup | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const record = parseDmarcRecord(text);
  const lookup: PolicyLookup | null = record && { kind: 'record', record };
  if (text.length <= longestKept) {
    if (parsed.size === mostParsed) parsed.clear();
    parsed.set(text, lookup);
  }
  return lookup;
}
