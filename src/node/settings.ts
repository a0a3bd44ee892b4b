/**
 * How a server is set up: what it listens on, and what comes before a session.
 */
import type { Duplex } from 'node:stream';
import type { ConnectionInfo } from '../machine/index.ts';
import type { SmtpHandlers, Visit } from '../reception/index.ts';
import type { AuthOptions, SmtpServerOptions } from '../smtp/index.ts';
import type { Certificate, Certificates } from './certificates.ts';
import type { ConnectionLimits } from './connection-limits.ts';

/** One thing to listen on: a TCP port, or the path of a Unix socket. */
export interface ListenOn {
  /** 0 takes a free one, which `addresses` then tells. */
  readonly port?: number;
  /** An address of this machine. Default all, IPv6 and IPv4; `127.0.0.1` or `::1` for peers on this machine. */
  readonly host?: string;
  /** A Unix socket. One that a dead process left behind is replaced. */
  readonly path?: string;
  /**
   * - `implicit`: TLS from the first octet (RFC 8314 §3), as on port 465.
   * - `starttls`: clear text, and STARTTLS is offered (RFC 3207).
   * - `none`: clear text, and nothing else.
   *
   * Default `starttls` where the server has certificates and the extension, else `none`.
   */
  readonly tls?: 'implicit' | 'starttls' | 'none';
  /** Whose connections begin with a PROXY header on this listener. Default the server's `proxies`. */
  readonly proxies?: (connection: ConnectionInfo) => boolean;
  /** Connections that the kernel holds until they are accepted. Default 511. */
  readonly backlog?: number;
}

/** What comes before a session, whatever its protocol. */
export interface ServerSettings {
  /** What to show clients that want TLS. Default none, and then TLS is not offered. */
  readonly tls?: Certificates | Certificate | readonly Certificate[];
  /** Milliseconds for a TLS handshake. Default 30,000. */
  readonly handshakeTimeout?: number;
  /**
   * Peers whose connections begin with a PROXY protocol header, version 1 or 2; see `networks`. The
   * header is taken from nobody else, and one of these who sends none is refused. Default nobody.
   */
  readonly proxies?: (connection: ConnectionInfo) => boolean;
  /** Milliseconds for the whole of a PROXY header. Default 10,000. */
  readonly proxyTimeout?: number;
  readonly connections?: ConnectionLimits;
  /**
   * Processes that share the listeners. Each runs the script that this one was started with once more,
   * with the same arguments; see `workerNumber`. One that dies is restarted, later and later when it
   * dies again and again; one that ends with code 0 is not. Default 0: this process serves.
   */
  readonly workers?: number;
}

/** Options of `SmtpServer`: those of the machine, the handlers, and those of the sockets, all in one. */
export interface SmtpServerSettings extends SmtpServerOptions, SmtpHandlers, ServerSettings {
  /** Takes over the connection after an accepted ATRN (RFC 2645 §5.2). Default: it is closed. */
  readonly turnaround?: (socket: Duplex, domains: readonly string[], visit: Visit) => void;
  /** How users authenticate, where `credentials` are given. Default: all mechanisms that these can serve. */
  readonly auth?: Partial<AuthOptions>;
  /** Passwords and tokens without TLS (RFC 4954 §4). Default `false`; for loopback and Unix sockets. */
  readonly allowCleartext?: boolean;
}
