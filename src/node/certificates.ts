import { Buffer } from 'node:buffer';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { normalizeDomain } from '../address/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type OcspSource, OcspStaple } from './ocsp-staple.ts';
import { orMisuse, pemText, secureContext } from './secure-context.ts';
import { ServerMisuse } from './server-misuse.ts';
import { workerTicketKeys } from './worker.ts';

/** One certificate with its key, as files hold them. */
export interface Certificate {
  /** PEM: the server's own certificate first, then those between it and the authority. */
  readonly cert: string | Bytes;
  /** PEM: its private key. */
  readonly key: string | Bytes;
  readonly passphrase?: string;
  /** The names to serve it for. Default those of its subjectAltName (RFC 9525 §6). */
  readonly names?: readonly string[];
  /** Turns OCSP stapling on (RFC 6066 §8). */
  readonly ocsp?: OcspSource;
}

/** What holds for all certificates of a server. */
export interface CertificatesOptions {
  /**
   * Asks clients for certificates, and names the authorities (PEM) that vouch for them. Without one,
   * or with one by somebody else, a client is served all the same: see `TlsInfo.clientCertificate`.
   * Default: clients are not asked.
   */
  readonly clientAuthorities?: readonly (string | Bytes)[];
  /**
   * 48 octets that seal session tickets (RFC 5077 §4, RFC 8446 §4.6.1). Processes with the same keys
   * resume one another's sessions; so does a process after `replace`. Default random, and common to
   * the workers of a server.
   */
  readonly ticketKeys?: Bytes;
}

interface Served {
  readonly context: SecureContext;
  readonly options: SecureContextOptions;
  readonly staple: OcspStaple | null;
}

/**
 * TLS 1.2 and 1.3 (RFC 8996, RFC 9325 §3.1.1) with the suites of Mozilla's "intermediate" set, less
 * those of finite-field Diffie-Hellman (RFC 9325 §4.1): forward secrecy and AEAD, nothing else.
 */
const soundTls: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  // Sessions may be resumed with whichever certificate; they belong to the service, not to it.
  sessionIdContext: 'mailwright',
};

/**
 * The certificates of a server, chosen by the name that a client asks for (SNI, RFC 6066 §3), and
 * replaced while it runs.
 *
 * An exact name wins over a wildcard, which stands for one label (RFC 9525 §6.3); for other names, and
 * without SNI, the first certificate is shown.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { Certificates, SmtpServer } from 'mailwright/node';
 * import { mx } from 'mailwright/smtp';
 *
 * const read = () => ({
 *   cert: readFileSync('/etc/ssl/mx.pem'),
 *   key: readFileSync('/etc/ssl/private/mx.key'),
 * });
 * const tls = new Certificates(read());
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', tls });
 * process.on('SIGHUP', () => tls.replace(read()));
 * ```
 */
export class Certificates {
  readonly #options: CertificatesOptions;
  #ticketKeys: Bytes;
  #default: Served;
  #byName = new Map<string, Served>();
  #byDigest = new Map<string, Served>();
  #generation = 0;

  /** @throws ServerMisuse `NO_CERTIFICATE`, `BAD_CERTIFICATE` */
  constructor(certificates: Certificate | readonly Certificate[], options: CertificatesOptions = {}) {
    this.#options = options;
    this.#ticketKeys = options.ticketKeys ?? workerTicketKeys() ?? randomBytes(48);
    this.#default = this.#take(certificates, this.#ticketKeys);
  }

  /**
   * Serves these instead. Connections go on as they are; the next handshakes show the new ones.
   *
   * @param ticketKeys new ones, which a server that runs for long should have every week or so
   *   (RFC 9325 §3.4); sessions begun before can then not be resumed. Default the present ones.
   * @throws ServerMisuse `NO_CERTIFICATE`, `BAD_CERTIFICATE`; what was served before then stays
   */
  replace(certificates: Certificate | readonly Certificate[], ticketKeys: Bytes = this.#ticketKeys): void {
    this.#default = this.#take(certificates, ticketKeys);
    this.#ticketKeys = ticketKeys;
    this.#generation += 1;
  }

  /** How often they were replaced. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether clients are asked for certificates. */
  get asksClients(): boolean {
    return this.#options.clientAuthorities !== undefined;
  }

  /** The settings of the first certificate, for a `tls.Server` of one's own. */
  get defaults(): SecureContextOptions {
    return this.#default.options;
  }

  /** What to show a client that asks for a name. */
  contextFor(servername: string): SecureContext {
    const name = servername.toLowerCase().replace(/\.$/, '');
    const wildcard = `*${name.slice(name.indexOf('.'))}`;
    return (this.#byName.get(name) ?? this.#byName.get(wildcard) ?? this.#default).context;
  }

  /** What to staple to a certificate (in DER) of these. Never rejects. */
  async stapleFor(certificate: Buffer): Promise<Bytes | null> {
    return (await this.#byDigest.get(digest(certificate))?.staple?.get()) ?? null;
  }

  #take(certificates: Certificate | readonly Certificate[], ticketKeys: Bytes): Served {
    const list = 'length' in certificates ? certificates : [certificates];
    const byName = new Map<string, Served>();
    const byDigest = new Map<string, Served>();
    let first: Served | null = null;
    for (const each of list) {
      const x509 = orMisuse(() => new X509Certificate(each.cert));
      const served = this.#serve(each, ticketKeys);
      first ??= served;
      byDigest.set(digest(x509.raw), served);
      // Of two certificates for one name the first is served.
      for (const name of namesOf(each, x509)) if (!byName.has(name)) byName.set(name, served);
    }
    if (first === null) throw new ServerMisuse('NO_CERTIFICATE', 'at least one certificate is needed');
    this.#byName = byName;
    this.#byDigest = byDigest;
    return first;
  }

  #serve({ cert, key, passphrase, ocsp }: Certificate, ticketKeys: Bytes): Served {
    const { clientAuthorities } = this.#options;
    const options = {
      ...soundTls,
      cert: pemText(cert),
      key: pemText(key),
      ticketKeys: Buffer.from(ticketKeys),
      ...(passphrase !== undefined && { passphrase }),
      ...(clientAuthorities !== undefined && { ca: clientAuthorities.map(pemText) }),
    };
    return {
      context: secureContext(options),
      options,
      staple: ocsp === undefined ? null : new OcspStaple(ocsp),
    };
  }
}

/** The names of a certificate as A-labels in lower case, each with its wildcard. */
function namesOf({ names }: Certificate, { subjectAltName = '' }: X509Certificate): string[] {
  const own = subjectAltName.split(', ').filter((name) => name.startsWith('DNS:'));
  return (names ?? own.map((name) => name.slice(4))).map((name) => {
    const wildcard = name.startsWith('*.') ? '*.' : '';
    const parsed = normalizeDomain(name.slice(wildcard.length));
    return parsed.ok ? `${wildcard}${parsed.domain}` : name.toLowerCase();
  });
}

function digest(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('hex');
}
