/** A queue on a spool in memory, with a clock that is run by hand and routes that do as they are told. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  type Attempt,
  type Deferred,
  type Delivered,
  type Failed,
  type Limited,
  type Notifier,
  type Outcome,
  Queue,
  type QueueOptions,
  type QueueProblem,
  type RoutedRecipient,
  type Router,
} from 'mailwright/delivery';
import { type Envelope, MemorySpool, type NewContext, type Spool, type SpoolId } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** The first moment of 2026, as the virtual clock has it. */
export const start = Date.UTC(2026, 0);

export const delivered: Delivered = {
  result: 'delivered',
  how: 'relayed',
  status: '2.0.0',
  text: 'taken',
  remote: { host: 'mx.example.org', address: '192.0.2.1' },
};
export const deferred: Deferred = {
  result: 'deferred',
  status: '4.2.1',
  text: 'come back later',
  reply: { code: 450, enhanced: '4.2.1', lines: ['come back later'] },
};
export const failed: Failed = { result: 'failed', status: '5.1.1', text: 'nobody of that name' };
export const limitedUntil = (until: number): Limited => ({ result: 'limited', until, why: 'enough for now' });

/** What a route answers for one recipient, at its attempt of this number. */
export type Script = (
  recipient: RoutedRecipient,
  attempt: Attempt,
  number: number,
) => Outcome | Promise<Outcome>;

/** One recipient of one attempt, as its route saw it. */
export interface Seen {
  readonly at: number;
  readonly id: SpoolId;
  readonly path: string;
  readonly result: Outcome['result'];
}

export interface WorldOptions extends Partial<Omit<QueueOptions, 'spool' | 'clock'>> {
  readonly spool?: Spool;
  readonly clock?: VirtualClock;
  readonly script?: Script;
}

/** A queue and what goes on around it. */
export class World {
  readonly clock: VirtualClock;
  readonly spool: Spool;
  readonly queue: Queue;
  readonly seen: Seen[] = [];
  readonly problems: QueueProblem[] = [];
  readonly #script: Script;
  readonly #attempts = new Map<string, number>();

  constructor({ spool, clock = new VirtualClock({ start }), script, ...options }: WorldOptions = {}) {
    this.clock = clock;
    this.spool = spool ?? memorySpool(clock);
    this.#script = script ?? (() => delivered);
    this.queue = new Queue({
      router: this.router,
      random: () => 0.5,
      onProblem: (problem) => this.problems.push(problem),
      ...options,
      spool: this.spool,
      clock,
    });
  }

  /** One route for each domain. */
  readonly router: Router = ({ domain }) => ({
    kind: 'test',
    key: `test ${domain}`,
    destination: domain,
    deliver: (attempt) => this.#deliver(attempt),
  });

  async #deliver(attempt: Attempt): Promise<Outcome[]> {
    return Promise.all(
      attempt.recipients.map(async (recipient) => {
        const key = `${attempt.context.id} ${recipient.place}`;
        const number = (this.#attempts.get(key) ?? 0) + 1;
        this.#attempts.set(key, number);
        const outcome = await this.#script(recipient, attempt, number);
        this.seen.push({
          at: this.clock.now() - start,
          id: attempt.context.id,
          path: recipient.path,
          result: outcome.result,
        });
        return outcome;
      }),
    );
  }

  /** Puts a message into the spool. */
  add(to: string | readonly string[], more: AddOptions = {}): Promise<SpoolId> {
    return this.queue.enqueue(message(to, more), Buffer.from('Subject: test\r\n\r\nHello.\r\n'));
  }

  /** Starts, and runs the clock for so many ms from its beginning, or until nothing waits for time. */
  async run(until?: number): Promise<void> {
    await this.queue.start();
    await this.clock.run(until === undefined ? {} : { until: start + until });
  }

  /** When each attempt was made for a recipient, and how it ended. */
  attempts(path: string): readonly (readonly [number, Outcome['result']])[] {
    return this.seen.filter((each) => each.path === path).map(({ at, result }) => [at, result] as const);
  }
}

export interface AddOptions extends Partial<Omit<NewContext, 'envelope'>> {
  readonly envelope?: Partial<Envelope>;
}

export function message(to: string | readonly string[], { envelope, ...rest }: AddOptions = {}): NewContext {
  const recipients = (typeof to === 'string' ? [to] : to).map((path) => ({ path }));
  return { protocol: 'ESMTP', ...rest, envelope: { from: 'sender@example.com', recipients, ...envelope } };
}

/** A spool in memory whose ids and times are the same each time. */
export function memorySpool(clock: VirtualClock): MemorySpool {
  let drawn = 0;
  return new MemorySpool({
    now: clock.now,
    random: (octets) => createHash('sha256').update(`${drawn++}`).digest().subarray(0, octets),
  });
}

/** Writes one message for each kind, whose header says what happened to whom; nothing for the null sender. */
export const plainNotifier: Notifier = async (context, recipients) => {
  if (context.envelope.from === '') return [];
  const kinds = new Map<'failure' | 'delay' | 'success', string[]>();
  for (const { recipient, outcome } of recipients) {
    const kind =
      outcome.result === 'failed' ? 'failure' : outcome.result === 'deferred' ? 'delay' : 'success';
    kinds.set(kind, [...(kinds.get(kind) ?? []), `${recipient.path} ${outcome.status}`]);
  }
  return [...kinds].map(([kind, about]) => ({
    kind,
    context: {
      protocol: 'local',
      envelope: { from: '', recipients: [{ path: context.envelope.from }] },
      metadata: { test: { kind, about } },
    },
    octets: Buffer.from(`Subject: ${kind}\r\n\r\n${about.join('\r\n')}\r\n`),
  }));
};

/** Of whom a notification of {@link plainNotifier} tells, and what. */
export function aboutWhom({ metadata }: NewContext): string {
  const test = (metadata?.['test'] ?? { about: [] }) as { readonly about: readonly string[] };
  return test.about.join(', ');
}
