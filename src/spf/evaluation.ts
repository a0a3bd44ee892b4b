/**
 * check_host(): which result a domain's record gives a client (RFC 7208 §4).
 *
 * Everything is bounded: ten terms that ask DNS, includes and redirects among them, ten hosts for each `mx`,
 * ten names of the client for all of them together. So a record that includes itself ends by itself.
 */
import {
  type AnswerFor,
  canonicalName,
  type RecordType,
  type ResolveOptions,
  type Resolver,
  reverseName,
} from '../dns/index.ts';
import { expandDomain, expandText, type MacroFacts } from './expansion.ts';
import { addressType, confirms, hostNamesAmong, isWithin } from './host-name.ts';
import { parseExplanation } from './macro.ts';
import { sharePrefix, type Words } from './network.ts';
import type { DomainSpec, Step } from './parse.ts';
import { isSpfRecord, type SpfQualifier } from './record.ts';
import { parsedRecord } from './record-cache.ts';
import type { SpfResult, SpfStep } from './verdict.ts';

/** RFC 7208 §4.6.4 */
const mostLookups = 10;
/** RFC 7208 §4.6.4: of one `mx`. */
const mostExchanges = 10;

/** What one domain's record came to. */
export interface Outcome {
  readonly result: SpfResult;
  readonly reason: string;
  /** The directive that decided. */
  readonly directive?: string;
  /** Where the explanation of a fail is, and for which domain. */
  readonly exp?: { readonly spec: DomainSpec; readonly domain: string };
}

/** An error that ends the whole check. */
type Stop = Outcome & { readonly result: 'temperror' | 'permerror' };

const results: Readonly<Record<SpfQualifier, SpfResult>> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** What does not change during a check. */
export interface CheckFacts extends Omit<MacroFacts, 'domain' | 'validated'> {
  readonly words: Words;
  readonly maxVoidLookups: number;
}

/** One check: its counts, and its trace where one is wanted. */
export class Evaluation {
  lookups = 0;
  voidLookups = 0;
  readonly #facts: CheckFacts;
  readonly #resolver: Resolver;
  readonly #options: ResolveOptions;
  readonly #trace: SpfStep[] | undefined;
  #ptrAnswer: AnswerFor<'PTR'> | undefined;
  /** Host names of the client that were asked for, and whether they are confirmed. */
  readonly #confirmed = new Map<string, boolean>();

  constructor(facts: CheckFacts, resolver: Resolver, options: ResolveOptions, trace: SpfStep[] | undefined) {
    this.#facts = facts;
    this.#resolver = resolver;
    this.#options = options;
    this.#trace = trace;
  }

  /** RFC 7208 §4.3 to §4.7 */
  async checkHost(domain: string, depth: number): Promise<Outcome> {
    const outcome = await this.#evaluate(domain, depth);
    const { result, reason } = outcome;
    this.#trace?.push({ depth, kind: 'result', domain, result, reason });
    return outcome;
  }

  async #evaluate(domain: string, depth: number): Promise<Outcome> {
    if (!isCheckable(domain)) return { result: 'none', reason: 'no domain name of two labels or more' };
    const answer = await this.#ask(domain, 'TXT', depth);
    if (answer.status === 'failure') return temporary(domain, answer.why);
    const texts = answer.status === 'ok' ? answer.records.filter(isSpfRecord) : [];
    const [text] = texts;
    if (text === undefined) return { result: 'none', reason: `no SPF record at ${domain}` };
    // RFC 7208 §4.5: nobody knows which of them is meant.
    if (texts.length > 1) return permanent(`${texts.length} SPF records at ${domain}`);
    this.#trace?.push({ depth, kind: 'record', domain, text });
    const record = parsedRecord(text);
    if (!record.ok) return permanent(`${JSON.stringify(record.term)} at ${domain} ${record.why}`);

