/**
 * What happens in a history, drawn from its seed before anything happens: servers and their tempers, mail,
 * deeds of operators, ends of the process, and the limits that have to be kept.
 */
import type { QueueLimits, Rate, ReplyRule, SessionPoolOptions } from 'mailwright/delivery';
import { SeededRandom } from 'mailwright/testing';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** When each history begins. */
export const start = Date.UTC(2026, 2, 1);
/** By then everything has come to its end, unless it is held. */
export const horizon = start + 14 * day;

/** What a server is like. */
export type Temper =
  | { readonly kind: 'good' }
  /** Nothing there answers, or not in the way of SMTP. */
  | { readonly kind: 'dead'; readonly how: 'blackhole' | 'refuse' | 'unreachable' | 'silent' | 'babbling' }
  | { readonly kind: 'greylisting'; readonly ms: number }
  /** Each reply takes so long. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Says no for now until a time. */
  | {
      readonly kind: 'busy';
      readonly until: number;
      readonly at: 'connect' | 'mail' | 'rcpt' | 'data' | 'message';
    }
  /** Says no for good to some recipients, or to whole messages. */
  | { readonly kind: 'strict'; readonly at: 'mail' | 'rcpt' | 'message'; readonly part: number }
  /** Mailboxes are full until a time. */
  | { readonly kind: 'full'; readonly until: number }
  /** Connections break, stall, and end in garbage, each with some chance. */
  | { readonly kind: 'flaky'; readonly part: number }
  /** Takes a message and dies before it says so, with some chance. */
  | { readonly kind: 'forgetful'; readonly part: number; readonly silent: boolean }
  /** Takes so many connections at a time. */
  | { readonly kind: 'crowded'; readonly connections: number }
  /** Takes so many recipients at a time. */
  | { readonly kind: 'narrow'; readonly recipients: number };

export interface HostPlan {
  readonly name: string;
  readonly address: string;
  readonly temper: Temper;
  readonly latency: number;
  /** Extensions that it does not offer. */
  readonly lacks: readonly string[];
  readonly tls: 'none' | 'good' | 'expired' | 'broken';
  /** Default `smtp`. */
  readonly protocol?: 'lmtp';
}

interface DomainPlan {
  readonly name: string;
  /** Names of hosts by preference; `null MX`, no such domain, a name server that fails for a while. */
  readonly mx: readonly string[] | 'null' | 'missing' | 'unanswered';
  /** `tls`: nothing goes there in clear, or to somebody else. `lmtp`: mailboxes of our own. */
  readonly manner?: 'tls' | 'lmtp';
}

export interface MessagePlan {
  readonly at: number;
  readonly from: string;
  readonly recipients: readonly { readonly path: string; readonly notify?: readonly Notify[] }[];
  /** Octets of the body, roughly. */
  readonly size: number;
  readonly priority?: number;
  readonly deliverBy?: { readonly at: number; readonly mode: 'return' | 'notify' };
  readonly holdUntil?: number;
  readonly due?: number;
  readonly held?: true;
  /** Its content is not ASCII alone. */
  readonly eightBit?: true;
}
/** A word of NOTIFY. */
export type Notify = 'never' | 'success' | 'failure' | 'delay';

/** What an operator does. */
export interface Deed {
  readonly at: number;
  readonly kind:
    | 'hold'
    | 'release'
    | 'cancel'
    | 'freeze'
    | 'unfreeze'
    | 'delete'
    | 'requeue'
    | 'retry'
    | 'flush';
  /** The message's number. */
  readonly message: number;
}

/** The end of a process, and how long it takes until the next one begins. */
export interface End {
  readonly at: number;
  readonly how: 'crash' | 'stop';
  readonly pause: number;
}

export interface Plan {
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
  readonly domains: readonly DomainPlan[];
  readonly messages: readonly MessagePlan[];
  readonly deeds: readonly Deed[];
  readonly ends: readonly End[];
  readonly partitions: readonly { readonly host: string; readonly from: number; readonly until: number }[];
  readonly pool: SessionPoolOptions & {
    readonly perTarget: number;
    readonly total: number;
    readonly messages: number;
  };
  readonly queue: Partial<QueueLimits>;
  /** What is made of replies. */
  readonly replies: readonly ReplyRule[];
  /** Times in which nobody answers for a domain. */
  readonly outages: readonly { readonly domain: string; readonly from: number; readonly until: number }[];
  /** Recipients in one transaction. */
  readonly recipients: number;
  /** Transactions at the same time with one site. */
  readonly concurrency: number;
  /** The pace of the first domain, whose server is a good one then. */
  readonly rate?: Rate;
  /** Milliseconds that the spool takes for a write, and the part of writes that fail. */
  readonly spool: { readonly latency: number; readonly faults: number };
  /** Plain messages come in by SMTP, to the process itself. */
  readonly reception: boolean;
  readonly keepsFailed: boolean;
  /** Local delivery fails with this chance. */
  readonly localTrouble: number;
}

