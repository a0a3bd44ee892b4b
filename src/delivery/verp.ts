/**
 * Return paths that tell which recipient a bounce is about (VERP), signed and dated so that nobody can forge
 * one, in the manner of BATV.
 *
 *     bounces+417k3w2zq7p-sam=example.net@our.example
 *     prefix  ^  ^        recipient
 *             |  the first 40 bits of an HMAC over day and recipient, in base32
 *             the day, modulo 1000
 *
 * Software on the way may change the case of a local part, so that all of it is read without regard to case.
 */
import { Buffer } from 'node:buffer';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../machine/index.ts';

/** How return paths are made. */
export interface VerpOptions {
  /** The domain that bounces come back to. */
  readonly domain: string;
  /** What local parts begin with. Default `bounces`. */
  readonly prefix?: string;
  /** What stands after the prefix: the character that leads to sub-addresses there. Default `+`. */
  readonly separator?: string;
  /** Signs and dates return paths. Without it anybody can make them up, and they are good for ever. */
  readonly secret?: Secret;
  /** How many days a signed return path is good for, up to 900. Default 30. */
  readonly days?: number;
}

/** What a return path tells. */
export type VerpDecoded =
  | {
      readonly ok: true;
      /**
       * The recipient, its domain in lower case, and its local part as it came back; `null` where it was too long
       * to stand in the path.
       */
      readonly recipient: string | null;
      /** Whether the path was made for this address: what a report about it must name. */
      matches(address: string): boolean;
    }
  /** `other`: none of these paths. `forged`: not signed with the secret. `expired`: too old. */
  | { readonly ok: false; readonly why: 'other' | 'forged' | 'expired' };

/** Makes and reads return paths. */
export interface Verp {
  /**
   * The return path for a message to one recipient.
   *
   * A recipient for which 64 octets (RFC 5321 §4.5.3.1.1) have no room stands in it as a hash.
   *
   * @param recipient - a forward path without its angle brackets
   * @param now - in ms since 1970
   */
  encode(recipient: string, now: number): string;
  /**
   * What the recipient of a bounce tells. Never throws, whatever it is given.
   *
   * @param path - a forward path without its angle brackets
   * @param now - in ms since 1970
   */
  decode(path: string, now: number): VerpDecoded;
}

const dayLength = 86_400_000;
const cycle = 1000;
/** RFC 5321 §4.5.3.1.1. */
const longestLocalPart = 64;
/** Three digits of the day, eight characters of the HMAC, a hyphen. */
const tagLength = 12;
/** What a hash begins with: no encoded recipient does, since each has an equals sign. */
const hashed = /^[a-z2-7]{26}$/;

/**
 * Makes and reads return paths for one domain.
 *
 * @throws RangeError when prefix and separator leave no room in a local part, or can't stand there
 *
 * @example
 * ```ts
 * import { verp } from 'mailwright/delivery';
 * import { Secret } from 'mailwright/machine';
 *
 * const paths = verp({ domain: 'our.example', secret: new Secret('a long random text') });
 * const path = paths.encode('sam@example.net', Date.now()); // 'bounces+417...-sam=example.net@our.example'
 * const decoded = paths.decode(path, Date.now());
 * decoded.ok && decoded.recipient; // 'sam@example.net'
 * ```
 */
export function verp({ domain, prefix = 'bounces', separator = '+', secret, days = 30 }: VerpOptions): Verp {
  const start = `${prefix}${separator}`.toLowerCase();
  const overhead = start.length + (secret === undefined ? 0 : tagLength);
  if (!/^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/.test(start) || overhead + 26 > longestLocalPart) {
    throw new RangeError(`return paths can't begin with ${JSON.stringify(start)}`);
  }
  const home = `@${domain.toLowerCase()}`;
  const sign = (day: number, encoded: string): string => {
    if (secret === undefined) return '';
    const dated = String(day % cycle).padStart(3, '0');
    const mac = createHmac('sha256', secret.reveal()).update(`${dated} ${encoded.toLowerCase()}`).digest();
    return `${dated}${base32(mac).slice(0, 8)}-`;
  };
  const fit = (recipient: string): string => {
    const encoded = encodeRecipient(recipient);
    return overhead + encoded.length > longestLocalPart ? hashOf(recipient) : encoded;
  };
  return {
    encode(recipient, now) {
      const encoded = fit(recipient);
      return `${start}${sign(Math.floor(now / dayLength), encoded)}${encoded}${home}`;
    },
    decode(path, now) {
      const localPart = path.slice(0, -home.length);
      const isOurs = path.toLowerCase().endsWith(home) && localPart.toLowerCase().startsWith(start);
      if (!isOurs || localPart.length > longestLocalPart) return { ok: false, why: 'other' };
      const encoded = localPart.slice(overhead);
      const tag = localPart.slice(start.length, overhead).toLowerCase();
      if (secret !== undefined) {
        const day = /^\d{3}[a-z2-7]{8}-$/.test(tag) ? Number(tag.slice(0, 3)) : null;
        if (day === null || !same(tag, sign(day, encoded))) return { ok: false, why: 'forged' };
        const age = (Math.floor(now / dayLength) - day + cycle) % cycle;
        if (age > days) return { ok: false, why: 'expired' };
      }
      const recipient = hashed.test(encoded.toLowerCase()) ? null : decodeRecipient(encoded);
      if (recipient === '') return { ok: false, why: 'other' };
      const made = encoded.toLowerCase();
      return { ok: true, recipient, matches: (address) => fit(address).toLowerCase() === made };
    },
  };
}

/** `sam=example.net`; characters that can't stand there as they are become `+` and two hexadecimal digits. */
function encodeRecipient(recipient: string): string {
  const at = recipient.lastIndexOf('@');
  const text =
    at === -1 ? `${recipient}=` : `${recipient.slice(0, at)}=${recipient.slice(at + 1).toLowerCase()}`;
  let encoded = '';
  for (const octet of Buffer.from(text)) {
    const character = String.fromCharCode(octet);
    encoded += plain.test(character) ? character : escaped(octet);
  }
  // A dot must stand between others (RFC 5321 §4.1.2, Dot-string).
  return encoded.replace(/\.(?=\.|$)/g, escaped(46));
}

const plain = /[A-Za-z0-9!#$%&'*/=?^_`{|}~.-]/;

function escaped(octet: number): string {
  return `+${octet.toString(16).padStart(2, '0')}`;
}

/** The recipient; empty where it is none. */
function decodeRecipient(encoded: string): string {
  const equals = encoded.lastIndexOf('=');
  if (equals === -1) return '';
  const octets = (text: string) =>
    Buffer.from(
      text.replace(/\+([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString();
  const domain = octets(encoded.slice(equals + 1));
  const localPart = octets(encoded.slice(0, equals));
  return domain === '' ? localPart : `${localPart}@${domain.toLowerCase()}`;
}

/** 130 bits: more than anybody can make collide. */
function hashOf(recipient: string): string {
  const octets = createHash('sha256').update(encodeRecipient(recipient).toLowerCase()).digest();
  return base32(octets).slice(0, 26);
}

/** RFC 4648 §6, in lower case. */
function base32(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5)
      text += 'abcdefghijklmnopqrstuvwxyz234567'.charAt((value >> (bits - 5)) & 31);
  }
  return text;
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
