import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerAddress } from '../machine/index.ts';
import { auth, type Extension, SmtpServerMachine, type SmtpServerOptions, starttls } from '../smtp/index.ts';
import { mechanismsFor } from '../users/index.ts';
import { Certificates } from './certificates.ts';
import { Connections, type Entrance } from './connections.ts';
import { type Listening, listenOn } from './listening.ts';
import { type ServeOptions, serveSmtp, type Upgraded } from './serve-smtp.ts';
import { ServerMisuse } from './server-misuse.ts';
import type { ListenOn, SmtpServerSettings } from './settings.ts';
import { tlsUpgrade } from './tls-upgrade.ts';

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
  #closed = false;

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

  /** What it listens on, in the order that was asked for. */
  get addresses(): readonly PeerAddress[] {
    return this.#listening.map(({ address }) => address);
  }

  /** The first TCP port that it listens on; 0 for none. */
  get port(): number {
    const tcp = this.addresses.find((address) => address.family !== 'unix');
    return tcp?.port ?? 0;
  }

  /**
   * Begins to listen; may be called again for more. When one of many fails, none is kept.
   *
   * @param on a port, or one or many {@link ListenOn}
   * @returns the addresses of these listeners
   * @throws (as a rejection) the system's error with its `code` (`EADDRINUSE`, `EACCES`, ...);
   *   ServerMisuse `NO_CERTIFICATE`, `NO_TLS`, `BAD_LISTENER`, `CLOSED`
   */
  async listen(on: number | ListenOn | readonly ListenOn[]): Promise<readonly PeerAddress[]> {
    if (this.#closed) throw new ServerMisuse('CLOSED', 'the server was closed');
    const list = typeof on === 'number' ? [{ port: on }] : 'length' in on ? on : [on];
    const opened: Listening[] = [];
    try {
      for (const each of list) {
        const entrance = this.#entrance(each);
        const accept = (socket: Socket) => this.#connections.accept(socket, entrance);
        opened.push(await listenOn(each, accept, (error) => this.#tell(error)));
      }
    } catch (error) {
      for (const listening of opened) void listening.close();
      throw error;
    }
    this.#listening.push(...opened);
    return opened.map(({ address }) => address);
  }

  /**
   * Stops accepting, lets each session finish the transaction in hand and leaves with 421
   * (RFC 5321 §3.8). Resolves when every connection is closed; never rejects.
   */
  async close({ deadline = 30_000 }: CloseOptions = {}): Promise<void> {
    this.#closed = true;
    const closed = Promise.all(this.#listening.map((listening) => listening.close()));
    this.#connections.shutdown();
    const timer = setTimeout(() => this.#connections.destroy(), deadline);
    await closed;
    clearTimeout(timer);
  }

  /** Stops accepting and destroys every connection. Resolves when all are closed; never rejects. */
  async destroy(): Promise<void> {
    this.#connections.destroy();
    await this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

/** Names of sessions: a few random characters for the process, then a count. */
function sessionNames(): () => string {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
