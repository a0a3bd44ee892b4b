/**
 * Some recipients of a message on their way through the servers of a site, in their order, until each has its
 * outcome (RFC 5321 §5.1).
 *
 * A server's yes, its no for good, and an end of which nobody knows what it meant are final. After anything
 * else the next server is tried, and what counts in the end is what leaves most hope: a recipient is given up
 * only where no server gave a reason to try again.
 */
import type { Body, Clock } from '../../machine/index.ts';
import type {
  BodyType,
  RecipientResult,
  ServerReply,
  SmtpStage,
  TransactionResult,
} from '../../smtp/index.ts';
import type { Deferred, Failed, Limited, Outcome, RemoteHost } from '../outcome.ts';
import { requiresTls } from '../required-tls.ts';
import type { Attempt, RoutedRecipient } from '../route.ts';
import type { Leave } from '../shaping/shaper.ts';
import type { SiteHost, SiteRoute } from '../site.ts';
import type { Errand, ErrandResult } from './errand.ts';
import {
  brokenOff,
  deliveredBy,
  givenUp,
  noProgress,
  notDowngraded,
  refusedBy,
  unsuitable,
} from './outcome-of.ts';
import type { SessionPool } from './session-pool.ts';
import { sevenBitContent } from './seven-bit.ts';
import { transactionOf } from './transaction-of.ts';
import { traced } from './transaction-trace.ts';

/** What the transmissions of one attempt have in common. */
export interface TransmissionPlan {
  readonly pool: SessionPool;
  readonly clock: Clock;
  readonly route: SiteRoute;
  readonly attempt: Attempt;
  readonly hosts: readonly SiteHost[];
  /** `null`: nothing is shaped. */
  readonly leave: Leave | null;
  /** Servers that are tried at most, and of these, those that may answer. */
  readonly mostHosts: number;
  readonly mostAnswers: number;
  /** The largest message that is re-encoded, in octets. */
  readonly largestReencoded: number;
  /** Places of recipients whose outcomes are new, and reported as soon as anything else is to be sent. */
  readonly news: number[];
}

/** What is sent to one server. */
interface Content {
  readonly body: Body;
  /** Where it is not what the envelope says. */
  readonly as?: BodyType;
}

/** What trying a server came to: it said something, there was no connection, or no more is to be tried. */
type Tried = 'answered' | 'unreachable' | 'not-tried' | 'over';

/**
 * An attempt that was ended, or not begun because the sender is closed: the message comes again with the queue,
 * and a queue that goes on without its sender does not go round in circles.
 */
export function stoppedAt(now: number): Limited {
  return { result: 'limited', until: now + 1000, why: 'the attempt was stopped' };
}

/** See the top of this file. */
export class Transmission {
  readonly #plan: TransmissionPlan;
  readonly #from: string;
  readonly #outcomes: (Outcome | undefined)[];
  /** Places, in the attempt, of the recipients without an outcome. */
  #left: readonly number[];
  /** What counts for a recipient if nothing better comes, by its place. */
  readonly #notes = new Map<number, Deferred | Failed>();
  #pausedUntil: number | null = null;
  /** When the first circuit breaker lets somebody through. */
  #brokenUntil = Number.POSITIVE_INFINITY;

  /**
   * @param from the reverse path
   * @param places of the recipients in the attempt
   * @param outcomes of the attempt, by place; filled in
   */
  constructor(
    plan: TransmissionPlan,
    from: string,
    places: readonly number[],
    outcomes: (Outcome | undefined)[],
  ) {
    this.#plan = plan;
    this.#from = from;
    this.#left = places;
    this.#outcomes = outcomes;
  }

  /** Until when a reply brought about a pause, for all servers of the site; `null`: there is none. */
  get pausedUntil(): number | null {
    return this.#pausedUntil;
  }

