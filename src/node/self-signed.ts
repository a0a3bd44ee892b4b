/**
 * A certificate that vouches for itself, for tests and first steps: X.509 version 3 (RFC 5280 §4.1)
 * with an ECDSA key on P-256, written in DER by hand.
 */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { parseIpAddress } from '../address/index.ts';
import { ipOctets } from './ip-octets.ts';

/** What a self-signed certificate says. */
export interface SelfSignedOptions {
  /** The host names (A-labels) and IP addresses that it is for; the first is also its subject. */
  readonly names: readonly [string, ...string[]];
  /** When it becomes valid, in ms since 1970. Default now. */
  readonly now?: number;
  /** For how long. Default 30. */
  readonly days?: number;
}

const day = 86_400_000;

/**
 * Makes a key and a certificate for it, as PEM text. No peer has a reason to trust it; most mail
 * servers encrypt with it all the same (RFC 7435 §3).
 *
 * @example
 * ```ts
 * import { SmtpServer, selfSignedCertificate } from 'mailwright/node';
 * import { mx } from 'mailwright/smtp';
 *
 * const tls = selfSignedCertificate({ names: ['mx.example.org'] });
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', tls });
 * ```
 */
export function selfSignedCertificate({ names, now = Date.now(), days = 30 }: SelfSignedOptions): {
  readonly cert: string;
  readonly key: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(names[0].slice(0, longestCommonName));
  const tbsCertificate = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(serialNumber()),
    ecdsaWithSha256,
    subject, // as issuer
    sequence(time(now), time(now + days * day)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(subjectAltName, octetString(sequence(...names.map(generalName)))))),
  );
  const signature = sign('sha256', tbsCertificate, privateKey);
  const certificate = sequence(tbsCertificate, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** RFC 5280 §A.1: `ub-common-name`. */
const longestCommonName = 64;

/** ITU-T X.690 §8.1: tag, length, contents. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), body]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const integer = (octets: Uint8Array) => der(0x02, octets);
const octetString = (octets: Uint8Array) => der(0x04, octets);
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));

/** RFC 5758 §3.2: 1.2.840.10045.4.3.2. */
const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
/** RFC 5280 §4.2.1.6: 2.5.29.17. */
const subjectAltName = objectId('551d11');
/** RFC 5280 §A.1: 2.5.4.3. */
const commonName = objectId('550403');

/** RFC 5280 §4.1.2.2: positive, not zero, at most 20 octets. */
function serialNumber(): Buffer {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x3f) | 0x40;
  return octets;
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

/** RFC 5280 §4.2.1.6: `dNSName [2] IA5String`, `iPAddress [7] OCTET STRING`. */
function generalName(name: string): Buffer {
  const ip = parseIpAddress(name);
  return ip === null ? der(0x82, Buffer.from(name, 'latin1')) : der(0x87, Buffer.from(ipOctets(ip)));
}

/** RFC 7468 §3. */
function pem(label: string, octets: Buffer): string {
  const lines = octets.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
