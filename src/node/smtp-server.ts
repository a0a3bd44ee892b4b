import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerAddress } from '../machine/index.ts';
import { auth, type Extension, SmtpServerMachine, type SmtpServerOptions, starttls } from '../smtp/index.ts';
import { mechanismsFor } from '../users/index.ts';
import { Certificates } from './certificates.ts';
import { Connections, type Entrance } from './connections.ts';
import { Crew } from './crew.ts';
import { type Listening, listenOn, removeLeftBehind } from './listening.ts';
import { type ServeOptions, serveSmtp, type Upgraded } from './serve-smtp.ts';
import { ServerMisuse } from './server-misuse.ts';
import type { ListenOn, SmtpServerSettings } from './settings.ts';
import { tlsUpgrade } from './tls-upgrade.ts';
import { joinCrew, type ListenKey, leaveCrew, tellPrimary, workerNumber } from './worker.ts';

/** How a server is closed. */
export interface CloseOptions {
  /** Milliseconds for sessions to finish what is in hand; then they are destroyed. Default 30,000. */
  readonly deadline?: number;
}

/**
 * An SMTP or LMTP server on sockets.
 *
 * @example
 * ```ts
 * import { SmtpServer } from 'mailwright/node';
 * import { spoolTo } from 'mailwright/reception';
 * import { mx } from 'mailwright/smtp';
 * import { FileSpool } from 'mailwright/spool';
 *
 * const spool = await FileSpool.open('./spool');
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', ...spoolTo(spool) });
 * await server.listen(2525);
 * ```
 */
export class SmtpServer {
  readonly #settings: SmtpServerSettings;
  readonly #connections: Connections;
  readonly #listening: Listening[] = [];
  readonly #session = sessionNames();
  readonly #upgrade: ((socket: Duplex) => Promise<Upgraded>) | null = null;
  readonly #addresses: PeerAddress[] = [];
  readonly #closed = Promise.withResolvers<void>();
  /** Which server of the script it is: the same in all its processes. */
  readonly #ordinal = nextOrdinal();
  #calls = 0;
  #crew: Crew | null = null;
  #closing = false;

