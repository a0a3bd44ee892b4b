import { AsyncLocalStorage } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';
import { deadlines, type Waiting } from './deadlines.ts';
import type { Upgraded } from './serve-smtp.ts';
import { tlsInfo } from './tls-info.ts';

/** How handshakes are run. */
export interface TlsUpgradeOptions {
  /** Milliseconds for a whole handshake. Default 30,000. */
  readonly handshakeTimeout?: number;
}

/**
 * The server's side of TLS on connections that are already there: what `serveSmtp` wants as `upgrade`.
 *
 * The function it returns resolves when the handshake is done; when it fails, or takes too long, it
 * rejects with the connection destroyed.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:net';
 * import { Certificates, connectionInfo, selfSignedCertificate, serveSmtp, tlsUpgrade } from 'mailwright/node';
 * import { mx, SmtpServerMachine } from 'mailwright/smtp';
 *
 * const upgrade = tlsUpgrade(new Certificates(selfSignedCertificate({ names: ['mx.example.org'] })));
 * const options = { ...mx, hostname: 'mx.example.org' };
 * createServer((socket) => {
 *   const machine = new SmtpServerMachine(options, { id: 'one', ...connectionInfo(socket) });
 *   serveSmtp(socket, machine, {}, { upgrade });
 * });
 * ```
 */
export function tlsUpgrade(
  certificates: Certificates,
  { handshakeTimeout = 30_000 }: TlsUpgradeOptions = {},
): (socket: Duplex) => Promise<Upgraded> {
  const server = tlsServer(certificates);
  let { generation } = certificates;
  return (socket) => {
    if (generation !== certificates.generation) {
      generation = certificates.generation;
      server.setSecureContext(certificates.defaults);
    }
    return new Promise((succeed, fail) => {
      const handshake = new Handshake(socket, succeed, fail, deadlines.after(handshakeTimeout));
      handshakes.run(handshake, () => server.emit('connection', socket));
    });
  };
}

/** Whose handshake it is: a `tls.Server` does not tell which connection a secured socket came from. */
const handshakes = new AsyncLocalStorage<Handshake>();

/** A server that listens on nothing: connections are given to it as events, as its documentation allows. */
function tlsServer(certificates: Certificates): Server {
  const server = createServer({
    ...certificates.defaults,
    SNICallback: (servername, done) => done(null, certificates.contextFor(servername)),
    requestCert: certificates.asksClients,
    // RFC 3207 §4: whoever has no certificate may still send mail; what it means is the host's matter.
    rejectUnauthorized: false,
  });
  server.on('secureConnection', (socket) => handshakes.getStore()?.done(socket));
  // Of a failed handshake it is enough that the connection closes.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('OCSPRequest', (certificate, _issuer, done) => {
    void certificates
      .stapleFor(certificate)
      // No response is `null`, which the types don't know.
      .then((staple) => done(null, (staple && Buffer.from(staple)) as Buffer));
  });
  return server;
}

class Handshake implements Waiting {
  deadline: number;
  readonly #socket: Duplex;
  readonly #halfOpen: boolean;
  readonly #succeed: (upgraded: Upgraded) => void;
  readonly #gone: () => void;

  constructor(
    socket: Duplex,
    succeed: (upgraded: Upgraded) => void,
    fail: (error: Error) => void,
    deadline: number,
  ) {
    this.#socket = socket;
    this.#succeed = succeed;
    this.deadline = deadline;
    this.#gone = () => {
      deadlines.remove(this);
      fail(new Error('no TLS: the connection closed during the handshake'));
    };
    // Of a handshake nothing is left to be said to a peer that has closed its side.
    this.#halfOpen = socket.allowHalfOpen;
    socket.allowHalfOpen = false;
    socket.on('error', () => {});
    socket.once('close', this.#gone);
    deadlines.add(this);
  }

  done(socket: TLSSocket): void {
    deadlines.remove(this);
    this.#socket.off('close', this.#gone);
    this.#socket.allowHalfOpen = this.#halfOpen;
    socket.allowHalfOpen = this.#halfOpen;
    this.#succeed({ socket, tls: tlsInfo(socket) });
  }

  expired(): void {
    this.#socket.destroy();
  }
}
