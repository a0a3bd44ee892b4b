/** A connection that a customer has turned round (RFC 2645 §5.3), as a way to deliver. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Attempt, type Outcome, type Site, type SiteRoute, SmtpSender } from '../delivery/index.ts';
import type { Clock } from '../machine/index.ts';
import { SmtpClientMachine, type SmtpSession } from '../smtp/index.ts';
import { type DrivenSession, driveSmtpClient } from './drive-smtp-client.ts';

/** What it takes to speak as client. */
export interface TurnedOptions {
  /** The name to greet with. */
  readonly hostname: string;
  readonly clock: Clock;
}

/** See the top of this file. */
export class TurnedConnection {
  readonly #session: DrivenSession;
  readonly #sender: SmtpSender;
  readonly #clock: Clock;
  readonly #site: Site;
  #before: Promise<unknown> = Promise.resolve();
  #attempts = 0;
  #underWay = 0;

  constructor(
    socket: Duplex,
    { connection, greeting, tls }: SmtpSession,
    { hostname, clock }: TurnedOptions,
  ) {
    const { remote } = connection;
    const address = remote.family === 'unix' ? remote.path : remote.address;
    const name = greeting?.name ?? address;
    const at = remote.family === 'unix' ? remote : { addresses: [address], port: remote.port };
    const secured = tls === null ? {} : { tls };
    const machine = new SmtpClientMachine({ hostname, starttls: 'never', random: randomBytes }, secured);
    const session = driveSmtpClient(socket, machine, { address, clock, ...secured });
    this.#session = session;
    this.#clock = clock;
    const target = { host: name, at, protocol: 'smtp', hostname, tls: { mode: 'none' } } as const;
    this.#site = { ok: true, key: name, hosts: [{ target, mxName: name }] };
    let opened = false;
    this.#sender = new SmtpSender({
      // All that there is to say over it is said, and then it is over.
      pool: { perTarget: 1, messages: longest, age: longest, idle: longest },
      clock,
      transport: {
        open: async () => {
          if (opened || session.closed) return { ok: false, failure: gone };
          opened = true;
          return { ok: true, session };
        },
      },
    });
  }

  /** Whether the customer's server has greeted, once it is known. */
  async opened(): Promise<boolean> {
    return (await this.#session.opened) === null;
  }

  /** Attempts go one after the other; `null` for one that finds the connection gone when its turn comes. */
  deliver(
    { kind, key, destination }: Omit<SiteRoute, 'find'>,
    attempt: Attempt,
  ): Promise<readonly Outcome[] | null> {
    this.#attempts += 1;
    this.#underWay += 1;
    const turn = this.#before.then(async () => {
      const find = () => this.#site;
      const outcomes = this.#session.closed
        ? null
        : await this.#sender.deliver({ kind, key, destination, find }, attempt);
      this.#underWay -= 1;
      return outcomes;
    });
    this.#before = turn;
    return turn;
  }

  /** Resolves when nothing was sent for so many ms, or the connection is gone. */
  async quiet(ms: number): Promise<void> {
    for (let seen = -1; !this.#session.closed; ) {
      if (this.#underWay === 0 && this.#attempts === seen) return;
      seen = this.#attempts;
      await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
    }
  }

  /** Says QUIT after what is under way. */
  async close(): Promise<void> {
    await this.#before;
    await this.#sender.close();
    await this.#session.quit();
  }
}

const longest = Number.MAX_SAFE_INTEGER;

const gone = { why: 'gone', stage: 'connect', text: 'the customer has closed the connection' } as const;
