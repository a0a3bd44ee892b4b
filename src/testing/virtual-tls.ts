/**
 * TLS on the virtual network: the course of a handshake and its result, without any cryptography.
 *
 * The client says whom it wants, the server shows a certificate, each in one line over the same connection, so
 * that latency, cuts and stalls hit a handshake as they would hit a real one.
 */
import type { Duplex } from 'node:stream';
import type { CertificateDemand, TlsFault } from '../delivery/index.ts';
import type { TlsInfo } from '../machine/index.ts';
import type { Secure, Secured, Upgraded } from '../node/index.ts';
import type { TlsResultType } from '../tlsrpt/index.ts';
import { WireSocket } from './virtual-wire.ts';

/** What a server shows in a virtual handshake. */
export interface VirtualCertificate {
  /** The host names that it is for. */
  readonly names: readonly string[];
  /**
   * What is wrong with it in the eyes of a client that demands a valid one, such as `certificate-expired`
   * or `certificate-not-trusted`. Default: nothing; TLSA records then vouch for it.
   */
  readonly flaw?: TlsResultType;
}

/** As a record of TLS begins, so that nothing else passes for it. */
const mark = '\x16virtual ';
/** Octets that one line of a handshake may have. */
const longest = 16_384;

const info = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } as const satisfies TlsInfo;

/**
 * The client's side, in place of `tlsClient`: the `secure` option of an `SmtpTransport` on a
 * `VirtualNetwork`.
 */
export const virtualTlsClient: Secure = async (socket, { host, certificate }) => {
  say(socket, { servername: host });
  const shown = await hear<VirtualCertificate>(socket);
  if (shown === null) {
    socket.destroy();
    return { ok: false, why: 'validation-failure', text: 'the TLS handshake failed' };
  }
  const flaw = flawOf(shown.said, certificate);
  const secured: Secured = { ok: true, socket: takeOver(socket, shown.rest, false), tls: info };
  return flaw === null ? secured : { ...secured, flaw };
};

/**
 * The server's side, in place of `tlsUpgrade`: the `upgrade` option of `serveSmtp` on a `VirtualNetwork`.
 *
 * @example
 * ```ts
 * import { serveSmtp } from 'mailwright/node';
 * import { mx, SmtpServerMachine } from 'mailwright/smtp';
 * import { SeededRandom, VirtualClock, VirtualNetwork, virtualTlsUpgrade } from 'mailwright/testing';
 *
 * const clock = new VirtualClock();
 * const network = new VirtualNetwork({ clock, random: new SeededRandom(7).fraction });
 * const upgrade = virtualTlsUpgrade({ names: ['mx.example.org'] });
 * network.listen('192.0.2.25', 25, (socket, connection) => {
 *   const machine = new SmtpServerMachine({ ...mx, hostname: 'mx.example.org' }, { id: 'one', ...connection });
 *   serveSmtp(socket, machine, {}, { upgrade });
 * });
 * ```
 */
export function virtualTlsUpgrade(certificate: VirtualCertificate): (socket: Duplex) => Promise<Upgraded> {
  return async (socket) => {
    const hello = await hear<{ servername: string }>(socket);
    if (hello === null) {
      socket.destroy();
      throw new Error('no TLS: the connection closed during the handshake');
    }
    say(socket, certificate);
    const { servername } = hello.said;
    return { socket: takeOver(socket, hello.rest, true), tls: { ...info, servername } };
  };
}

function flawOf({ names, flaw }: VirtualCertificate, demand: CertificateDemand): TlsFault | null {
  if (demand.kind === 'any') return null;
  if (flaw !== undefined) return { why: flaw, text: `the certificate is no good: ${flaw}` };
  if (demand.kind === 'dane' || demand.names.some((name) => names.includes(name))) return null;
  return { why: 'certificate-host-mismatch', text: `the certificate is for ${names.join(', ')}` };
}

function say(socket: Duplex, what: object): void {
  socket.write(`${mark}${JSON.stringify(what)}\n`);
}

/** Reads one line of a handshake and what came behind it; `null` where something else came, or nothing. */
function hear<T>(socket: Duplex): Promise<{ said: T; rest: Buffer } | null> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const end = (result: { said: T; rest: Buffer } | null) => {
      socket.off('data', listen).off('end', fail).off('close', fail).off('error', fail);
      // Whoever holds the socket next may have no ear for its errors yet.
      socket.on('error', () => {});
      resolve(result);
    };
    const fail = () => end(null);
    const listen = (piece: Buffer) => {
      heard = Buffer.concat([heard, piece]);
      const feed = heard.indexOf('\n');
      if (heard.length > longest || heard.indexOf(mark.slice(0, heard.length)) !== 0) fail();
      else if (feed > 0) end(read(heard.toString('utf8', mark.length, feed), heard.subarray(feed + 1)));
    };
    socket.on('data', listen).on('end', fail).on('close', fail).on('error', fail);
    socket.resume();
  });
}

function read<T>(text: string, rest: Buffer): { said: T; rest: Buffer } | null {
  try {
    return { said: JSON.parse(text), rest };
  } catch {
    return null;
  }
}

/** Gives the connection to a new socket, as TLS does. */
function takeOver(clear: Duplex, rest: Buffer, halfOpen: boolean): Duplex {
  if (!(clear instanceof WireSocket)) throw new TypeError('virtual TLS runs on a VirtualNetwork only');
  const secured = new WireSocket(clear.wire, halfOpen);
  if (rest.length > 0) secured.unshift(rest);
  // Closing either closes the connection.
  clear.once('close', () => secured.destroy());
  secured.once('close', () => clear.destroy());
  return secured;
}
