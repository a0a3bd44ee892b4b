/**
 * Records as data: the stand-in for DNS in tests, in examples, and for domains of one's own.
 *
 * It answers as a recursive resolver would that serves just this zone.
 */
import type { AnswerFor, Failed, Found, RecordData, RecordType } from './answer.ts';
import { canonicalName } from './name.ts';
import type { Resolver } from './resolver.ts';

/** Trouble in place of records: no answer in time, or RCODE 2. */
export type ZoneFailure = 'TIMEOUT' | 'SERVFAIL';

/** What one name holds; types that are absent have no records. */
export type ZoneRecords = {
  readonly [Type in RecordType]?: readonly RecordData[Type][] | ZoneFailure;
} & {
  /** Seconds. Default: that of the whole zone. */
  readonly ttl?: number;
  /** Default: that of the whole zone. */
  readonly authentic?: boolean;
};

/** Names and what they hold. `*.example.com` answers for names below that do not exist (RFC 4592 §2.1.1). */
export type Zone = Readonly<Record<string, ZoneRecords | ZoneFailure>>;

/** What holds for a whole zone. */
export interface ZoneOptions {
  /** TTL in seconds of all answers. Default 300. */
  readonly ttl?: number;
  /** Whether answers count as proved by DNSSEC. Default false. */
  readonly authentic?: boolean;
}

/** As long as resolvers go along with: BIND stops at 16. */
const longestChain = 16;

/** Names may be those of strangers, and a zone may serve for years. */
const mostQuestions = 10_000;

const failures: Readonly<Record<ZoneFailure, Failed>> = {
  TIMEOUT: { status: 'failure', why: 'timeout', text: 'the zone says so' },
  SERVFAIL: { status: 'failure', why: 'servfail', text: 'the zone says so' },
};

/**
 * A resolver whose records are data; it counts what it is asked.
 *
 * @throws ZoneMisuse for a name that DNS cannot hold, or that stands there twice
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const zone = new ZoneResolver({
 *   'example.com': { TXT: ['v=spf1 a -all'], A: ['192.0.2.1'] },
 *   'www.example.com': { CNAME: ['example.com'] },
 *   'slow.example.com': 'TIMEOUT',
 * });
 * zone.resolve('WWW.example.com', 'A'); // ok, name 'example.com', records ['192.0.2.1']
 * zone.resolve('example.com', 'MX'); // nodata
 * zone.queries.get('MX example.com'); // 1
 * ```
 */
export class ZoneResolver implements Resolver {
  readonly #names = new Map<string, ZoneRecords | ZoneFailure>();
  /** Names that exist because others stand below them, and how many do (RFC 8020 §2). */
  readonly #parents = new Map<string, number>();
  readonly #queries = new Map<string, number>();
  #queryCount = 0;
  readonly #ttl: number;
  readonly #authentic: boolean;

  constructor(zone: Zone, { ttl = 300, authentic = false }: ZoneOptions = {}) {
    this.#ttl = ttl;
    this.#authentic = authentic;
    for (const [name, records] of Object.entries(zone)) {
      if (this.#names.has(zoneName(name))) throw new ZoneMisuse(`stands in the zone twice: ${name}`);
      this.set(name, records);
    }
  }

  /** How often each question was asked: `TXT example.com`, the name in lower case; the first 10,000 of them. */
  get queries(): ReadonlyMap<string, number> {
    return this.#queries;
  }

  /** How many questions were asked. */
  get queryCount(): number {
    return this.#queryCount;
  }

  /** Puts `records` in the place of what `name` held; `null` takes the name away. */
  set(name: string, records: ZoneRecords | ZoneFailure | null): void {
    const key = zoneName(name);
    const step = Number(records !== null) - Number(this.#names.has(key));
    for (let parent = parentOf(key); parent !== null; parent = parentOf(parent)) {
      const children = (this.#parents.get(parent) ?? 0) + step;
      if (children > 0) this.#parents.set(parent, children);
      else this.#parents.delete(parent);
    }
    if (records === null) this.#names.delete(key);
    else this.#names.set(key, typeof records === 'string' ? records : withCanonicalNames(records));
  }

  resolve<Type extends RecordType>(name: string, type: Type): AnswerFor<Type> {
    const key = canonicalName(name);
    if (key === null) return { status: 'nxdomain', ttl: this.#ttl, authentic: false };
    this.#count(`${type} ${key}`);
    return this.#follow(key, type);
  }

  #count(question: string): void {
    this.#queryCount++;
    const times = this.#queries.get(question);
    if (times !== undefined) this.#queries.set(question, times + 1);
    else if (this.#queries.size < mostQuestions) this.#queries.set(question, 1);
  }

  #follow<Type extends RecordType>(asked: string, type: Type): AnswerFor<Type> {
    let name = asked;
    let ttl = Infinity;
    let authentic = true;
    for (let links = 0; links <= longestChain; links++) {
      const held = this.#at(name);
      if (typeof held === 'string') return failures[held];
      ttl = Math.min(ttl, held?.ttl ?? this.#ttl);
      authentic &&= held?.authentic ?? this.#authentic;
      if (held === undefined) return { status: 'nxdomain', ttl, authentic };
      const records = held[type] as readonly RecordData[Type][] | ZoneFailure | undefined;
      if (typeof records === 'string') return failures[records];
      if (records !== undefined && records.length > 0) {
        const found: Found<RecordData[Type]> = { status: 'ok', records, name, ttl, authentic };
        return found;
      }
      const [alias] = typeof held.CNAME === 'string' ? [] : (held.CNAME ?? []);
      if (alias === undefined) return { status: 'nodata', ttl, authentic };
      const target = canonicalName(alias);
      if (target === null) return { status: 'nxdomain', ttl, authentic };
      name = target;
    }
    return { status: 'failure', why: 'alias-loop', text: `CNAMEs without end from ${asked}` };
  }

  /** What stands at the name, or at the wildcard that answers for it (RFC 4592 §3.3.1). */
  #at(name: string): ZoneRecords | ZoneFailure | undefined {
    const held = this.#names.get(name);
    if (held !== undefined) return held;
    if (name === '' || this.#parents.has(name)) return {};
    for (let parent = parentOf(name); parent !== null; parent = parentOf(parent)) {
      if (this.#names.has(parent) || this.#parents.has(parent)) return this.#names.get(`*.${parent}`);
    }
    return undefined;
  }
}

/** Names in records are in the form that {@link RecordData} promises, however the zone has them. */
function withCanonicalNames(records: ZoneRecords): ZoneRecords {
  const { MX, PTR, CNAME, SRV } = records;
  const renamed = (name: string) => canonicalName(name) ?? name;
  return {
    ...records,
    ...(Array.isArray(PTR) && { PTR: PTR.map(renamed) }),
    ...(Array.isArray(CNAME) && { CNAME: CNAME.map(renamed) }),
    ...(Array.isArray(MX) && { MX: MX.map((mx) => ({ ...mx, exchange: renamed(mx.exchange) })) }),
    ...(Array.isArray(SRV) && { SRV: SRV.map((srv) => ({ ...srv, target: renamed(srv.target) })) }),
  };
}

function parentOf(name: string): string | null {
  if (name === '') return null;
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

function zoneName(name: string): string {
  const key = canonicalName(name);
  if (key === null) throw new ZoneMisuse(`DNS can hold no name ${JSON.stringify(name)}`);
  return key;
}

/** A host gave a zone that cannot be. */
export class ZoneMisuse extends Error {
  override readonly name = 'ZoneMisuse';
  readonly code = 'ZONE_MISUSE';
}