/** The plan of a seed: always the same. */
export function planOf(seed: number): Plan {
  const dice = new Dice(seed);
  const rate = dice.chance(0.3) ? rateOf(dice) : undefined;
  const hosts = Array.from({ length: dice.from(2, 7) }, (_, index) => hostOf(dice, index));
  if (rate !== undefined) hosts[0] = goodHost(0);
  const domains = Array.from({ length: dice.from(2, 6) }, (_, index) => domainOf(dice, index, hosts));
  if (dice.chance(0.25)) {
    hosts.push({ ...hostOf(dice, hosts.length), protocol: 'lmtp', tls: 'none' });
    domains.push({ name: 'boxes.example', mx: [hosts.at(-1)?.name ?? ''], manner: 'lmtp' });
  }
  if (rate !== undefined) domains[0] = { name: 'd0.example', mx: [hosts[0]?.name ?? ''] };
  const messages = messagesOf(dice, domains, rate !== undefined);
  const busiest = () =>
    (dice.pick(messages)?.at ?? start) + dice.from(0, dice.pick([100, 1000, 10_000, hour]));
  return {
    seed,
    hosts,
    domains,
    messages,
    deeds: Array.from({ length: dice.chance(0.5) ? dice.from(1, 8) : 0 }, () => ({
      at: busiest(),
      kind: dice.pick(deeds),
      message: dice.from(0, messages.length - 1),
    })),
    ends: Array.from({ length: dice.chance(0.7) ? dice.from(1, 5) : 0 }, () => ({
      at: busiest() + 1,
      how: dice.chance(0.8) ? ('crash' as const) : ('stop' as const),
      pause: dice.from(0, dice.pick([1000, minute, 2 * hour])),
    })),
    partitions: Array.from({ length: dice.chance(0.3) ? dice.from(1, 3) : 0 }, () => {
      const from = busiest();
      return {
        host: dice.pick(hosts).address,
        from,
        until: from + dice.from(1, dice.pick([minute, hour, 3 * day])),
      };
    }),
    pool: {
      perTarget: dice.pick([1, 2, 3, 20]),
      total: dice.pick([1, 2, 5, 500]),
      messages: dice.pick([1, 2, 5, 100]),
      waiting: dice.chance(0.1) ? 2 : 10_000,
      idle: dice.pick([1000, 30_000]),
      age: dice.pick([1000, 600_000]),
      ahead: dice.chance(0.8),
      breaker: { failures: dice.pick([1, 5]), pause: dice.pick([1000, 30_000]) },
    },
    queue: dice.pick([
      {},
      {},
      { inHand: 1, aside: 1 },
      { inHand: 2 },
      { aside: 1, asideTime: 1 },
      { destinationsAtOnce: 1 },
    ]),
    recipients: dice.pick([1, 2, 100]),
    replies: dice.chance(0.3) ? [dice.pick(replyRules)] : [],
    outages: Array.from({ length: dice.chance(0.2) ? dice.from(1, 3) : 0 }, () => {
      const from = busiest();
      return { domain: dice.pick(domains).name, from, until: from + dice.from(1, dice.pick([minute, day])) };
    }),
    concurrency: dice.pick(rate === undefined ? [1, 2, 5, 50] : [1, 2]),
    ...(rate && { rate }),
    spool: { latency: dice.pick([0, 1, 10]), faults: dice.chance(0.15) ? 0.1 : 0 },
    reception: dice.chance(0.4),
    keepsFailed: dice.chance(0.2),
    localTrouble: dice.chance(0.2) ? 0.3 : 0,
  };
}

const deeds = [
  'hold',
  'release',
  'cancel',
  'freeze',
  'unfreeze',
  'delete',
  'requeue',
  'retry',
  'flush',
] as const;
const extensions = ['PIPELINING', 'CHUNKING', 'DSN', 'SIZE', '8BITMIME', 'SMTPUTF8', 'LIMITS'] as const;

const replyRules: readonly ReplyRule[] = [
  { when: { code: 451 }, action: { suspend: 10 * minute } },
  { when: { code: 452 }, action: { slow: 2, for: hour } },
  { when: { code: 421 }, action: { retryAfter: hour } },
  { when: { enhanced: '4.2.2' }, action: { fail: true } },
];

