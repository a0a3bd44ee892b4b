/** An SMTP or LMTP server for tests of whatever sends: it misbehaves as told, and writes down what it was sent. */
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '../delivery/index.ts';
import type { Clock, ConnectionInfo } from '../machine/index.ts';
import { connectionInfo, type Upgraded } from '../node/index.ts';
import { auth, mx, type SmtpServerOptions } from '../smtp/index.ts';
import { type Credentials, mechanismsFor } from '../users/index.ts';
import type { PeerConnection, PeerMessage } from './peer-record.ts';
import { type PeerRule, type PeerScript, scriptOf } from './peer-script.ts';
import { PeerSession, type PeerSettings } from './peer-session.ts';

/** Options of {@link ScriptedPeer}; all are optional. */
export interface ScriptedPeerOptions {
  /** What it does other than a good server would. The first that has a reaction decides. Default: nothing. */
  readonly script?: readonly (PeerRule | PeerScript)[];
  /**
   * What it is otherwise: name, extensions, limits, `protocol: 'lmtp'`. Default: an MX that offers all that
   * it can, which is STARTTLS only with `upgrade`, and AUTH, in clear too, only with `credentials`.
   */
  readonly server?: Partial<SmtpServerOptions>;
  /** Who may log in, such as `memoryUsers`. */
  readonly credentials?: Credentials;
  /** Runs the server's side of a TLS handshake: `tlsUpgrade`, or `virtualTlsUpgrade`. */
  readonly upgrade?: (socket: Duplex) => Promise<Upgraded>;
  /** TLS comes first on every connection (RFC 8314 §3). Default `false`. */
  readonly implicitTls?: boolean;
  /** For waits, and for what is written down. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * A server with a script, on sockets or on a `VirtualNetwork`.
 *
 * @example
 * ```ts
 * import { reply } from 'mailwright/smtp';
 * import { ScriptedPeer } from 'mailwright/testing';
 *
 * const peer = new ScriptedPeer({
 *   script: [
 *     { at: 'rcpt', path: 'nobody@example.org', reply: reply(550, '5.1.1', 'No such user') },
 *     { at: 'message', times: 1, reply: '', end: 'reset' }, // takes the first message and dies
 *   ],
 * });
 * const port = await peer.listen();
 * // ... send something to 127.0.0.1, port ...
 * await peer.waitForMessages(1);
 * await peer.close();
 * ```
 */
export class ScriptedPeer {
  readonly #settings: PeerSettings;
  readonly #implicitTls: boolean;
  readonly #sessions: PeerSession[] = [];
  readonly #messages: PeerMessage[] = [];
  readonly #open = new Set<PeerSession>();
  /** Connections on which TLS is to come first. */
  readonly #handshaking = new Set<Duplex>();
  readonly #waiting = new Set<() => void>();
  readonly #servers: Server[] = [];
  #mostOpen = 0;
  #closed = false;

  constructor(options: ScriptedPeerOptions = {}) {
    const {
      script = [],
      server = {},
      credentials,
      upgrade,
      implicitTls = false,
      clock = systemClock,
    } = options;
    const extensions = mx.extensions.filter(({ keyword }) => keyword !== 'STARTTLS' || upgrade !== undefined);
    const authentication =
      credentials === undefined
        ? []
        : [auth({ mechanisms: mechanismsFor(credentials), allowCleartext: true })];
    this.#implicitTls = implicitTls;
    this.#settings = {
      machine: { hostname: 'peer.example', extensions: [...extensions, ...authentication], ...server },
      script: scriptOf(script),
      clock,
      credentials: credentials ?? {},
      upgrade: upgrade ?? (() => Promise.reject(new TypeError('a peer with TLS needs the option upgrade'))),
      onMessage: (message) => {
        this.#messages.push(message);
        for (const look of this.#waiting) look();
      },
    };
  }

  /** The connections that were made, the oldest first. */
  get connections(): readonly PeerConnection[] {
    return this.#sessions.map(({ connection }) => connection);
  }

  /** The messages whose content came in whole, the oldest first; `taken` tells what became of them. */
  get messages(): readonly PeerMessage[] {
    return this.#messages;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open.size;
  }

  /** The most connections that were open at the same time. */
  get mostOpen(): number {
    return this.#mostOpen;
  }

  /** Serves one connection: what `VirtualNetwork.listen` wants, and good for any stream. */
  readonly serve = (socket: Duplex, connection: ConnectionInfo): void => {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    if (!this.#implicitTls) {
      this.#begin(socket, connection);
      return;
    }
    this.#handshaking.add(socket);
    this.#settings.upgrade(socket).then(
      (upgraded) => {
        this.#handshaking.delete(socket);
        this.#begin(socket, connection, upgraded);
      },
      () => {
        this.#handshaking.delete(socket);
        socket.destroy();
      },
    );
  };

  /**
   * Listens on a TCP port of this machine.
   *
   * @param port - default 0: a free one
   * @returns the port
   * @throws (as a rejection) the system's error with its `code`
   */
  async listen(port = 0, host = '127.0.0.1'): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      this.serve(socket, connectionInfo(socket)),
    );
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : port;
  }

  /** Resolves when so many messages came in, with all that did. */
  async waitForMessages(count: number): Promise<readonly PeerMessage[]> {
    if (this.#messages.length < count) {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (this.#messages.length < count) return;
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
    return this.#messages;
  }

  /** Stops listening and destroys every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of [...this.#open, ...this.#handshaking]) socket.destroy();
    await Promise.all([...this.#open].map(({ closed }) => closed));
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #begin(raw: Duplex, connection: ConnectionInfo, upgraded?: Upgraded): void {
    const number = this.#sessions.length + 1;
    const info = { id: `peer-${number}`, ...connection, ...(upgraded && { tls: upgraded.tls }) };
    const session = new PeerSession(this.#settings, info, number, upgraded?.socket ?? raw, raw);
    this.#sessions.push(session);
    this.#open.add(session);
    this.#mostOpen = Math.max(this.#mostOpen, this.#open.size);
    void session.closed.then(() => this.#open.delete(session));
  }
}
