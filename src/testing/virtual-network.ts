/** A network in memory: addresses, latency, and everything that goes wrong with connections. */
import type { Duplex } from 'node:stream';
import { type IpAddress, parseIpAddress } from '../address/index.ts';
import type { Clock, ConnectionInfo, PeerAddress } from '../machine/index.ts';
import type { Connect } from '../node/index.ts';
import { SeededRandom } from './random.ts';
import { type Passage, socketError, WireEnd, WireSocket } from './virtual-wire.ts';

/** A connection that somebody wants to make. */
export interface Link {
  /** The IP address that it comes from. */
  readonly from: string;
  /** The IP address that it goes to. */
  readonly to: string;
  readonly port: number;
  /** 1 for the first connection of this network, and so on. */
  readonly number: number;
}

/** When a fault strikes: so long after the connection began, or once so many octets went from or to the client. */
export type FaultMoment = { readonly ms: number } | { readonly sent: number } | { readonly received: number };

/**
 * What goes wrong with a connection.
 *
 * - `refuse`: nobody listens there, and the system says so.
 * - `unreachable`: a router says that there is no way.
 * - `blackhole`: there is no answer at all.
 * - `cut`: the connection breaks; both ends see ECONNRESET.
 * - `stall`: nothing passes any more, and neither end is told.
 */
export type LinkFault =
  | { readonly kind: 'refuse' | 'unreachable' | 'blackhole' }
  | { readonly kind: 'cut' | 'stall'; readonly when: FaultMoment };

/** Two groups of addresses between which nothing passes for a while; what is sent meanwhile arrives after. */
export interface Partition {
  readonly between: readonly [readonly string[], readonly string[]];
  /** In ms since 1970. */
  readonly from: number;
  /** In ms since 1970. */
  readonly until: number;
}

/** Options of {@link VirtualNetwork}. */
export interface VirtualNetworkOptions {
  readonly clock: Clock;
  /** From 0 up to, and without, 1. Default: `fraction` of a `SeededRandom` that is the same in each network. */
  readonly random?: () => number;
  /** Milliseconds from one end to the other. Default: 5 to 50, by chance for each connection. */
  readonly latency?: (link: Link) => number;
  /** What goes wrong with a connection. Default: nothing. */
  readonly faults?: (link: Link) => LinkFault | undefined;
}

/** Called with the server's end of each connection. */
export type Accept = (socket: Duplex, connection: ConnectionInfo) => void;

/**
 * A network for tests, on which programs meet under IP addresses as they do on a real one.
 *
 * Connections have latency and no limit of bandwidth. They are made by `from(address)`, which is what
 * the `connect` option of `SmtpTransport` wants, and end at whoever `listen`s.
 *
 * @example
 * ```ts
 * import { SeededRandom, VirtualClock, VirtualNetwork } from 'mailwright/testing';
 *
 * const clock = new VirtualClock();
 * const network = new VirtualNetwork({ clock, random: new SeededRandom(7).fraction });
 * network.listen('192.0.2.25', 25, (socket) => socket.end('421 closed for today\r\n'));
 *
 * const { signal } = new AbortController();
 * const at = { family: 'ipv4', address: '192.0.2.25', port: 25 } as const;
 * void network.from('192.0.2.1')(at, { signal }).then((socket) => {
 *   socket.on('data', (chunk) => console.log(String(chunk)));
 * });
 * await clock.run();
 * ```
 */
export class VirtualNetwork {
  readonly #clock: Clock;
  readonly #latency: (link: Link) => number;
  readonly #faults: (link: Link) => LinkFault | undefined;
  readonly #listeners = new Map<string, Accept>();
  readonly #partitions: Partition[] = [];
  /** Ends of open connections, by their address. */
  readonly #ends = new Map<string, Set<WireEnd>>();
  readonly #crashes = new Map<string, number>();
  #links = 0;

  constructor(options: VirtualNetworkOptions) {
    const { clock, random = new SeededRandom(1).fraction, latency, faults } = options;
    this.#clock = clock;
    this.#latency = latency ?? (() => 5 + Math.floor(random() * 46));
    this.#faults = faults ?? (() => undefined);
  }

  /** Connections made so far, refused ones counted. */
  get links(): number {
    return this.#links;
  }

  /** Ends of connections that are open at an address. */
  open(address: string): number {
    return this.#ends.get(canonical(address))?.size ?? 0;
  }

