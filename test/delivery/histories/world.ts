/** A world in which a history takes place: time, network, servers, mail, and the process with its ends. */
import { createHash } from 'node:crypto';
import { bodyOf, type RoutedRecipient } from 'mailwright/delivery';
import { type Zone, type ZoneRecords, ZoneResolver } from 'mailwright/dns';
import { SmtpTransport } from 'mailwright/node';
import { type Context, MemorySpool, type NewContext } from 'mailwright/spool';
import { type ScriptedPeer, SeededRandom, VirtualClock, VirtualNetwork } from 'mailwright/testing';
import { type Deed, type End, horizon, type MessagePlan, type Notify, type Plan, start } from './plan.ts';
import { home, Process, type Sending, type Tampering } from './process.ts';
import { faultOf, serverOf } from './servers.ts';

type Wish = Exclude<Notify, 'never'>[];

/** What the process said that it would try. */
export interface Attempted {
  readonly life: number;
  readonly at: number;
  readonly context: Context;
  readonly recipients: readonly RoutedRecipient[];
  readonly number: number;
}

/** What the process said became of a recipient. */
export interface Verdict {
  readonly life: number;
  readonly at: number;
  readonly what: 'delivered' | 'failed';
  readonly path: string;
}

/** A message in the mailbox of somebody here: a notification, that is. */
export interface LocalMail {
  readonly at: number;
  readonly life: number;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** A life of the process, and what of its work was lost with it. */
export interface Life {
  readonly process: Process;
  readonly begin: number;
  end: number;
  how: 'crash' | 'stop';
  /** Recipients that a server had taken, as the process knew, and the spool did not. */
  readonly forgotten: Set<string>;
}

export class World {
  readonly plan: Plan;
  readonly clock = new VirtualClock({ start, maxSteps: 3_000_000 });
  readonly network: VirtualNetwork;
  readonly zone: ZoneResolver;
  readonly storage: MemorySpool;
  readonly servers = new Map<string, ScriptedPeer>();
  readonly localChance: () => number;
  /** The ids of the messages, by their numbers, as they come into the spool. */
  readonly ids: string[] = [];
  /** What those who gave messages were told, by their numbers. */
  readonly answers: ('accepted' | 'refused' | 'unknown' | undefined)[] = [];
  readonly lives: Life[] = [];
  readonly sendings: Sending[] = [];
  readonly attempts: Attempted[] = [];
  readonly verdicts: Verdict[] = [];
  readonly mailbox: LocalMail[] = [];
  /** What operators did, and what they were told: `null` where the process died before it said anything. */
  readonly done: { readonly deed: Deed; readonly at: number; answer: unknown }[] = [];
  readonly troubles: string[] = [];

  readonly #tampering: Tampering;

