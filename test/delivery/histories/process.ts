/** The process that a history is about: queue, routes, sender and transport as they are, in a world of its own. */
import type { Duplex } from 'node:stream';
import {
  type Attempt,
  domainRoutes,
  firstOf,
  lmtpRoute,
  localRoute,
  mxRoutes,
  type Notifier,
  notifier,
  type Outcome,
  Queue,
  type Route,
  type Router,
  type SessionPoolOptions,
  Shaper,
  SmtpSender,
  type TlsPolicy,
  type Transport,
} from 'mailwright/delivery';
import { CachingResolver } from 'mailwright/dns';
import type { Clock, ConnectionInfo } from 'mailwright/machine';
import { type Connect, type ServedSession, SmtpTransport, serveSmtp } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { mx, SmtpServerMachine, type SmtpTransaction, type TransactionResult } from 'mailwright/smtp';
import type { Spool } from 'mailwright/spool';
import { SeededRandom, virtualTlsClient } from 'mailwright/testing';
import { MortalSpool } from './mortal-spool.ts';
import { horizon } from './plan.ts';
import type { World } from './world.ts';

/** A transaction that the process began; without `result` it did not live to see the end. */
export interface Sending {
  readonly life: number;
  readonly host: string;
  readonly transaction: SmtpTransaction;
  readonly at: number;
  endedAt: number;
  result: TransactionResult | null;
}

/** Where mail comes in. */
export const home = '203.0.113.25';

const withoutTls = mx.extensions.filter(({ keyword }) => keyword !== 'STARTTLS' && keyword !== 'REQUIRETLS');

const same = <T>(it: T): T => it;

/** What a test of the checks does to a process, so that they have something to find. */
export interface Tampering {
  readonly spool?: (spool: Spool) => Spool;
  readonly route?: (route: Route) => Route;
  readonly connect?: (connect: Connect) => Connect;
  readonly pool?: SessionPoolOptions;
  readonly notifier?: Notifier;
  /** For domains that want TLS. */
  readonly tls?: TlsPolicy;
  readonly pace?: 'none';
}

/** One life of the process; the next is another object on the same storage. */
export class Process {
  readonly life: number;
  readonly address: string;
  readonly queue: Queue;
  readonly sender: SmtpSender;
  readonly shaper: Shaper;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #mortal: MortalSpool;
  readonly #spool: Spool;
  readonly #sessions = new Set<ServedSession>();
  #stopListening = () => {};
  #alive = true;

  constructor(world: World, life: number, tampering: Tampering = {}) {
    const { plan, storage, clock } = world;
    const { spool = same } = tampering;
    this.#world = world;
    this.life = life;
    this.address = `198.51.100.${life}`;
    this.#clock = {
      now: clock.now,
      after: (ms, act) =>
        clock.after(ms, () => {
          if (this.#alive) act();
        }),
    };
    this.#mortal = new MortalSpool({ storage, clock, random: this.#chance(1), ...plan.spool });
    this.#spool = spool(this.#mortal);
    const { rate, concurrency, replies } = plan;
    const pace = tampering.pace === undefined &&
      rate && { domain: plan.domains[0]?.name ?? '', rate, concurrency };
    this.shaper = new Shaper({
      clock: this.#clock,
      limits: { concurrency },
      replies,
      rules: pace ? [pace] : [],
    });
    this.sender = this.#makeSender(tampering);
    this.queue = this.#makeQueue(tampering);
  }