  /** @throws ServerMisuse `NO_CERTIFICATE`, `BAD_CERTIFICATE` */
  constructor(settings: SmtpServerSettings) {
    this.#settings = settings;
    const { tls, handshakeTimeout, requireTls } = settings;
    if (tls === undefined) {
      if (requireTls === true) throw new ServerMisuse('NO_CERTIFICATE', 'requireTls needs the option tls');
    } else {
      const certificates = tls instanceof Certificates ? tls : new Certificates(tls);
      this.#upgrade = tlsUpgrade(certificates, {
        ...(handshakeTimeout !== undefined && { handshakeTimeout }),
      });
    }
    this.#connections = new Connections(settings);
  }

  /** What it listens on, or did until it was closed, in the order that was asked for. */
  get addresses(): readonly PeerAddress[] {
    return [...this.#addresses];
  }

  /** The first TCP port that it listens on; 0 for none. */
  get port(): number {
    const tcp = this.#addresses.find((address) => address.family !== 'unix');
    return tcp?.port ?? 0;
  }

  /**
   * Begins to listen; may be called again for more. When one of many fails, none is kept.
   *
   * @param on a port, or one or many {@link ListenOn}
   * @returns the addresses of these listeners
   * @throws (as a rejection) the system's error with its `code` (`EADDRINUSE`, `EACCES`, ...);
   *   ServerMisuse `NO_CERTIFICATE`, `NO_TLS`, `BAD_LISTENER`, `WORKERS`, `CLOSED`
   */
  async listen(on: number | ListenOn | readonly ListenOn[]): Promise<readonly PeerAddress[]> {
    if (this.#closing) throw closed();
    const { workers = 0 } = this.#settings;
    const list = typeof on === 'number' ? [{ port: on }] : 'length' in on ? on : [on];
    const key: ListenKey = `${this.#ordinal}.${this.#calls}`;
    this.#calls += 1;
    if (workers > 0 && workerNumber() > 0) return await this.#openInWorker(list, key);
    for (const { path } of list) if (path !== undefined) await removeLeftBehind(path);
    return workers > 0 ? await this.#await(workers, key) : await this.#open(list);
  }

  /**
   * Stops accepting, lets each session finish the transaction in hand and leaves with 421
   * (RFC 5321 §3.8). Resolves when every connection is closed and every worker has ended; never rejects.
   */
  async close({ deadline = 30_000 }: CloseOptions = {}): Promise<void> {
    this.#closing = true;
    const listeners = Promise.all(this.#listening.map((listening) => listening.close()));
    this.#connections.shutdown();
    const timer = setTimeout(() => this.#connections.destroy(), deadline);
    await Promise.all([listeners, this.#crew?.close(deadline)]);
    clearTimeout(timer);
    leaveCrew(this);
    this.#closed.resolve();
  }

  /** Stops accepting, destroys every connection and kills every worker. Resolves when all are gone. */
  async destroy(): Promise<void> {
    this.#connections.destroy();
    await this.#crew?.destroy();
    await this.close();
  }

  /** Resolves when the server is closed, by whomever: in a worker, its primary closes it too. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** In the primary: nothing is opened, the workers do it. */
  async #await(workers: number, key: ListenKey): Promise<readonly PeerAddress[]> {
    this.#crew ??= Crew.of(workers, (error) => this.#tell(error));
    const addresses = await this.#crew.listening(key);
    this.#addresses.push(...addresses);
    return addresses;
  }

  async #openInWorker(list: readonly ListenOn[], key: ListenKey): Promise<readonly PeerAddress[]> {
    joinCrew(this);
    try {
      const addresses = await this.#open(list);
      tellPrimary({ mailwright: key, addresses });
      return addresses;
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      if (!this.#closing) tellPrimary({ mailwright: key, failure: { message, code } });
      throw error;
    }
  }

  async #open(list: readonly ListenOn[]): Promise<readonly PeerAddress[]> {
    const opened: Listening[] = [];
    try {
      for (const each of list) {
        const entrance = this.#entrance(each);
        const accept = (socket: Socket) => this.#connections.accept(socket, entrance);
        opened.push(await listenOn(each, accept, (error) => this.#tell(error)));
      }
      if (this.#closing) throw closed();
    } catch (error) {
      for (const listening of opened) void listening.close();
      throw error;
    }
    const addresses = opened.map(({ address }) => address);
    this.#listening.push(...opened);
    this.#addresses.push(...addresses);
    return addresses;
  }

  #entrance(on: ListenOn): Entrance {
    const settings = this.#settings;
    const upgrade = this.#upgrade;
    const tls = on.tls ?? (upgrade !== null && offers(settings, 'STARTTLS') ? 'starttls' : 'none');
    if (tls !== 'none' && upgrade === null) {
      throw new ServerMisuse('NO_CERTIFICATE', `a listener with ${tls} TLS needs the server's option tls`);
    }
    if (tls === 'none' && settings.requireTls === true) {
      throw new ServerMisuse('NO_TLS', 'requireTls is set, and this listener has no TLS');
    }
    const options = machineOptions(settings, tls === 'starttls');
    const { turnaround } = settings;
    const serving: ServeOptions = {
      ownsChunks: true,
      ...(upgrade !== null && { upgrade }),
      ...(turnaround !== undefined && { turnaround }),
    };
    return {
      path: on.path,
      proxies: on.proxies ?? settings.proxies,
      proxyTimeout: settings.proxyTimeout ?? 10_000,
      secure: tls === 'implicit' ? upgrade : null,
      begin: (socket, { remote, local }, tls) => {
        const connection = { id: this.#session(), remote, local, ...(tls && { tls }) };
        return serveSmtp(socket, new SmtpServerMachine(options, connection), settings, serving);
      },
    };
  }

  #tell(error: Error): void {
    if (this.#settings.error !== undefined) this.#settings.error(error, undefined);
    else process.emitWarning(error);
  }
}

function closed(): ServerMisuse {
  return new ServerMisuse('CLOSED', 'the server is closed');
}

function offers({ extensions = [] }: SmtpServerSettings, keyword: string): boolean {
  return extensions.some((extension) => extension.keyword === keyword);
}

/** The options of the machines: with AUTH where there are users, with STARTTLS where there can be TLS. */
function machineOptions(settings: SmtpServerSettings, offerTls: boolean): SmtpServerOptions {
  const { credentials, allowCleartext = false, extensions = [] } = settings;
  const offered: Extension[] = extensions.filter(({ keyword }) => keyword !== 'STARTTLS');
  if (offerTls) offered.push(starttls());
  if (credentials !== undefined && !offers(settings, 'AUTH')) {
    offered.push(auth({ mechanisms: mechanismsFor(credentials), allowCleartext, ...settings.auth }));
  }
  return { ...settings, extensions: offered };
}

let servers = 0;

function nextOrdinal(): number {
  servers += 1;
  return servers;
}

/** Names of sessions: a few random characters for the process, then a count. */
function sessionNames(): () => string {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