  constructor(plan: Plan, tampering: Tampering = {}) {
    this.plan = plan;
    this.#tampering = tampering;
    const chance = (place: number) => new SeededRandom(plan.seed * 1000 + 900 + place).fraction;
    this.localChance = chance(0);
    const hosts = new Map(plan.hosts.map((host) => [host.address, host]));
    const faultChance = chance(1);
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: chance(2),
      latency: ({ to }) => hosts.get(to)?.latency ?? 10,
      faults: ({ to }) => {
        const host = hosts.get(to);
        return host && faultOf(host, faultChance);
      },
    });
    for (const [index, host] of plan.hosts.entries()) {
      const server = serverOf(host, this.clock, plan.seed * 1000 + 500 + index);
      this.servers.set(host.name, server);
      this.network.listen(host.address, host.protocol === 'lmtp' ? 24 : 25, server.serve);
    }
    const processes = Array.from({ length: plan.ends.length + 1 }, (_, index) => `198.51.100.${index + 1}`);
    for (const { host, ...time } of plan.partitions) {
      this.network.partition({ between: [processes, [host]], ...time });
    }
    const zone = zoneOf(plan);
    this.zone = new ZoneResolver(zone);
    for (const { domain, from, until } of plan.outages) {
      this.clock.after(from - start, () => this.zone.set(domain, 'TIMEOUT'));
      this.clock.after(until - start, () => this.zone.set(domain, zone[domain] ?? null));
    }
    this.storage = new MemorySpool({ now: this.clock.now, random: octets(chance(3)) });
    this.storage.watch(({ kind, entry }) => {
      if (kind === 'added') void this.#added(entry.id);
    }, new AbortController().signal);
  }

  /** Lets it all happen. */
  async run(): Promise<void> {
    for (const [number, message] of this.plan.messages.entries()) {
      this.clock.after(message.at - start, () => void this.#accept(number, message));
    }
    for (const deed of this.plan.deeds) this.clock.after(deed.at - start, () => void this.#do(deed));
    this.#live([...this.plan.ends].sort((a, b) => a.at - b.at));
    await this.clock.run({ until: horizon });
    const last = this.lives.at(-1)?.process;
    void last?.stop();
    await this.clock.run({ until: horizon + 600_000 });
  }

  /** One life after the other. */
  #live(ends: readonly End[]): void {
    const begin = this.clock.now();
    const [next, ...later] = ends.filter(({ at }) => at > begin);
    const process = new Process(this, this.lives.length + 1, this.#tampering);
    const life: Life = { process, begin, end: horizon, how: 'stop', forgotten: new Set() };
    this.lives.push(life);
    process.start();
    if (next === undefined) return;
    const { how, pause } = next;
    this.clock.after(next.at - begin, async () => {
      life.end = this.clock.now();
      life.how = how;
      if (how === 'crash') await this.#crash(life);
      else await process.stop();
      this.clock.after(pause, () => this.#live(later));
    });
  }

  async #crash({ process, forgotten }: Life): Promise<void> {
    await process.crash();
    for (const sending of this.sendings) {
      const { life, transaction, result } = sending;
      if (life !== process.life) continue;
      if (result === null) {
        sending.endedAt = this.clock.now();
        continue;
      }
      // What it learns is on its way into the spool within a moment, unless the spool refuses it.
      const moment = this.plan.spool.faults > 0 ? 300_000 : 4 * this.plan.spool.latency + 10;
      if (this.clock.now() - sending.endedAt > moment) continue;
      for (const [place, { path }] of transaction.recipients.entries()) {
        if (result.recipients[place]?.result === 'accepted' && (await this.#isOpen(path)))
          forgotten.add(path);
      }
    }
  }

  /** Whether the spool has the recipient as one that is still to be served. */
  async #isOpen(path: string): Promise<boolean> {
    const number = this.numberOf(path);
    const id = number === null ? undefined : this.ids[number];
    if (id === undefined || number === null) return false;
    try {
      const context = await this.storage.context(id);
      const place = this.plan.messages[number]?.recipients.findIndex((each) => each.path === path) ?? 0;
      return ['pending', 'delayed'].includes(context.delivery[place]?.status ?? 'pending');
    } catch {
      return false;
    }
  }

  /** The number of the message that a recipient belongs to. */
  numberOf(path: string): number | null {
    const match = /^m(\d+)r\d+@/.exec(path);
    return match === null ? null : Number(match[1]);
  }

  async #added(id: string): Promise<void> {
    const { envelope } = await this.storage.context(id);
    const number = this.numberOf(envelope.recipients[0]?.path ?? '');
    if (number !== null) this.ids[number] = id;
  }

  async #accept(number: number, message: MessagePlan): Promise<void> {
    const { priority, deliverBy, holdUntil, due, held } = message;
    const isPlain = (priority ?? deliverBy ?? holdUntil ?? due ?? held) === undefined;
    if (this.plan.reception && isPlain) {
      this.answers[number] = await this.#submit(number, message);
      return;
    }
    const writer = this.storage.begin(contextOf(message));
    await writer.write(contentOf(number, message));
    await writer.commit();
    this.answers[number] = 'accepted';
  }

  /** Gives a message to the process, which may be dead, or die over it. */
  async #submit(number: number, message: MessagePlan): Promise<'accepted' | 'refused' | 'unknown'> {
    const { clock, network } = this;
    const transport = new SmtpTransport({ clock, connect: network.from('203.0.113.99') });
    const opened = await transport.open({
      host: 'home.example',
      at: { addresses: [home], port: 25 },
      protocol: 'smtp',
      hostname: 'client.example',
      tls: { mode: 'none' },
    });
    if (!opened.ok) return 'refused';
    const content = bodyOf(contentOf(number, message));
    const transaction = {
      from: message.from,
      parameters: message.eightBit ? ({ body: '8BITMIME' } as const) : {},
      recipients: message.recipients.map(({ path, notify }) => ({
        path,
        parameters:
          notify === undefined
            ? {}
            : { notify: notify[0] === 'never' ? ('never' as const) : (notify as Wish) },
      })),
      size: content.size,
    };
    const { recipients } = await opened.session.send(transaction, content);
    await opened.session.quit();
    if (recipients.every(({ result }) => result === 'accepted')) return 'accepted';
    return recipients.some((each) => each.result === 'failed' && each.ambiguous) ? 'unknown' : 'refused';
  }

  async #do(deed: Deed): Promise<void> {
    const life = this.lives.at(-1);
    const id = this.ids[deed.message];
    // Nobody is there to be asked.
    if (life === undefined || life.end < horizon || id === undefined) return;
    const { queue } = life.process;
    const act = {
      hold: () => queue.hold(id),
      release: () => queue.release(id),
      cancel: () => queue.cancel(id),
      freeze: () => queue.freeze(id),
      unfreeze: () => queue.unfreeze(id),
      delete: () => queue.delete(id),
      requeue: () => queue.requeue(id),
      retry: () => queue.retry({ id }),
      flush: () => queue.retry({ destination: this.plan.domains[0]?.name ?? '' }),
    }[deed.kind];
    const done = { deed, at: this.clock.now(), answer: null as unknown };
    this.done.push(done);
    done.answer = await act().catch(String);
  }

  /** All that can be seen of the history, as one number. */
  hash(): string {
    const seen = createHash('sha256');
    const add = (value: unknown) => seen.update(`${JSON.stringify(value)}\n`);
    for (const server of this.servers.values()) {
      for (const { octets: content, ...message } of server.messages) add([message, content.length]);
      server.connections.forEach(add);
    }
    for (const { context, ...attempt } of this.attempts) add([attempt, context.id]);
    for (const list of [this.answers, this.sendings, this.verdicts, this.mailbox, this.done, this.troubles])
      list.forEach(add);
    return seen.digest('hex');
  }
}