  #makeSender({ connect = same, pool }: Tampering): SmtpSender {
    const { network, plan } = this.#world;
    const clock = this.#clock;
    const transport = new SmtpTransport({
      clock,
      connect: connect(network.from(this.address)),
      secure: virtualTlsClient,
      random: (octets) => new Uint8Array(octets),
    });
    return new SmtpSender({
      transport: this.#watched(transport),
      clock,
      pool: pool ?? plan.pool,
      recipients: plan.recipients,
      shaper: this.shaper,
      error: (error) => this.#trouble('sender', error),
    });
  }

  #makeQueue(tampering: Tampering): Queue {
    const { plan, attempts } = this.#world;
    const clock = this.#clock;
    return new Queue({
      spool: this.#spool,
      router: this.#router(tampering),
      clock,
      random: this.#chance(3),
      notifier: tampering.notifier ?? notifier({ hostname: 'home.example', clock }),
      limits: plan.queue,
      keepFailed: () => plan.keepsFailed,
      hooks: {
        attempt: ({ context, recipients, number }) => {
          attempts.push({ life: this.life, at: clock.now(), context, recipients, number });
          return undefined;
        },
        delivered: ({ recipient }) => this.#tell('delivered', recipient.path),
        failed: ({ recipient }) => this.#tell('failed', recipient.path),
        error: (error) => this.#trouble('hook', error),
      },
      onProblem: ({ kind, cause }) => this.#trouble(kind, cause),
    });
  }

  /** By MX; to an LMTP server for the mailboxes of our own; to ourselves for senders, who get notifications. */
  #router({ route = same, tls = 'required' }: Tampering): Router {
    const { plan, zone } = this.#world;
    const resolver = new CachingResolver(zone, { now: this.#clock.now });
    const shared = { sender: this.sender, resolver, hostname: 'home.example', clock: this.#clock };
    const mail = mxRoutes({
      ...shared,
      random: this.#chance(2),
      patience: { connect: 20_000, greeting: 60_000, hello: 60_000, endOfData: 120_000 },
      overrides: Object.fromEntries(
        plan.domains.flatMap(({ name, manner }) => (manner === 'tls' ? [[name, { tls }]] : [])),
      ),
      warn: ({ text }) => this.#trouble('route', text),
    });
    const boxes = lmtpRoute({
      ...shared,
      random: this.#chance(4),
      servers: [plan.hosts.find(({ protocol }) => protocol === 'lmtp')?.name ?? 'nobody.example'],
    });
    const local = localRoute((attempt) => this.#deliver(attempt), {
      warn: ({ error }) => this.#trouble('local', error),
    });
    return firstOf(domainRoutes({ 'home.example': local, 'boxes.example': boxes }), (recipient, context) => {
      const found = mail(recipient, context);
      return found !== undefined && 'deliver' in found ? route(found) : found;
    });
  }

  /** Chances that follow from the seed. */
  #chance(place: number): () => number {
    return new SeededRandom(this.#world.plan.seed * 1000 + this.life * 10 + place).fraction;
  }

  /** Begins to work. */
  start(): void {
    void this.queue.start();
    this.#stopListening = this.#world.network.listen(home, 25, (socket, connection) => {
      if (this.#alive) this.#serve(socket, connection);
      else socket.destroy();
    });
  }

  /** It is there no more, from one moment to the next. */
  async crash(): Promise<void> {
    this.#alive = false;
    this.#stopListening();
    this.#world.network.crash(this.address);
    this.#world.network.crash(home);
    await this.#mortal.die();
  }

  /** It ends in good order. */
  async stop(): Promise<void> {
    this.#stopListening();
    for (const session of this.#sessions) session.shutdown();
    await this.queue.stop();
    await this.sender.close();
  }

  #serve(socket: Duplex, connection: ConnectionInfo): void {
    const clock = this.#clock;
    const options = { ...mx, hostname: 'home.example', extensions: withoutTls };
    const machine = new SmtpServerMachine(options, { id: `in ${this.#world.network.links}`, ...connection });
    const handlers = {
      ...spoolTo(this.#spool, { now: clock.now }),
      error: (error: unknown) => this.#trouble('reception', error),
    };
    const session = serveSmtp(socket, machine, handlers, { clock });
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
  }

  #tell(what: 'delivered' | 'failed', path: string): undefined {
    this.#world.verdicts.push({ life: this.life, at: this.#world.clock.now(), what, path });
  }

  #trouble(kind: string, cause: unknown): void {
    this.#world.troubles.push(`${kind}: ${cause}`);
  }

  async #deliver({ recipients, body, context }: Attempt): Promise<readonly Outcome[]> {
    const { mailbox, plan, clock, localChance } = this.#world;
    if (localChance() < plan.localTrouble) {
      return recipients.map(() => ({ result: 'deferred', status: '4.2.0', text: 'not now' }));
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of body.open()) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('latin1');
    for (const { path } of recipients) {
      mailbox.push({
        at: clock.now(),
        life: this.life,
        id: context.id,
        from: context.envelope.from,
        to: path,
        text,
      });
    }
    return recipients.map(() => ({ result: 'delivered', how: 'delivered', status: '2.0.0', text: 'here' }));
  }

  /** Writes down what is sent and what the process learns of it. */
  #watched(transport: Transport): Transport {
    const { sendings, clock } = this.#world;
    return {
      open: async (target, signal) => {
        const opened = await transport.open(target, signal);
        if (!opened.ok) return opened;
        const { session } = opened;
        const send = session.send.bind(session);
        session.send = async (transaction, content, until) => {
          const sending: Sending = {
            life: this.life,
            host: target.host,
            transaction,
            at: clock.now(),
            endedAt: horizon,
            result: null,
          };
          sendings.push(sending);
          const result = await send(transaction, content, until);
          if (this.#alive) {
            sending.endedAt = clock.now();
            sending.result = result;
          }
          return result;
        };
        return opened;
      },
    };
  }
}
