/** SMTP and LMTP over sockets: what delivery sends with. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { parseIpAddress } from '../address/index.ts';
import type { NotOpened, Opened, Target, TlsObservation, Transport } from '../delivery/index.ts';
import type { Bytes, PeerAddress } from '../machine/index.ts';
import {
  SmtpClientMachine,
  type SmtpClientOptions,
  type SmtpFailure,
  type SmtpStage,
} from '../smtp/index.ts';
import { connectSocket } from './connect-socket.ts';
import { steadyClock } from './deadlines.ts';
import { driveSmtpClient } from './drive-smtp-client.ts';
import { type Connect, connectFirst, discard } from './fast-fallback.ts';
import { traced } from './opening-trace.ts';
import { type Secure, type Secured, type TlsClientOptions, tlsClient } from './tls-client.ts';

/** What a transport is made of. */
export interface SmtpTransportOptions extends TlsClientOptions {
  /** Connects to one address. Default: a socket of the system. */
  readonly connect?: Connect;
  /** Runs TLS handshakes. Default {@link tlsClient} with these options. */
  readonly secure?: Secure;
  /** That many unpredictable octets, for authentication. Default `randomBytes` of `node:crypto`. */
  readonly random?: (octets: number) => Bytes;
}

/** Milliseconds for a connection, over all addresses of a target. */
const connectPatience = 30_000;
/** Milliseconds for a TLS handshake. */
const handshakePatience = 30_000;

/**
 * Opens sessions over TCP and Unix sockets.
 *
 * A server's addresses are tried with fast fall-back (RFC 8305). Where a connection comes about, and the
 * session ends before the server has said who it is, the other addresses are tried as well
 * (RFC 5321 §5.1). Where opportunistic TLS fails, a new connection goes on in clear (RFC 7435 §3).
 *
 * @example
 * ```ts
 * import { SmtpTransport } from 'mailwright/node';
 *
 * const opened = await new SmtpTransport().open({
 *   host: 'mx.example.org',
 *   at: { addresses: ['2001:db8::25', '192.0.2.25'], port: 25 },
 *   protocol: 'smtp',
 *   hostname: 'mail.example.com',
 *   tls: { mode: 'opportunistic' },
 * });
 * if (opened.ok) await opened.session.quit();
 * else console.log(opened.failure.text);
 * ```
 */
export class SmtpTransport implements Transport {
  readonly #tools: Tools;