  /**
   * Takes connections to an address and port.
   *
   * @returns stops it; connections that are there stay
   */
  listen(address: string, port: number, accept: Accept): () => void {
    const at = `${canonical(address)} ${port}`;
    this.#listeners.set(at, accept);
    return () => {
      if (this.#listeners.get(at) === accept) this.#listeners.delete(at);
    };
  }

  /** Lets nothing pass between two groups for a while. */
  partition({ between: [some, others], ...time }: Partition): void {
    this.#partitions.push({ between: [some.map(canonical), others.map(canonical)], ...time });
  }

  /**
   * All programs at an address die: of their connections they hear nothing any more, and the other ends
   * see ECONNRESET. Whoever listens there goes on listening.
   */
  crash(address: string): void {
    const at = canonical(address);
    const ends = this.#ends.get(at) ?? [];
    this.#ends.delete(at);
    this.#crashes.set(at, this.#crashesOf(at) + 1);
    for (const end of ends) end.vanish();
  }

  /** How a program at an address connects; it may choose another address of its own as `source`. */
  from(address: string): Connect {
    return (at, { source = address, signal }) =>
      new Promise((connected, failed) => {
        const giveUp = () => failed(socketError('ECANCELED', 'connect'));
        if (at.family === 'unix') {
          failed(socketError('ENOENT', 'connect'));
        } else if (signal.aborted) {
          giveUp();
        } else {
          signal.addEventListener('abort', giveUp, { once: true });
          this.#links += 1;
          const [from, to] = [canonical(source), canonical(at.address)];
          this.#attempt({
            link: { from, to, port: at.port, number: this.#links },
            connected,
            failed,
            signal,
          });
        }
      });
  }

  #attempt({ link, connected, failed, signal }: Attempt): void {
    const latency = this.#latency(link);
    const fault = this.#faults(link);
    if (fault?.kind === 'blackhole') return;
    const arrival = () => this.#arrival(link, latency) - this.#clock.now();
    const crashes = this.#crashesOf(link.from);
    const isDead = () => this.#crashesOf(link.from) !== crashes;
    this.#clock.after(arrival(), () => {
      if (signal.aborted || isDead()) return;
      const accept = this.#listeners.get(`${link.to} ${link.port}`);
      const isRefused = fault?.kind === 'refuse' || fault?.kind === 'unreachable' || accept === undefined;
      const [client, server] = isRefused ? [] : this.#wire(link, latency, fault);
      if (server !== undefined) accept?.(new WireSocket(server, true), connectionOf(link));
      const refusal = fault?.kind === 'unreachable' ? 'EHOSTUNREACH' : 'ECONNREFUSED';
      this.#clock.after(arrival(), () => {
        if (isDead()) return;
        if (client === undefined) failed(socketError(refusal, 'connect'));
        else if (signal.aborted) client.cut();
        else connected(new WireSocket(client, false));
      });
    });
  }

  #crashesOf(address: string): number {
    return this.#crashes.get(address) ?? 0;
  }

  /** When what is sent now arrives. */
  #arrival({ from, to }: Link, latency: number): number {
    let departure = this.#clock.now();
    const holdsBack = ({ between: [some, others], ...time }: Partition) =>
      time.from <= departure &&
      departure < time.until &&
      ((some.includes(from) && others.includes(to)) || (some.includes(to) && others.includes(from)));
    for (;;) {
      const partition = this.#partitions.find(holdsBack);
      if (partition === undefined) return departure + latency;
      departure = partition.until;
    }
  }

  #wire(link: Link, latency: number, fault: LinkFault | undefined): [client: WireEnd, server: WireEnd] {
    const { ms, sent, received }: Partial<Record<'ms' | 'sent' | 'received', number>> =
      fault !== undefined && 'when' in fault ? fault.when : {};
    const fate = fault?.kind === 'stall' ? 'stall' : 'cut';
    const passage = (limit = Number.POSITIVE_INFINITY): Passage => {
      let left = limit;
      return {
        fate,
        arrival: () => this.#arrival(link, latency),
        admit: (octets) => {
          const admitted = Math.min(octets, left);
          left -= admitted;
          return admitted;
        },
      };
    };
    const client = new WireEnd(this.#clock, passage(sent));
    const server = new WireEnd(this.#clock, passage(received));
    client.across = server;
    server.across = client;
    const cancel = ms !== undefined ? this.#clock.after(ms, () => client[fate]()) : () => {};
    this.#keep(link.from, client, cancel);
    this.#keep(link.to, server, cancel);
    return [client, server];
  }

  #keep(address: string, end: WireEnd, cancelFault: () => void): void {
    const ends = this.#ends.get(address) ?? new Set();
    this.#ends.set(address, ends.add(end));
    end.onClose = () => {
      cancelFault();
      ends.delete(end);
    };
  }
}

interface Attempt {
  readonly link: Link;
  readonly connected: (socket: Duplex) => void;
  readonly failed: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** The two ends as the server sees them. */
function connectionOf({ from, to, port, number }: Link): ConnectionInfo {
  // RFC 6335 §6: the ports that are nobody's.
  return { remote: endAt(from, 49_152 + (number % 16_384)), local: endAt(to, port) };
}

function endAt(address: string, port: number): PeerAddress {
  return { ...parsed(address), port };
}

/** The one way to write an address. */
function canonical(address: string): string {
  return parsed(address).address;
}

function parsed(address: string): IpAddress {
  const ip = parseIpAddress(address);
  if (ip === null) throw new TypeError(`not an IP address: ${address}`);
  return ip;
}
