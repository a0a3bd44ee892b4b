/** One session of a machine with a host's handlers, without a socket. */
import { Buffer } from 'node:buffer';
import type { ConnectionInfo, TlsInfo } from 'mailwright/machine';
import { type SmtpHandlers, SmtpHost, type Visit } from 'mailwright/reception';
import { SmtpServerMachine, type SmtpServerOptions } from 'mailwright/smtp';

export const ends: ConnectionInfo = {
  remote: { family: 'ipv6', address: '2001:db8::1', port: 40_000 },
  local: { family: 'ipv6', address: '2001:db8::25', port: 25 },
};

export class TestSession {
  readonly machine: SmtpServerMachine;
  readonly visit: Visit;
  /** What the host was told of by `error`. */
  readonly errors: unknown[] = [];
  readonly #host: SmtpHost;

  constructor(handlers: SmtpHandlers, options: Partial<SmtpServerOptions> = {}, tls?: TlsInfo) {
    const connection = { id: 'session', ...ends, ...(tls !== undefined && { tls }) };
    this.machine = new SmtpServerMachine({ hostname: 'mx.example.org', ...options }, connection);
    this.visit = { session: this.machine.session, signal: new AbortController().signal, metadata: {} };
    const whole: SmtpHandlers = { error: (error) => void this.errors.push(error), ...handlers };
    this.#host = new SmtpHost(this.machine, whole, this.visit);
  }

  /** Lets the machine and its host act on `octets`, and gives what the machine says. */
  async say(octets: string): Promise<string> {
    await this.settle();
    this.machine.receive(Buffer.from(octets, 'latin1'));
    await this.settle();
    return Buffer.concat(this.machine.takeOutput()).toString();
  }

  async settle(): Promise<void> {
    for (let event = this.machine.next(); event !== null; event = this.machine.next()) {
      if (event.type !== 'upgrade' && event.type !== 'turnaround') await this.#host.act(event);
    }
  }

  /** The connection dies. */
  async die(): Promise<void> {
    this.machine.abandon();
    await this.settle();
  }
}
