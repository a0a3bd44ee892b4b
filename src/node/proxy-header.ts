/**
 * The PROXY protocol's header, version 1 and 2, as HAProxy's `proxy-protocol.txt` specifies it: what a
 * proxy says, before anything else, about the connection that it passes on.
 *
 *     v1 = "PROXY" SP ( ( "TCP4" / "TCP6" ) SP src SP dst SP srcport SP dstport / "UNKNOWN" *any ) CRLF
 *     v2 = 12-octet signature, version and command, family and transport, length (16 bits),
 *          addresses, TLVs
 */
import { Buffer } from 'node:buffer';
import { parseIpAddress } from '../address/index.ts';
import type { Bytes, ConnectionInfo, PeerAddress } from '../machine/index.ts';

/** What a proxy said. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** The two ends as the proxy sees them; `null` where it speaks for itself (LOCAL) or doesn't know (UNKNOWN). */
  readonly connection: ConnectionInfo | null;
  /** The name that the client asked the proxy for by SNI (version 2, `PP2_TYPE_AUTHORITY`). */
  readonly authority?: string;
}

/**
 * How far the reading of a header has come.
 *
 * - `more`: its end has not come yet.
 * - `header`: it is complete; `rest` is what came behind it.
 * - `malformed`: this is no header, and never will be one.
 */
export type ProxyRead =
  | { readonly type: 'more' }
  | { readonly type: 'header'; readonly header: ProxyHeader; readonly rest: Bytes }
  | { readonly type: 'malformed' };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const prefix = Buffer.from('PROXY ', 'latin1');

/** Section 2.1: "the maximum line lengths", CRLF included. */
const longestLine = 107;
/** Fixed part of version 2. */
const fixed = 16;
/** Octets of addresses and TLVs that are read; real ones, with a certificate's names, have a few hundred. */
const longestVariable = 4096;

const more: ProxyRead = { type: 'more' };
const malformed: ProxyRead = { type: 'malformed' };

/**
 * Reads one header out of chunks. Pure: it holds at most 4 KiB, and costs by what it is given.
 *
 * @example
 * ```ts
 * import { ProxyHeaderReader } from 'mailwright/node';
 *
 * const reader = new ProxyHeaderReader();
 * reader.take(Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\nEHLO x\r\n'));
 * // { type: 'header', header: { version: 1, connection: ... }, rest: 'EHLO x\r\n' }
 * ```
 */
export class ProxyHeaderReader {
  #held: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Takes the next chunk. Not to be called again once it gave something else than `more`. */
  take(chunk: Bytes): ProxyRead {
    const seen = this.#length;
    this.#hold(chunk);
    const octets = this.#held.subarray(0, this.#length);
    if (agree(octets, signature)) return this.#version2(octets);
    return agree(octets, prefix) ? this.#version1(octets, seen) : malformed;
  }

  #hold(chunk: Bytes): void {
    const length = this.#length + chunk.length;
    if (length > this.#held.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#length));
      this.#held = larger;
    }
    this.#held.set(chunk, this.#length);
    this.#length = length;
  }

  #version1(octets: Buffer, seen: number): ProxyRead {
    const feed = octets.subarray(0, longestLine).indexOf(0x0a, seen);
    if (feed < 0) return octets.length < longestLine ? more : malformed;
    if (octets[feed - 1] !== 0x0d) return malformed;
    const line = octets.toString('latin1', prefix.length, feed - 1);
    const connection = readLine(line);
    return connection === undefined
      ? malformed
      : { type: 'header', header: { version: 1, connection }, rest: octets.subarray(feed + 1) };
  }

  #version2(octets: Buffer): ProxyRead {
    if (octets.length < fixed) return more;
    const command = octets[12]!;
    const length = octets.readUInt16BE(14);
    if ((command !== 0x20 && command !== 0x21) || length > longestVariable) return malformed;
    if (octets.length < fixed + length) return more;
    const header = readVariable(command === 0x20, octets[13]!, octets.subarray(fixed, fixed + length));
    return header === null ? malformed : { type: 'header', header, rest: octets.subarray(fixed + length) };
  }
}

/** Whether one of the two begins with the other. */
function agree(octets: Buffer, expected: Buffer): boolean {
  const length = Math.min(octets.length, expected.length);
  return octets.compare(expected, 0, length, 0, length) === 0;
}

/** Section 2.1, behind `PROXY `; `undefined` where it is malformed. */
function readLine(line: string): ConnectionInfo | null | undefined {
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return null;
  const [kind, ...words] = line.split(' ');
  const family = kind === 'TCP4' ? 'ipv4' : kind === 'TCP6' ? 'ipv6' : null;
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = words;
  if (family === null || words.length !== 4) return undefined;
  const remote = readEnd(family, source, sourcePort);
  const local = readEnd(family, destination, destinationPort);
  return remote === null || local === null ? undefined : { remote, local };
}

function readEnd(family: 'ipv4' | 'ipv6', text: string, portText: string): PeerAddress | null {
  const ip = text.includes('%') ? null : parseIpAddress(text);
  const port = /^(?:0|[1-9][0-9]{0,4})$/.test(portText) ? Number(portText) : 65_536;
  // An IPv4-mapped address stands in a TCP6 line where the proxy listens on both.
  const fits = ip !== null && (ip.family === family || (family === 'ipv6' && text.includes(':')));
  return fits && port < 65_536 ? { ...ip, port } : null;
}

/** The octets of one address of each family and transport that mail comes by (section 2.2). */
const addressSizes: Readonly<Record<number, number>> = { 17: 4, 33: 16, 49: 108 };

/** Section 2.2, behind the fixed part; `null` where it is malformed. */
function readVariable(isLocal: boolean, kind: number, octets: Buffer): ProxyHeader | null {
  // LOCAL is to be obeyed whatever else it says; UNSPEC tells nothing.
  if (isLocal || kind === 0x00) return { version: 2, connection: null };
  const size = addressSizes[kind];
  if (size === undefined) return null;
  const ports = kind === 0x31 ? 0 : 4;
  if (octets.length < 2 * size + ports) return null;
  const authority = readAuthority(octets.subarray(2 * size + ports));
  if (authority === null) return null;
  const end = (index: 0 | 1): PeerAddress => {
    const address = octets.subarray(index * size, (index + 1) * size);
    return ports === 0 ? unixEnd(address) : ipEnd(address, octets.readUInt16BE(2 * size + 2 * index));
  };
  const connection = { remote: end(0), local: end(1) };
  return { version: 2, connection, ...(authority !== '' && { authority }) };
}

function ipEnd(octets: Buffer, port: number): PeerAddress {
  const text = octets.length === 4 ? octets.join('.') : octets.toString('hex').replace(/.{4}(?=.)/g, '$&:');
  // Twice, since an IPv4-mapped address shows only in its canonical form.
  return { ...parseIpAddress(parseIpAddress(text)!.address)!, port };
}

function unixEnd(octets: Buffer): PeerAddress {
  const end = octets.indexOf(0);
  return { family: 'unix', path: octets.toString('latin1', 0, end < 0 ? octets.length : end) };
}

/** `PP2_TYPE_AUTHORITY` out of the TLVs, `''` where it is not there; `null` where they don't add up. */
function readAuthority(tlvs: Buffer): string | null {
  let authority = '';
  let at = 0;
  while (at < tlvs.length) {
    if (at + 3 > tlvs.length) return null;
    const end = at + 3 + tlvs.readUInt16BE(at + 1);
    if (end > tlvs.length) return null;
    if (tlvs[at] === 0x02) authority = tlvs.toString('utf8', at + 3, end);
    at = end;
  }
  return authority;
}
