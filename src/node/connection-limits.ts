import type { PeerAddress } from '../machine/index.ts';
import { ipOctets } from './ip-octets.ts';

/** How many connections may be open at once. Each process counts its own. */
export interface ConnectionLimits {
  /** In all, those that still shake hands included. Default 20,000; with workers, each has its share. */
  readonly total?: number;
  /**
   * From one IPv4 address, or from one IPv6 network of 64 bits, which is what a single site has
   * (RFC 6177 §2). The address is the one of the PROXY header where there is one. Default 200; Unix
   * sockets are exempt.
   */
  readonly perAddress?: number;
}

/** Counts open connections against their limits. */
export class ConnectionCount {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #byAddress = new Map<string, number>();
  #open = 0;

  constructor({ total = 20_000, perAddress = 200 }: ConnectionLimits = {}, processes = 1) {
    this.#total = Math.ceil(total / processes);
    this.#perAddress = perAddress;
  }

  /** Takes a place; `false` when all are taken. */
  enter(): boolean {
    if (this.#open >= this.#total) return false;
    this.#open += 1;
    return true;
  }

  /** Gives the place free. */
  leave(): void {
    this.#open -= 1;
  }

  /** Takes one of the places of an address; `false` when all are taken. */
  enterFrom(key: string): boolean {
    const open = this.#byAddress.get(key) ?? 0;
    if (open >= this.#perAddress && key !== '') return false;
    this.#byAddress.set(key, open + 1);
    return true;
  }

  leaveFrom(key: string): void {
    const open = this.#byAddress.get(key) ?? 0;
    if (open > 1) this.#byAddress.set(key, open - 1);
    else this.#byAddress.delete(key);
  }
}

/** Under what connections of a peer are counted; `''` for a peer that has no address. */
export function countingKey(peer: PeerAddress): string {
  if (peer.family === 'unix') return '';
  if (peer.family === 'ipv4') return peer.address;
  return ipOctets(peer).slice(0, 8).join('.');
}