  async run(): Promise<void> {
    const { hosts, mostHosts, mostAnswers } = this.#plan;
    let tried = 0;
    let answered = 0;
    for (const host of hosts) {
      const came = await this.#tryHost(host);
      if (came === 'over' || this.#left.length === 0) break;
      if (came !== 'not-tried') tried++;
      if (came === 'answered') answered++;
      if (tried >= mostHosts || answered >= mostAnswers) break;
    }
    for (const place of this.#left) {
      const noted = this.#notes.get(place);
      this.#outcomes[place] = noted ?? this.#broken();
      if (noted !== undefined) this.#plan.news.push(place);
    }
  }

  async #tryHost(host: SiteHost): Promise<Tried> {
    let content: Content = { body: this.#plan.attempt.body };
    let places = this.#left;
    const later: number[] = [];
    for (let round = 0; ; round++) {
      const done = await this.#send(host, places, content, round > 0);
      if (!done.ok) return this.#notSent(done, host, places, later);
      const remote = { host: host.mxName, address: done.address };
      const again = this.#sort(done.result, host, remote, places, content, later);
      this.#left = [...later, ...again];
      if (again.length === 0) return this.#pausedUntil === null ? 'answered' : 'over';
      // What a message lacks is lacking for all; what a recipient lacks is no matter of the content.
      const [first] = done.result.recipients;
      if (first?.result === 'unsuitable' && canReencode(first, content)) {
        const fitting = await sevenBitContent(content.body, this.#plan.largestReencoded);
        if (!fitting.ok) {
          for (const place of again) this.#note(place, notDowngraded(fitting.why, remote));
          return 'answered';
        }
        content = { body: fitting.body, as: '7BIT' };
      }
      places = again;
    }
  }

  #send(host: SiteHost, places: readonly number[], content: Content, first: boolean): Promise<ErrandResult> {
    const { pool, clock, route, attempt } = this.#plan;
    this.#report();
    const { onTls } = route;
    const facts = {
      from: this.#from,
      recipients: places.map((place) => attempt.recipients[place] as RoutedRecipient),
      size: content.body.size,
      ...(content.as !== undefined && { body: content.as }),
    };
    const errand: Errand = {
      // RFC 2852 §4: what is left of the time counts from the moment of sending, not of waiting for it.
      get transaction() {
        return transactionOf(attempt.context, { ...facts, now: clock.now() });
      },
      content: content.body,
      signal: attempt.signal,
      first,
      ...(onTls !== undefined && { onTls: (observed, address) => onTls(host, observed, address) }),
    };
    return traced(
      () => ({
        id: attempt.context.id,
        kind: route.kind,
        destination: route.destination,
        host: host.mxName,
        size: content.body.size,
        recipients: places.length,
      }),
      () => pool.send(host.target, errand),
    );
  }

  /** Tells what is known already, since the rest may take long. */
  #report(): void {
    const { news, attempt } = this.#plan;
    for (const place of news) {
      const [recipient, outcome] = [attempt.recipients[place], this.#outcomes[place]];
      if (recipient !== undefined && outcome !== undefined) attempt.report?.(recipient, outcome);
    }
    news.length = 0;
  }

  /** Nothing was sent to `places`. */
  #notSent(
    done: Exclude<ErrandResult, { ok: true }>,
    { mxName: host }: SiteHost,
    places: readonly number[],
    later: readonly number[],
  ): Tried {
    this.#left = [...later, ...places];
    if (done.why === 'broken') {
      this.#brokenUntil = Math.min(this.#brokenUntil, done.until);
      return 'not-tried';
    }
    if (done.why === 'unreachable') {
      const { failure, address } = done.opened;
      const remote = address === undefined ? { host } : { host, address };
      const outcome = brokenOff(failure, remote, false, this.#requiresTls);
      const heeded = failure.reply && this.#heed(failure.reply, outcome, remote, failure.stage);
      if (heeded) {
        for (const place of places) this.#outcomes[place] = heeded;
        this.#left = later;
        return 'over';
      }
      for (const place of places) this.#note(place, outcome);
      return failure.reply === undefined ? 'unreachable' : 'answered';
    }
    const isCrowded = done.why === 'crowded';
    const limited: Limited = isCrowded
      ? { result: 'limited', until: done.until, why: 'enough messages wait for a connection' }
      : stoppedAt(this.#plan.clock.now());
    // What another server said before makes it an attempt.
    for (const place of places) {
      this.#outcomes[place] = (isCrowded ? this.#notes.get(place) : undefined) ?? limited;
    }
    this.#left = later;
    return 'over';
  }

  /**
   * Notes what the server said of each recipient.
   *
   * @param later takes those for which the next server is tried
   * @returns those that are to be sent to the same server again, at once
   */
  #sort(
    result: TransactionResult,
    host: SiteHost,
    remote: RemoteHost,
    places: readonly number[],
    content: Content,
    later: number[],
  ): number[] {
    const again: number[] = [];
    let progress = false;
    for (const [index, place] of places.entries()) {
      const each = result.recipients[index] as RecipientResult;
      if (each.result === 'postponed' || (each.result === 'unsuitable' && canReencode(each, content))) {
        again.push(place);
        continue;
      }
      progress = true;
      const outcome = this.#outcomeOf(each, result, host, remote, place);
      if (outcome.isFinal) {
        this.#outcomes[place] = outcome.of;
        this.#plan.news.push(place);
      } else {
        this.#note(place, outcome.of);
        later.push(place);
      }
    }
    const first = result.recipients[0];
    if (progress || first?.result !== 'postponed') return again;
    for (const place of again) this.#note(place, noProgress(first.reply, remote));
    later.push(...again);
    return [];
  }

  #outcomeOf(
    each: Exclude<RecipientResult, { result: 'postponed' }>,
    { dsn }: TransactionResult,
    { target }: SiteHost,
    remote: RemoteHost,
    place: number,
  ):
    | { readonly isFinal: true; readonly of: Outcome }
    | { readonly isFinal: false; readonly of: Deferred | Failed } {
    const { attempt, clock } = this.#plan;
    switch (each.result) {
      case 'accepted': {
        const { notify } = attempt.recipients[place] as RoutedRecipient;
        // RFC 2852 §4.1.4.2: a deadline is passed on, or a wish to hear of delay in its place.
        const isAsked = notify !== undefined || attempt.context.envelope.deliverBy?.mode === 'notify';
        return { isFinal: true, of: deliveredBy(each.reply, remote, target.protocol, dsn && isAsked) };
      }
      case 'refused': {
        const outcome = refusedBy(each.reply, remote, each.stage);
        const heeded = this.#heed(each.reply, outcome, remote, each.stage);
        if (heeded !== undefined) return { isFinal: true, of: heeded };
        return outcome.result === 'failed' ? { isFinal: true, of: outcome } : { isFinal: false, of: outcome };
      }
      case 'unsuitable':
        return { isFinal: false, of: unsuitable(each.missing, remote) };
      case 'failed': {
        const { failure, ambiguous } = each;
        if (attempt.signal.aborted && !ambiguous) return { isFinal: true, of: stoppedAt(clock.now()) };
        // To go on with the next server would add to the risk of a second copy (RFC 1047).
        const of = brokenOff(failure, remote, ambiguous, this.#requiresTls);
        return ambiguous ? { isFinal: true, of } : { isFinal: false, of };
      }
    }
  }

  /** What a host's rules make of a reply: the outcome in its place, with which the attempt ends. */
  #heed(
    reply: ServerReply,
    outcome: Deferred | Failed,
    remote: RemoteHost,
    stage: SmtpStage,
  ): Deferred | Failed | undefined {
    const action = this.#plan.leave?.heed(reply);
    if (action == null) return undefined;
    if ('fail' in action) return givenUp(reply, remote, stage);
    if (outcome.result === 'failed' || 'slow' in action) return outcome;
    const notBefore = this.#plan.clock.now() + ('suspend' in action ? action.suspend : action.retryAfter);
    if ('suspend' in action) this.#pausedUntil = notBefore;
    return { ...outcome, notBefore };
  }

  /** What leaves hope counts for more than what does not, and a reply for more than silence. */
  #note(place: number, outcome: Deferred | Failed): void {
    const former = this.#notes.get(place);
    if (former === undefined || weight(outcome) >= weight(former)) this.#notes.set(place, outcome);
  }

  #broken(): Limited {
    const why = 'the servers did not answer lately, and are left alone for a while';
    return { result: 'limited', until: this.#brokenUntil, why };
  }

  get #requiresTls(): boolean {
    return requiresTls(this.#plan.attempt.context);
  }
}

function weight({ result, reply }: Deferred | Failed): number {
  return (result === 'deferred' ? 2 : 0) + (reply === undefined ? 0 : 1);
}

function canReencode({ missing }: { missing: string }, { as }: Content): boolean {
  return as === undefined && (missing === '8bitmime' || missing === 'binarymime');
}
