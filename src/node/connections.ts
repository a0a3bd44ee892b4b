/**
 * From an accepted connection to its session: the PROXY header, the limits, implicit TLS; and the
 * end of all of them.
 *
 * Whatever ends a connection, its places under the limits are given free when its socket closes, and
 * nowhere else.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionInfo, TlsInfo } from '../machine/index.ts';
import { formatReply, reply } from '../smtp/index.ts';
import { connectionInfo } from './connection-info.ts';
import { ConnectionCount, countingKey } from './connection-limits.ts';
import { readProxyHeader } from './proxy-intake.ts';
import type { ServedSession, Upgraded } from './serve-smtp.ts';
import { type Refusal, sessionChannel } from './session-notice.ts';
import type { ServerSettings } from './settings.ts';

/** What is done with the connections of one listener. */
export interface Entrance {
  /** The path of a Unix socket; `undefined` on TCP. */
  readonly path: string | undefined;
  readonly proxies: ((connection: ConnectionInfo) => boolean) | undefined;
  readonly proxyTimeout: number;
  /** The TLS handshake that comes first; `null` where there is none. */
  readonly secure: ((socket: Duplex) => Promise<Upgraded>) | null;
  begin(socket: Duplex, connection: ConnectionInfo, tls: TlsInfo | undefined): ServedSession;
}

interface Open {
  info: ConnectionInfo;
  /** Under what it is counted, once it is. */
  key: string | null;
  session: ServedSession | null;
}

const full = formatReply(reply(421, '4.3.2', 'Too many connections, try again later'));
const fullForAddress = formatReply(
  reply(421, '4.7.0', 'Too many connections from your network, try again later'),
);

const ignore = () => {};

/** The connections of one server. */
export class Connections {
  readonly #count: ConnectionCount;
  readonly #open = new Map<Socket, Open>();
  readonly #onClose: (this: Socket) => void;
  #closing = false;

  constructor({ connections, workers }: ServerSettings) {
    this.#count = new ConnectionCount(connections, workers || 1);
    const ended = (socket: Socket) => this.#ended(socket);
    // One listener for all connections: a closure for each would cost memory.
    this.#onClose = function () {
      ended(this);
    };
  }

  accept(socket: Socket, entrance: Entrance): void {
    const info = connectionInfo(socket, entrance.path);
    // A peer that went at once has no address; it must not pass for one on a Unix socket.
    if (this.#closing || (info.remote.family === 'unix' && entrance.path === undefined)) {
      socket.destroy();
    } else if (!this.#count.enter()) {
      turnAway(socket, entrance.secure === null ? full : '');
      notify(info, 'total');
    } else {
      const open: Open = { info, key: null, session: null };
      this.#open.set(socket, open);
      socket.on('close', this.#onClose);
      if (entrance.proxies?.(info) === true) this.#readProxyHeader(socket, entrance, open);
      else this.#admit(socket, entrance, open);
    }
  }

  /** Lets sessions finish what is in hand, and everything that is none yet go. */
  shutdown(): void {
    this.#closing = true;
    for (const [socket, { session }] of this.#open) {
      if (session === null) socket.destroy();
      else session.shutdown();
    }
  }

  destroy(): void {
    this.#closing = true;
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #readProxyHeader(socket: Socket, entrance: Entrance, open: Open): void {
    socket.on('error', ignore);
    readProxyHeader(socket, entrance.proxyTimeout, (header) => {
      if (header === null) {
        socket.destroy();
        notify(open.info, 'proxy');
      } else {
        open.info = header.connection ?? open.info;
        this.#admit(socket, entrance, open);
      }
    });
  }

  #admit(socket: Socket, entrance: Entrance, open: Open): void {
    const key = countingKey(open.info.remote);
    if (!this.#count.enterFrom(key)) {
      turnAway(socket, entrance.secure === null ? fullForAddress : '');
      notify(open.info, 'address');
      return;
    }
    open.key = key;
    if (entrance.secure === null) {
      this.#begin(socket, entrance, open);
      return;
    }
    entrance.secure(socket).then(
      (upgraded) => this.#begin(upgraded.socket, entrance, open, upgraded.tls),
      () => notify(open.info, 'tls'),
    );
  }

  #begin(socket: Duplex, entrance: Entrance, open: Open, tls?: TlsInfo): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    open.session = entrance.begin(socket, open.info, tls);
    if (!sessionChannel.hasSubscribers) return;
    const { id } = open.session.session;
    sessionChannel.publish({ type: 'open', id, ...ends(open.info), tls: tls !== undefined });
  }

  #ended(socket: Socket): void {
    const open = this.#open.get(socket);
    if (open === undefined) return;
    this.#open.delete(socket);
    this.#count.leave();
    if (open.key !== null) this.#count.leaveFrom(open.key);
    // A session that is in the middle of STARTTLS would learn of it a moment later.
    open.session?.destroy();
    if (open.session === null || !sessionChannel.hasSubscribers) return;
    const { id } = open.session.session;
    void open.session.closed.then((outcome) =>
      sessionChannel.publish({ type: 'close', id, ...ends(open.info), outcome }),
    );
  }
}

/** Says why, if the peer would understand it, and closes. */
function turnAway(socket: Socket, line: string): void {
  socket.on('error', ignore);
  if (line !== '') socket.write(line);
  socket.destroySoon();
}

function notify(info: ConnectionInfo, why: Refusal): void {
  if (sessionChannel.hasSubscribers) sessionChannel.publish({ type: 'refused', ...ends(info), why });
}

function ends({ remote, local }: ConnectionInfo): ConnectionInfo {
  return { remote, local };
}