  /** @throws ServerMisuse `BAD_CERTIFICATE` */
  constructor(options: SmtpTransportOptions = {}) {
    this.#tools = {
      connect: options.connect ?? connectSocket,
      secure: options.secure ?? tlsClient(options),
      random: options.random ?? randomBytes,
      clock: options.clock ?? steadyClock,
    };
  }

  open(target: Target, signal?: AbortSignal): Promise<Opened | NotOpened> {
    return traced(target, () => new Opening(target, signal, this.#tools).run());
  }
}

type Tools = Required<Pick<SmtpTransportOptions, 'connect' | 'secure' | 'random' | 'clock'>>;

/** One session on its way to being opened. */
class Opening {
  readonly #target: Target;
  readonly #signal: AbortSignal | undefined;
  readonly #tools: Tools;
  #observed: TlsObservation | undefined;
  /** TLS has failed with the address at hand, and is not tried again. */
  #inClear = false;

  constructor(target: Target, signal: AbortSignal | undefined, tools: Tools) {
    this.#target = target;
    this.#signal = signal;
    this.#tools = tools;
  }

  async run(): Promise<Opened | NotOpened> {
    const { tls, patience, source } = this.#target;
    const options = {
      ...this.#tools,
      timeout: patience?.connect ?? connectPatience,
      source,
      signal: this.#signal,
    };
    let ends = endsOf(this.#target);
    if (ends.length === 0)
      return { ok: false, failure: connectFailure('failed', 'the server has no address') };
    for (;;) {
      const connected = await connectFirst(ends, options);
      const { at } = connected;
      if (!connected.ok) return this.#notOpened(connectFailure(connected.why, connected.text), at);
      const met = await this.#meet(connected.socket, at);
      if (met.ok || this.#signal?.aborted === true) return met;
      if (tls.mode === 'opportunistic' && met.failure.why === 'tls-failed') {
        this.#inClear = true;
        ends = [at, ...ends.filter((end) => end !== at)];
        continue;
      }
      ends = ends.filter((end) => end !== at);
      if (ends.length === 0 || !mayDifferByAddress(met.failure)) return met;
      this.#inClear = false;
      this.#observed = undefined;
    }
  }

  /** Goes through all that comes before the first transaction. */
  async #meet(socket: Duplex, at: PeerAddress): Promise<Opened | NotOpened> {
    const target = this.#target;
    let secured: Secured | null = null;
    if (target.tls.mode === 'required' && target.tls.implicit === true) {
      secured = await this.#handshake(socket);
      if (!secured.ok) {
        return this.#notOpened({ why: 'tls-failed', stage: 'handshake', text: secured.text }, at);
      }
    }
    const tls = secured?.tls;
    const options: SmtpClientOptions = {
      hostname: target.hostname,
      protocol: target.protocol,
      starttls: this.#starttls,
      random: this.#tools.random,
      ...(target.credentials && { credentials: target.credentials }),
      ...(target.allowCleartext !== undefined && { allowCleartext: target.allowCleartext }),
      ...(target.patience && { patience: target.patience }),
    };
    const connection = tls === undefined ? {} : { tls };
    let machine: SmtpClientMachine;
    try {
      machine = new SmtpClientMachine(options, connection);
    } catch (error) {
      // What a host got wrong must not leave a connection behind.
      discard(secured?.socket ?? socket);
      return this.#notOpened(
        connectFailure('failed', error instanceof Error ? error.message : `${error}`),
        at,
      );
    }
    const session = driveSmtpClient(secured?.socket ?? socket, machine, {
      address: textOf(at),
      upgrade: (clear) => this.#handshake(clear),
      clock: this.#tools.clock,
      ...connection,
    });
    const giveUp = () => session.destroy();
    this.#signal?.addEventListener('abort', giveUp);
    if (this.#signal?.aborted === true) giveUp();
    const failure = await session.opened;
    this.#signal?.removeEventListener('abort', giveUp);
    const lacking = failure === null ? session.tls === null : failure.why === 'tls-missing';
    if (lacking && target.tls.mode !== 'none') {
      this.#observed ??= { ok: false, why: 'starttls-not-supported', text: 'STARTTLS is not to be had' };
    }
    if (failure !== null) return this.#notOpened(failure, at);
    return { ok: true, session, ...(this.#observed && { observed: this.#observed }) };
  }

  get #starttls(): 'never' | 'offered' | 'required' {
    const { mode } = this.#target.tls;
    if (mode === 'required') return 'required';
    return mode === 'none' || this.#inClear ? 'never' : 'offered';
  }

  /** A handshake that comes to an end in time, and with the certificate that is demanded. */
  async #handshake(socket: Duplex): Promise<Secured> {
    const { host, tls, patience } = this.#target;
    const { secure, clock } = this.#tools;
    const ms = patience?.handshake ?? handshakePatience;
    const wanted = tls.mode === 'required' ? tls.certificate : tls.mode === 'opportunistic' && tls.wanted;
    const giveUp = () => discard(socket);
    let late = false;
    const cancel = clock.after(ms, () => {
      late = true;
      giveUp();
    });
    this.#signal?.addEventListener('abort', giveUp);
    let secured = await secure(socket, { host, certificate: wanted || { kind: 'any' } });
    this.#signal?.removeEventListener('abort', giveUp);
    cancel();
    if (secured.ok && secured.flaw !== undefined && tls.mode === 'required') {
      discard(secured.socket);
      secured = { ok: false, ...secured.flaw };
    } else if (!secured.ok && late) {
      secured = { ...secured, text: `the TLS handshake took more than ${ms / 1000} seconds` };
    }
    this.#observed = observationOf(secured);
    return secured;
  }

  #notOpened(failure: SmtpFailure, at: PeerAddress): NotOpened {
    const observed = this.#observed;
    return { ok: false, failure, address: textOf(at), ...(observed && { observed }) };
  }
}

function observationOf(secured: Secured): TlsObservation {
  if (!secured.ok) return secured;
  const { tls, flaw } = secured;
  return { ok: true, tls, ...(flaw && { flaw }) };
}

function connectFailure(why: 'failed' | 'timeout', text: string): SmtpFailure {
  return { why: why === 'timeout' ? why : 'gone', stage: 'connect', text };
}

/** Whether another address of the same server may do better (RFC 5321 §5.1): not where the server itself has spoken. */
function mayDifferByAddress({ stage, reply }: SmtpFailure): boolean {
  return early.includes(stage) && (reply === undefined || reply.code < 500);
}

const early: readonly SmtpStage[] = ['greeting', 'hello', 'starttls', 'handshake'];

function endsOf({ at }: Target): readonly PeerAddress[] {
  if ('path' in at) return [{ family: 'unix', path: at.path }];
  return at.addresses.flatMap((text) => {
    const ip = parseIpAddress(text);
    return ip === null ? [] : [{ ...ip, port: at.port }];
  });
}

function textOf(at: PeerAddress): string {
  return at.family === 'unix' ? at.path : at.address;
}