    for (const step of record.steps) {
      const pending = this.#matches(step, domain, depth);
      const matched = pending instanceof Promise ? await pending : pending;
      if (typeof matched !== 'boolean') return matched;
      this.#trace?.push({ depth, kind: 'directive', text: step.text, matched });
      if (!matched) continue;
      const result = results[step.directive.qualifier];
      const outcome = { result, reason: step.text, directive: step.text };
      return record.exp === null ? outcome : { ...outcome, exp: { spec: record.exp, domain } };
    }
    if (record.redirect !== null) return this.#redirect(record.redirect, domain, depth);
    return { result: 'neutral', reason: `no directive of ${domain} matches` };
  }

  /** RFC 7208 §6.1 */
  async #redirect(spec: DomainSpec, domain: string, depth: number): Promise<Outcome> {
    if (!this.#maySearch()) return tooManyLookups;
    const target = await this.#expand(spec, domain, depth);
    if (typeof target !== 'string') return target ?? permanent(`redirect=${spec.text} leads nowhere`);
    this.#trace?.push({ depth, kind: 'redirect', domain: target });
    const outcome = await this.checkHost(target, depth + 1);
    return outcome.result === 'none' ? permanent(`redirect: ${outcome.reason}`) : outcome;
  }

  #matches(step: Step, domain: string, depth: number): boolean | Stop | Promise<boolean | Stop> {
    const { directive, network } = step;
    switch (directive.kind) {
      case 'all':
        return true;
      case 'ip4':
      case 'ip6': {
        const { words } = this.#facts;
        if (network === null || network.length !== words.length) return false;
        return sharePrefix(network, words, directive.prefix ?? Infinity);
      }
      default:
        return this.#maySearch() ? this.#search(step, domain, depth) : tooManyLookups;
    }
  }

  /** Mechanisms that ask DNS. */
  async #search({ directive, target }: Step, domain: string, depth: number): Promise<boolean | Stop> {
    const name = target === null ? domain : await this.#expand(target, domain, depth);
    if (name === null) return false;
    if (typeof name !== 'string') return name;
    switch (directive.kind) {
      case 'include':
        return this.#include(name, depth);
      case 'exists':
        // RFC 7208 §5.7: an A record, whatever the client's family.
        return this.#finds(await this.#ask(name, 'A', depth), name, () => true);
      case 'a': {
        const bits = this.#bits(directive);
        const answer = await this.#ask(name, addressType(this.#facts.words), depth);
        return this.#finds(answer, name, (address) => isWithin(this.#facts.words, address, bits));
      }
      case 'mx':
        return this.#mx(name, this.#bits(directive), depth);
      case 'ptr':
        return this.#ptr(name, depth);
      default:
        return false;
    }
  }

  /** RFC 7208 §5.2: only a pass matches; an error there is one here. */
  async #include(name: string, depth: number): Promise<boolean | Stop> {
    const { result, reason } = await this.checkHost(name, depth + 1);
    switch (result) {
      case 'pass':
        return true;
      case 'temperror':
      case 'permerror':
        return { result, reason };
      case 'none':
        return permanent(`include: ${reason}`);
      default:
        return false;
    }
  }

  /** RFC 7208 §5.4: no MX means no match, whatever addresses the name has. */
  async #mx(name: string, bits: number, depth: number): Promise<boolean | Stop> {
    const { words } = this.#facts;
    const answer = await this.#ask(name, 'MX', depth);
    if (answer.status !== 'ok') return this.#finds(answer, name, () => false);
    if (answer.records.length > mostExchanges) return permanent(`more than ${mostExchanges} MX at ${name}`);
    for (const { exchange } of answer.records) {
      // RFC 7505 §3: a null MX has no host.
      if (exchange === '') continue;
      const hosts = await this.#ask(exchange, addressType(words), depth);
      if (hosts.status === 'failure') return temporary(exchange, hosts.why);
      if (hosts.status === 'ok' && hosts.records.some((address) => isWithin(words, address, bits)))
        return true;
    }
    return false;
  }

  /** RFC 7208 §5.5: trouble with DNS means no match. */
  async #ptr(target: string, depth: number): Promise<boolean | Stop> {
    const answer = await this.#reverse(depth);
    if (answer.status === 'failure') return false;
    if (answer.status !== 'ok') return this.#finds(answer, target, () => false);
    const domain = canonicalName(target);
    if (domain === null) return false;
    for (const name of hostNamesAmong(answer.records)) {
      if (isAtOrBelow(name, domain) && (await this.#isConfirmed(name, depth))) return true;
    }
    return false;
  }

  /**
   * The client's host name as `%{p}` has it: the domain itself if it is confirmed, else a name below it,
   * else any, else `unknown` (RFC 7208 §7.3).
   */
  async #validatedName(domain: string, depth: number): Promise<string> {
    const answer = await this.#reverse(depth);
    const names = answer.status === 'ok' ? hostNamesAmong(answer.records) : [];
    const own = canonicalName(domain) ?? domain;
    const nearness = (name: string) => (name === own ? 0 : isAtOrBelow(name, own) ? 1 : 2);
    for (const name of names.toSorted((a, b) => nearness(a) - nearness(b))) {
      if (await this.#isConfirmed(name, depth)) return name;
    }
    return 'unknown';
  }

  /** The client's PTR records, looked up once for a check. */
  async #reverse(depth: number): Promise<AnswerFor<'PTR'>> {
    this.#ptrAnswer ??= await this.#ask(reverseName(this.#facts.ip), 'PTR', depth);
    return this.#ptrAnswer;
  }

  async #isConfirmed(name: string, depth: number): Promise<boolean> {
    const known = this.#confirmed.get(name);
    if (known !== undefined) return known;
    const { words } = this.#facts;
    const outcome = await confirms((host) => this.#ask(host, addressType(words), depth), name, words);
    this.#confirmed.set(name, outcome === true);
    return outcome === true;
  }

  /**
   * The text that `exp` leads to, or `null`: whatever goes wrong, there is no explanation (RFC 7208 §6.2).
   * It counts for no limit.
   */
  async explain({ spec, domain }: NonNullable<Outcome['exp']>): Promise<string | null> {
    const name = expandDomain(spec.parts, await this.#macroFacts(spec.wantsHostName, domain, 0));
    if (name === null) return null;
    const answer = await this.#ask(name, 'TXT', 0);
    const [text] = answer.status === 'ok' && answer.records.length === 1 ? answer.records : [];
    const parts = text === undefined ? null : parseExplanation(text);
    if (parts === null) return null;
    const wantsHostName = parts.some((part) => typeof part !== 'string' && part.letter === 'p');
    return expandText(parts, await this.#macroFacts(wantsHostName, domain, 0));
  }

  /** The name that a domain with macros stands for; `null` where it stands for none. */
  #expand(spec: DomainSpec, domain: string, depth: number): string | null | Promise<string | null | Stop> {
    if (!spec.wantsHostName) return expandDomain(spec.parts, this.#factsFor(domain, 'unknown'));
    // RFC 7208 §4.6.4: the lookup of PTR records for %{p} counts, too.
    if (this.#ptrAnswer === undefined && !this.#maySearch()) return Promise.resolve(tooManyLookups);
    return this.#macroFacts(true, domain, depth).then((facts) => expandDomain(spec.parts, facts));
  }

  async #macroFacts(wantsHostName: boolean, domain: string, depth: number): Promise<MacroFacts> {
    return this.#factsFor(domain, wantsHostName ? await this.#validatedName(domain, depth) : 'unknown');
  }

  #factsFor(domain: string, validated: string): MacroFacts {
    return { ...this.#facts, domain, validated };
  }

  /** Whether an answer that a term is about matches; it may be one void lookup too many, or trouble. */
  #finds<Type extends RecordType>(
    answer: AnswerFor<Type>,
    name: string,
    isMatch: (record: Extract<AnswerFor<Type>, { status: 'ok' }>['records'][number]) => boolean,
  ): boolean | Stop {
    if (answer.status === 'ok') return answer.records.some(isMatch);
    if (answer.status === 'failure') return temporary(name, answer.why);
    return ++this.voidLookups > this.#facts.maxVoidLookups ? tooManyVoids : false;
  }

  /** Whether one more term may ask DNS. */
  #maySearch(): boolean {
    if (this.lookups === mostLookups) return false;
    this.lookups++;
    return true;
  }

  #bits({ prefix4, prefix6 }: { readonly prefix4?: number; readonly prefix6?: number }): number {
    return (this.#facts.words.length === 1 ? prefix4 : prefix6) ?? Infinity;
  }

  #ask<Type extends RecordType>(
    name: string,
    type: Type,
    depth: number,
  ): AnswerFor<Type> | Promise<AnswerFor<Type>> {
    const answer = this.#resolver.resolve(name, type, this.#options);
    if (this.#trace === undefined) return answer;
    return this.#traced(answer, name, type, depth);
  }

  async #traced<Type extends RecordType>(
    pending: AnswerFor<Type> | Promise<AnswerFor<Type>>,
    name: string,
    type: Type,
    depth: number,
  ): Promise<AnswerFor<Type>> {
    const answer = await pending;
    this.#trace?.push({ depth, kind: 'lookup', type, name, outcome: outcomeOf(answer) });
    return answer;
  }
}

function outcomeOf(answer: AnswerFor<RecordType>): string {
  if (answer.status === 'failure') return answer.why;
  if (answer.status !== 'ok') return answer.status;
  return answer.records.length === 1 ? '1 record' : `${answer.records.length} records`;
}

const tooManyLookups = permanent(`more than ${mostLookups} terms that ask DNS`);
const tooManyVoids = permanent('too many lookups that find nothing');

function permanent(reason: string): Stop {
  return { result: 'permerror', reason };
}

function temporary(name: string, why: string): Stop {
  return { result: 'temperror', reason: `${name}: ${why}` };
}

/** RFC 7208 §4.3: a name of several labels that DNS can hold, and no address literal. */
function isCheckable(domain: string): boolean {
  const name = canonicalName(domain);
  return name?.includes('.') === true && !name.startsWith('[');
}

function isAtOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
