/** Asking name servers: which, in what order, how often, for how long. */
import type { Buffer } from 'node:buffer';
import { randomInt } from 'node:crypto';
import type { AnswerFor, Failed, RecordType } from './answer.ts';
import { canonicalName } from './name.ts';
import type { ResolveOptions, Resolver } from './resolver.ts';
import { systemDns } from './system.ts';
import { encodeQuery, type Query } from './wire/query.ts';
import { answerIn, answersQuery, type Response, readResponse } from './wire/response.ts';
import { askByTcp, askByUdp, type Exchange, isServerAddress, type NameServer } from './wire.ts';

/** Whom a {@link WireResolver} asks, and for how long. */
export interface WireOptions {
  /** Recursive servers, the best first. Default: those of /etc/resolv.conf. */
  readonly servers?: readonly NameServer[];
  /** For one try of one server. Default: what /etc/resolv.conf says, or 2000. */
  readonly timeoutMs?: number;
  /** How often each server is tried. Default: what /etc/resolv.conf says, or 2. */
  readonly attempts?: number;
  /** For a question as a whole. Default 10,000. */
  readonly deadlineMs?: number;
  /** Sockets open at once; further questions wait, within their deadline. Default 250. */
  readonly maxSockets?: number;
}

/** Until when a question may take, and what ends it before. */
interface Wait {
  /** On the clock of `performance.now`. */
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

const formErr = 1;
const notImp = 4;

/**
 * A stub resolver: asks recursive servers over UDP, and over TCP where an answer does not fit (RFC 1123 §6.1.3.2).
 *
 * Each try has a random id and a port of its own, and only an answer to the very question counts
 * (RFC 5452 §9.1). A server that does not answer, or answers with trouble, is followed by the next
 * one; those that were silent are asked again in the next round. It keeps nothing: put a
 * {@link CachingResolver} in front.
 *
 * @throws WireMisuse where there are no servers, one has no IP address, or a number is not above zero
 * @example
 * ```ts
 * import { CachingResolver, WireResolver } from 'mailwright/dns';
 *
 * const wire = new WireResolver({ servers: [{ address: '127.0.0.1', validating: true }] });
 * const resolver = new CachingResolver(wire);
 * const answer = await resolver.resolve('example.com', 'MX', { signal: AbortSignal.timeout(5000) });
 * answer.status; // 'ok', 'nxdomain', 'nodata' or 'failure'
 * ```
 */
export class WireResolver implements Resolver {
  readonly #servers: readonly NameServer[];
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #deadlineMs: number;
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(options: WireOptions = {}) {
    const system = options.servers === undefined ? systemDns() : { servers: options.servers };
    this.#servers = system.servers;
    this.#timeoutMs = options.timeoutMs ?? system.timeoutMs ?? 2000;
    this.#attempts = options.attempts ?? system.attempts ?? 2;
    this.#deadlineMs = options.deadlineMs ?? 10_000;
    this.#free = options.maxSockets ?? 250;
    if (this.#servers.length === 0) throw new WireMisuse('no servers');
    for (const { address } of this.#servers) {
      if (!isServerAddress(address)) throw new WireMisuse(`no IP address: ${address}`);
    }
    for (const figure of [this.#timeoutMs, this.#attempts, this.#deadlineMs, this.#free]) {
      if (!(figure > 0)) throw new WireMisuse(`not above zero: ${figure}`);
    }
  }

  async resolve<Type extends RecordType>(
    name: string,
    type: Type,
    { signal }: ResolveOptions = {},
  ): Promise<AnswerFor<Type>> {
    const canonical = canonicalName(name);
    if (canonical === null) return { status: 'nxdomain', ttl: 0, authentic: false };
    const end = performance.now() + this.#deadlineMs;
    if (!(await this.#takeSocket(end, signal))) return failed(signal?.aborted ? 'aborted' : 'timeout', '');
    try {
      return await this.#ask(canonical, type, end, signal);
    } finally {
      this.#giveBack();
    }
  }

  async #ask<Type extends RecordType>(
    name: string,
    type: Type,
    end: number,
    signal: AbortSignal | undefined,
  ): Promise<AnswerFor<Type>> {
    let servers = this.#servers;
    let last = failed('timeout', 'no time to ask');
    for (let round = 0; round < this.#attempts && servers.length > 0; round++) {
      const silent: NameServer[] = [];
      for (const server of servers) {
        const answer = await this.#askServer(server, name, type, { end, signal });
        if (answer.status !== 'failure' || answer.why === 'aborted') return answer;
        if (answer.why === 'timeout') silent.push(server);
        last = answer;
      }
      servers = silent;
    }
    return last;
  }

  async #askServer<Type extends RecordType>(
    server: NameServer,
    name: string,
    type: Type,
    wait: Wait,
  ): Promise<AnswerFor<Type>> {
    const validates = server.validating ?? false;
    const query = { name, type, edns: true, wantsProof: validates };
    let response = await this.#exchange(server, query, wait);
    // RFC 6891 §7: who does not know EDNS is asked as of old.
    if ('rcode' in response && (response.rcode === formErr || response.rcode === notImp)) {
      response = await this.#exchange(server, { ...query, edns: false }, wait);
    }
    if (!('rcode' in response)) return response;
    const answer = answerIn(response, name, type, validates);
    return answer.status === 'failure' ? failed(answer.why, `${server.address}: ${answer.text}`) : answer;
  }

  /** One try over UDP, and over TCP where that does not suffice. */
  async #exchange(server: NameServer, asked: Omit<Query, 'id'>, wait: Wait): Promise<Response | Failed> {
    const query = { ...asked, id: randomInt(0x10000) };
    const message = encodeQuery(query);
    const isAnswer = (response: Buffer) => answersQuery(response, query);
    for (const ask of [askByUdp, askByTcp]) {
      const ms = Math.min(this.#timeoutMs, wait.end - performance.now());
      if (ms <= 0) return failed('timeout', server.address);
      const exchange = await ask(server, message, { ms, signal: wait.signal, isAnswer });
      if (exchange.kind !== 'message') return failureOf(exchange, server);
      const response = readResponse(exchange.message);
      if (response === null) return failed('malformed', `${server.address}: the response is cut short`);
      if (!response.truncated) return response;
    }
    return failed('malformed', `${server.address}: truncated over TCP`);
  }

  /** A place among the open sockets, as soon as there is one; false where the wait was in vain. */
  #takeSocket(end: number, signal: AbortSignal | undefined): boolean | Promise<boolean> {
    if (signal?.aborted) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const stop = (taken: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.#waiting.delete(take);
        resolve(taken);
      };
      const take = () => stop(true);
      const giveUp = () => stop(false);
      const timer = setTimeout(giveUp, end - performance.now());
      signal?.addEventListener('abort', giveUp);
      this.#waiting.add(take);
    });
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next();
  }
}

function failed(why: Failed['why'], text: string): Failed {
  return { status: 'failure', why, text };
}

function failureOf(exchange: Exclude<Exchange, { kind: 'message' }>, { address }: NameServer): Failed {
  return failed(exchange.kind, exchange.kind === 'network' ? `${address}: ${exchange.text}` : address);
}

/** A host gave servers or numbers that cannot be. */
export class WireMisuse extends Error {
  override readonly name = 'WireMisuse';
  readonly code = 'WIRE_MISUSE';
}
