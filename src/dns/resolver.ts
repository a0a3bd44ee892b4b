import type { AnswerFor, RecordType } from './answer.ts';

/** How long to wait for one question. */
export interface ResolveOptions {
  /** Ends the wait: the answer is then a failure with `why: 'aborted'`. */
  readonly signal?: AbortSignal;
}

/**
 * What asks the domain name system, or stands in for it.
 *
 * An implementation keeps these promises:
 *
 * - Trouble of the network and of servers is an answer, never a throw or a rejection.
 * - CNAMEs are followed, but where CNAME is asked for.
 * - Names are compared without regard to case; one that DNS cannot hold (a label of 64 octets, an
 *   empty one, a character above U+00FF) gets `nxdomain`, and nobody is asked.
 * - Every wait is bounded, and ends at once when `signal` aborts.
 * - Answers are shared and frozen in spirit: nobody changes them.
 *
 * An answer that needs no waiting is returned as it is, not as a Promise: a caller in a hot path tests
 * for the Promise before it awaits.
 *
 * @example
 * ```ts
 * import { type Resolver, ZoneResolver } from 'mailwright/dns';
 *
 * const resolver: Resolver = new ZoneResolver({
 *   'example.com': { MX: [{ preference: 10, exchange: 'mx.example.com' }] },
 * });
 * const answer = await resolver.resolve('example.com', 'MX');
 * if (answer.status === 'ok') answer.records[0]?.exchange; // 'mx.example.com'
 * ```
 */
export interface Resolver {
  resolve<Type extends RecordType>(
    name: string,
    type: Type,
    options?: ResolveOptions,
  ): AnswerFor<Type> | Promise<AnswerFor<Type>>;
}
