/** Answers kept for as long as they hold (RFC 1035 §7.4, RFC 2308, RFC 9520). */
import type { Answer, AnswerFor, RecordData, RecordType } from './answer.ts';
import { Flight } from './flight.ts';
import { canonicalName } from './name.ts';
import type { ResolveOptions, Resolver } from './resolver.ts';

/** How much a {@link CachingResolver} keeps, and for how long. */
export interface CachingOptions {
  /** Octets of names and records, roughly. What was not asked for longest goes first. Default 32 MiB. */
  readonly maxSize?: number;
  /** Seconds; no answer is kept longer. Default 86,400. */
  readonly maxTtl?: number;
  /** Seconds; NXDOMAIN and NODATA are not kept longer. Default 10,800 (RFC 2308 §5). */
  readonly maxNegativeTtl?: number;
  /** Seconds for which a failure is kept, 1 to 300 (RFC 9520 §3.2). Default 5. */
  readonly failureTtl?: number;
  /** Resolvers for these domains and all names below them, in place of the one behind the cache. */
  readonly overrides?: Readonly<Record<string, Resolver>>;
  /** Milliseconds from any point that stays. Default `Date.now`. */
  readonly now?: () => number;
}

/** One question and its answer, as it is kept. */
export interface CacheEntry {
  readonly name: string;
  readonly type: RecordType;
  /** With the TTL that is left. */
  readonly answer: Answer<RecordData[RecordType]>;
  /** When it ends, on the clock of the cache. */
  readonly expires: number;
}

interface Kept {
  readonly answer: Answer<RecordData[RecordType]>;
  readonly expires: number;
  readonly size: number;
}

/**
 * A resolver that asks another one, and keeps what it says.
 *
 * What is known is answered at once, without a Promise, with the TTL that is left. Equal questions
 * that come while one is under way share its answer; it is given up when all who wait have given up.
 *
 * @throws CacheMisuse where an option is out of its range
 * @example
 * ```ts
 * import { CachingResolver, WireResolver, ZoneResolver } from 'mailwright/dns';
 *
 * const resolver = new CachingResolver(new WireResolver(), {
 *   overrides: { 'internal.example': new ZoneResolver({ 'mx.internal.example': { A: ['10.0.0.5'] } }) },
 * });
 * await resolver.resolve('example.com', 'TXT');
 * for (const { name, type, answer } of resolver.entries()) console.log(type, name, answer.status);
 * resolver.clear('example.com');
 * ```
 */
export class CachingResolver implements Resolver {
  readonly #source: Resolver;
  readonly #overrides = new Map<string, Resolver>();
  readonly #kept = new Map<string, Kept>();
  readonly #flights = new Map<string, Flight<Answer<RecordData[RecordType]>>>();
  readonly #maxSize: number;
  readonly #maxTtl: number;
  readonly #maxNegativeTtl: number;
  readonly #failureTtl: number;
  readonly #now: () => number;
  #size = 0;