function octets(random: () => number): (size: number) => Uint8Array {
  return (size) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
}

function zoneOf(plan: Plan): Zone {
  const zone: Record<string, ZoneRecords | 'SERVFAIL'> = {};
  for (const { name, address } of plan.hosts) zone[name] = { A: [address] };
  for (const { name, mx } of plan.domains) {
    if (mx === 'null') zone[name] = { MX: [{ preference: 0, exchange: '.' }] };
    else if (mx === 'unanswered') zone[name] = 'SERVFAIL';
    else if (mx !== 'missing')
      zone[name] = { MX: mx.map((exchange, index) => ({ preference: index * 10, exchange })) };
  }
  return zone;
}

function contextOf(plan: MessagePlan): NewContext {
  const { from, recipients, priority, deliverBy, holdUntil, due, held, eightBit } = plan;
  return {
    protocol: 'ESMTP',
    envelope: {
      from,
      recipients,
      ...(eightBit && { body: '8bitmime' }),
      ...(deliverBy && { deliverBy }),
      ...(holdUntil !== undefined && { holdUntil }),
    },
    queue: {
      ...(priority !== undefined && { priority }),
      ...((due ?? holdUntil) !== undefined && { due: due ?? holdUntil }),
      ...(held && { held, state: 'held' }),
    },
  };
}

/** The octets of a message; its number can be told from them. */
export function contentOf(number: number, { from, size, eightBit }: MessagePlan): Buffer {
  const line = eightBit ? '.été\r\n' : '.a line that begins with a dot\r\n';
  return Buffer.from(
    `From: ${from || 'nobody@home.example'}\r\nSubject: message ${number}\r\n\r\n.\r\n${line.repeat(size / line.length)}`,
  );
}
