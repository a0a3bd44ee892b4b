/**
 * Questions to a name server over UDP and TCP (RFC 1035 §4.2): the one file of this folder that opens sockets.
 *
 * Every exchange has a socket, and so a port, of its own, which the system chooses at random
 * (RFC 5452 §9.2); all of them end by an answer, by trouble, by time or by the caller's signal.
 */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { connect, isIP, isIPv6 } from 'node:net';

/** A name server. */
export interface NameServer {
  /** An IP address; IPv6 without brackets. */
  readonly address: string;
  /** Default 53. */
  readonly port?: number;
  /**
   * Whether its AD bit is to be believed: it validates DNSSEC, and nobody can change what it says on
   * its way here (RFC 4035 §4.9.3). Default false.
   */
  readonly validating?: boolean;
}

/** What an exchange came to. */
export type Exchange =
  | { readonly kind: 'message'; readonly message: Buffer }
  | { readonly kind: 'timeout' | 'aborted' }
  | { readonly kind: 'network'; readonly text: string };

/** How long an exchange may take, and what in it counts as the answer. */
export interface ExchangeOptions {
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
  /** Whether this message answers the query; UDP goes on waiting where it does not. */
  readonly isAnswer: (message: Buffer) => boolean;
}

const defaultPort = 53;

/** Whether a server can stand there: a name would have to be looked up first. */
export function isServerAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** Sends the query in one datagram, and waits for the datagram that answers it. */
export function askByUdp(server: NameServer, query: Buffer, options: ExchangeOptions): Promise<Exchange> {
  return exchange(options, (settle) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    socket.on('error', (error) => settle({ kind: 'network', text: error.message }));
    socket.on('message', (message) => {
      // RFC 5452 §9.1: what does not fit may be forged; the true answer may still be on its way.
      if (options.isAnswer(message)) settle({ kind: 'message', message });
    });
    // Connected: the system drops what comes from elsewhere, and tells of a closed port.
    socket.on('connect', () => socket.send(query));
    socket.connect(server.port ?? defaultPort, server.address);
    return () => socket.close();
  });
}

/** Sends the query over a connection of its own, each message behind its length (RFC 1035 §4.2.2, RFC 7766 §8). */
export function askByTcp(server: NameServer, query: Buffer, options: ExchangeOptions): Promise<Exchange> {
  return exchange(options, (settle) => {
    const socket = connect({ host: server.address, port: server.port ?? defaultPort });
    const received: Buffer[] = [];
    let octets = 0;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.on('error', (error) => settle({ kind: 'network', text: error.message }));
    socket.on('end', () => settle({ kind: 'network', text: 'the server closed the connection' }));
    socket.on('data', (chunk) => {
      received.push(chunk);
      octets += chunk.length;
      const expected = octets < 2 ? Infinity : 2 + lengthIn(received);
      if (octets < expected) return;
      const message = Buffer.concat(received).subarray(2, expected);
      settle(
        options.isAnswer(message)
          ? { kind: 'message', message }
          : { kind: 'network', text: 'the server answered another question' },
      );
    });
    socket.write(Buffer.concat([length, query]));
    return () => socket.destroy();
  });
}

/** The first two octets, which may have come one by one. */
function lengthIn(chunks: readonly Buffer[]): number {
  const [first, second] = chunks;
  return first !== undefined && first.length > 1
    ? first.readUInt16BE(0)
    : (first?.[0] ?? 0) * 256 + (second?.[0] ?? 0);
}

/** Runs `start` until it settles, time is up or the signal aborts; then closes what it opened. */
function exchange(
  { ms, signal }: ExchangeOptions,
  start: (settle: (outcome: Exchange) => void) => () => void,
): Promise<Exchange> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve({ kind: 'aborted' });
      return;
    }
    let open = true;
    const settle = (outcome: Exchange) => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      close();
      resolve(outcome);
    };
    const abort = () => settle({ kind: 'aborted' });
    const timer = setTimeout(settle, ms, { kind: 'timeout' });
    signal?.addEventListener('abort', abort);
    const close = start(settle);
  });
}