  constructor(source: Resolver, options: CachingOptions = {}) {
    this.#source = source;
    this.#maxSize = options.maxSize ?? 32 * 1024 * 1024;
    this.#maxTtl = options.maxTtl ?? 86_400;
    this.#maxNegativeTtl = options.maxNegativeTtl ?? 10_800;
    this.#failureTtl = options.failureTtl ?? 5;
    this.#now = options.now ?? Date.now;
    for (const figure of [this.#maxSize, this.#maxTtl, this.#maxNegativeTtl]) {
      if (!(figure >= 0)) throw new CacheMisuse(`not a size or time: ${figure}`);
    }
    if (!(this.#failureTtl >= 1 && this.#failureTtl <= 300)) throw new CacheMisuse('failureTtl is 1 to 300');
    for (const [domain, resolver] of Object.entries(options.overrides ?? {})) {
      const name = canonicalName(domain);
      if (name === null) throw new CacheMisuse(`DNS can hold no name ${JSON.stringify(domain)}`);
      this.#overrides.set(name, resolver);
    }
  }

  resolve<Type extends RecordType>(
    name: string,
    type: Type,
    options: ResolveOptions = {},
  ): AnswerFor<Type> | Promise<AnswerFor<Type>> {
    const canonical = canonicalName(name);
    if (canonical === null) return { status: 'nxdomain', ttl: 0, authentic: false };
    return this.#recall(canonical, type) ?? this.#ask(canonical, type, options);
  }

  /** Asks again, whatever is known, and keeps the new answer; a failure leaves what was known in its place. */
  async refresh<Type extends RecordType>(
    name: string,
    type: Type,
    options: ResolveOptions = {},
  ): Promise<AnswerFor<Type>> {
    const canonical = canonicalName(name);
    if (canonical === null) return { status: 'nxdomain', ttl: 0, authentic: false };
    return this.#ask(canonical, type, options);
  }

  /** All that is kept and holds, what was asked for longest ago first. */
  *entries(): Generator<CacheEntry> {
    const now = this.#now();
    for (const [key, { answer, expires }] of this.#kept) {
      const [type = '', name = ''] = key.split(' ', 2);
      if (expires > now)
        yield { name, type: type as RecordType, answer: aged(answer, expires, now), expires };
    }
  }

  /** Forgets everything, or what is at `domain` and below it. */
  clear(domain?: string): void {
    const name = canonicalName(domain ?? '');
    if (name === null) return;
    for (const key of this.#kept.keys()) if (isBelow(key.slice(key.indexOf(' ') + 1), name)) this.#drop(key);
  }

  /** Octets that are kept, roughly. */
  get size(): number {
    return this.#size;
  }

  #recall<Type extends RecordType>(name: string, type: Type): AnswerFor<Type> | null {
    const key = `${type} ${name}`;
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    const now = this.#now();
    if (kept.expires <= now) {
      this.#drop(key);
      return null;
    }
    // The last of the Map is the one asked for last.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return aged(kept.answer, kept.expires, now) as AnswerFor<Type>;
  }

  #ask<Type extends RecordType>(
    name: string,
    type: Type,
    { signal }: ResolveOptions,
  ): AnswerFor<Type> | Promise<AnswerFor<Type>> {
    const key = `${type} ${name}`;
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      flight = new Flight((signal) => this.#sourceOf(name).resolve(name, type, { signal }));
      const { landing } = flight;
      if (!(landing instanceof Promise)) {
        this.#keep(key, landing);
        return landing as AnswerFor<Type>;
      }
      const taken = flight;
      this.#flights.set(key, taken);
      void landing.then((answer) => {
        if (this.#flights.get(key) === taken) this.#flights.delete(key);
        this.#keep(key, answer);
      });
      taken.onAbandoned = () => this.#flights.delete(key);
    }
    return flight.board(signal) as Promise<AnswerFor<Type>>;
  }

  #sourceOf(name: string): Resolver {
    if (this.#overrides.size === 0) return this.#source;
    for (let domain = name; ; domain = domain.slice(domain.indexOf('.') + 1)) {
      const override = this.#overrides.get(domain);
      if (override !== undefined) return override;
      if (!domain.includes('.')) return this.#overrides.get('') ?? this.#source;
    }
  }

  #keep(key: string, answer: Answer<RecordData[RecordType]>): void {
    if (answer.status === 'failure' && (answer.why === 'aborted' || this.#kept.has(key))) return;
    this.#drop(key);
    const seconds = this.#secondsFor(answer);
    const size = sizeOf(key, answer);
    if (seconds <= 0 || size > this.#maxSize) return;
    this.#kept.set(key, { answer, expires: this.#now() + seconds * 1000, size });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#maxSize) break;
      this.#drop(oldest);
    }
  }

  #secondsFor(answer: Answer<RecordData[RecordType]>): number {
    switch (answer.status) {
      case 'ok':
        return Math.min(answer.ttl, this.#maxTtl);
      case 'nxdomain':
      case 'nodata':
        return Math.min(answer.ttl, this.#maxNegativeTtl, this.#maxTtl);
      case 'failure':
        return this.#failureTtl;
    }
  }

  #drop(key: string): void {
    this.#size -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}

/** The answer with the seconds that are left of it. */
function aged<Data>(answer: Answer<Data>, expires: number, now: number): Answer<Data> {
  return answer.status === 'failure' ? answer : { ...answer, ttl: Math.ceil((expires - now) / 1000) };
}

function isBelow(name: string, domain: string): boolean {
  return domain === '' || name === domain || name.endsWith(`.${domain}`);
}

/** What a Map's entry and the objects in it weigh beside their texts. */
const overhead = 200;

function sizeOf(key: string, answer: Answer<RecordData[RecordType]>): number {
  let size = overhead + key.length;
  if (answer.status !== 'ok') return size;
  for (const record of answer.records) {
    size += 50;
    if (typeof record === 'string') size += record.length;
    else for (const field of Object.values(record)) size += typeof field === 'number' ? 8 : field.length;
  }
  return size;
}

/** A host gave a cache limits that cannot be. */
export class CacheMisuse extends Error {
  override readonly name = 'CacheMisuse';
  readonly code = 'CACHE_MISUSE';
}