/** Chances as they are drawn here. */
class Dice extends SeededRandom {
  chance(part: number): boolean {
    return this.fraction() < part;
  }

  /** A whole number, both ends possible. */
  from(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
}

function rateOf(dice: Dice): Rate {
  return {
    messages: dice.from(1, 10),
    per: dice.pick(['second', 'minute'] as const),
    burst: dice.from(1, 4),
  };
}

function goodHost(index: number): HostPlan {
  const name = `mx${index}.example`;
  const address = `192.0.2.${index + 10}`;
  return { name, address, temper: { kind: 'good' }, latency: 10, lacks: ['CHUNKING'], tls: 'none' };
}

function hostOf(dice: Dice, index: number): HostPlan {
  return {
    ...goodHost(index),
    temper: temperOf(dice),
    latency: dice.from(1, 100),
    lacks: extensions.filter(() => dice.chance(0.3)),
    tls: dice.pick(['none', 'none', 'good', 'good', 'expired', 'broken'] as const),
  };
}

function temperOf(dice: Dice): Temper {
  const part = dice.pick([0.1, 0.3, 0.7]);
  const until = start + dice.from(0, dice.pick([hour, day, 8 * day]));
  const tempers: readonly (() => Temper)[] = [
    () => ({ kind: 'good' }),
    () => ({
      kind: 'dead',
      how: dice.pick(['blackhole', 'refuse', 'unreachable', 'silent', 'babbling'] as const),
    }),
    () => ({ kind: 'greylisting', ms: dice.from(1, 60) * minute }),
    () => ({ kind: 'slow', ms: dice.pick([1000, 5000, 30_000, 90_000]) }),
    () => ({ kind: 'busy', until, at: dice.pick(['connect', 'mail', 'rcpt', 'data', 'message'] as const) }),
    () => ({ kind: 'strict', at: dice.pick(['mail', 'rcpt', 'message'] as const), part }),
    () => ({ kind: 'full', until }),
    () => ({ kind: 'flaky', part: part / 3 }),
    () => ({ kind: 'forgetful', part: part / 2, silent: dice.chance(0.3) }),
    () => ({ kind: 'crowded', connections: dice.from(1, 3) }),
    () => ({ kind: 'narrow', recipients: dice.from(1, 3) }),
  ];
  return dice.pick(tempers)();
}

function domainOf(dice: Dice, index: number, hosts: readonly HostPlan[]): DomainPlan {
  const name = `d${index}.example`;
  if (dice.chance(0.12)) return { name, mx: dice.pick(['null', 'missing', 'unanswered'] as const) };
  const mx = new Set(Array.from({ length: dice.pick([1, 1, 2, 3]) }, () => dice.pick(hosts).name));
  return { name, mx: [...mx], ...(dice.chance(0.2) && { manner: 'tls' as const }) };
}

function messagesOf(dice: Dice, domains: readonly DomainPlan[], burst: boolean): MessagePlan[] {
  const count = dice.from(1, dice.pick([3, 3, 8, 8, 15, 25]));
  let at = start;
  return Array.from({ length: count }, (_, number) => {
    at += dice.chance(0.6) ? dice.from(0, 200) : dice.from(0, dice.pick([minute, 3 * hour]));
    const deliverBy = {
      at: at + dice.from(1, dice.pick([600, 36_000])) * 1000,
      mode: dice.pick(['return', 'notify'] as const),
    };
    return {
      at,
      from: dice.chance(0.15) ? '' : `sender${number}@home.example`,
      recipients: Array.from({ length: dice.pick([1, 1, 2, 3, 6]) }, (_, place) => ({
        path: `m${number}r${place}@${(burst && dice.chance(0.5) ? domains[0] : dice.pick(domains))?.name}`,
        ...(dice.chance(0.3) && { notify: dice.pick(notifies) }),
      })),
      size: dice.pick([10, 1000, 1000, 5000, 100_000]),
      ...(dice.chance(0.2) && { priority: dice.from(-9, 9) }),
      ...(dice.chance(0.1) && { deliverBy }),
      ...(dice.chance(0.08) && { holdUntil: at + dice.from(1, 12 * hour) }),
      ...(dice.chance(0.08) && { due: at + dice.from(1, 12 * hour) }),
      ...(dice.chance(0.08) && { held: true as const }),
      ...(dice.chance(0.15) && { eightBit: true as const }),
    };
  });
}

const notifies = [
  ['never'],
  ['failure'],
  ['success', 'failure'],
  ['success', 'failure', 'delay'],
  ['delay'],
] as const;
