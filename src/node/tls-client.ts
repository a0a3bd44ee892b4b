/**
 * The client's side of TLS: on connections that are there already, and with a look at whose certificate
 * the server has shown.
 *
 * The handshake itself accepts every certificate; what is wrong with it is told beside the connection,
 * since mail goes out encrypted to whoever it is unless something demands more (RFC 7435 §3). Sessions are
 * never resumed: each handshake shows its certificates anew.
 */
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { parseIpAddress } from '../address/index.ts';
import { matchTlsa } from '../dane/index.ts';
import type { CertificateDemand, TlsFault } from '../delivery/index.ts';
import type { Bytes, Clock, TlsInfo } from '../machine/index.ts';
import type { TlsResultType } from '../tlsrpt/index.ts';
import type { Certificate } from './certificates.ts';
import { steadyClock } from './deadlines.ts';
import { discard } from './fast-fallback.ts';
import { pemText, secureContext } from './secure-context.ts';
import { clientTlsInfo } from './tls-info.ts';

/** Whom a client trusts, and what it shows. */
export interface TlsClientOptions {
  /** PEM: the authorities to trust where a demand is `pkix`. Default: those that Node trusts. */
  readonly authorities?: readonly (string | Bytes)[];
  /** What to show servers that ask for a certificate. Default: none. */
  readonly certificate?: Pick<Certificate, 'cert' | 'key' | 'passphrase'>;
  /** For the dates in certificates under DANE. Default: the system's. */
  readonly clock?: Clock;
}

/** With whom a handshake is run. */
export interface Handshake {
  /** The name to ask for (SNI, RFC 6066 §3); of an IP address nothing is asked. */
  readonly host: string;
  readonly certificate: CertificateDemand;
}

/** A connection that is under TLS, or why it is none; its stream is then destroyed. */
export type Secured =
  | {
      readonly ok: true;
      /** What to talk on from now; closing it closes the connection. */
      readonly socket: Duplex;
      readonly tls: TlsInfo;
      /** The certificate is not the one that was demanded. Whoever demanded it must close the connection. */
      readonly flaw?: TlsFault;
    }
  | ({ readonly ok: false } & TlsFault);

/**
 * Runs the client's side of a TLS handshake. It never rejects, and takes as long as the server does: destroy
 * the stream to end it.
 */
export type Secure = (socket: Duplex, handshake: Handshake) => Promise<Secured>;

/**
 * The client's side of TLS 1.2 and 1.3 (RFC 8996) for a transport.
 *
 * @throws ServerMisuse `BAD_CERTIFICATE`
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { tlsClient } from 'mailwright/node';
 *
 * const secure = tlsClient();
 * const socket = connect(465, 'mail.example.org');
 * const secured = await secure(socket, {
 *   host: 'mail.example.org',
 *   certificate: { kind: 'pkix', names: ['mail.example.org'] },
 * });
 * if (secured.ok && secured.flaw === undefined) secured.socket.write('EHLO client.example.org\r\n');
 * ```
 */
export function tlsClient({ authorities, certificate, clock = steadyClock }: TlsClientOptions = {}): Secure {
  const make = () =>
    secureContext({
      minVersion: 'TLSv1.2',
      ...(authorities !== undefined && { ca: authorities.map(pemText) }),
      ...(certificate !== undefined && {
        ...certificate,
        cert: pemText(certificate.cert),
        key: pemText(certificate.key),
      }),
    });
  // The authorities of Node take a while to load; whoever never meets TLS need not wait for them.
  let context = authorities === undefined && certificate === undefined ? null : make();
  return async (socket, { host, certificate: demand }) => {
    // Of a stream that is closed already nothing more would be heard.
    if (socket.destroyed) return { ok: false, why: 'validation-failure', text: 'the connection is closed' };
    context ??= make();
    const secured = connect({
      socket,
      secureContext: context,
      servername: parseIpAddress(host) === null ? host : '',
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    return await new Promise((done) => {
      const fail = (text: string) => {
        discard(secured);
        discard(socket);
        done({ ok: false, why: 'validation-failure', text });
      };
      secured.on('error', (error: NodeJS.ErrnoException & { readonly reason?: string }) =>
        fail(error.reason ?? error.message),
      );
      secured.once('close', () => fail('the connection closed during the handshake'));
      secured.once('secureConnect', () => {
        // What can't be looked at must not end the process.
        try {
          // To be asked once: the chain is not told a second time.
          const own = secured.getPeerX509Certificate();
          const flaw = faultOf(demand, secured, own, clock.now());
          const tls = clientTlsInfo(secured, own);
          done({ ok: true, socket: secured, tls, ...(flaw !== null && { flaw }) });
        } catch (error) {
          fail(error instanceof Error ? error.message : String(error));
        }
      });
    });
  };
}

/** What is wrong with a server's certificate, or `null`. */
function faultOf(
  demand: CertificateDemand,
  socket: TLSSocket,
  own: X509Certificate | undefined,
  now: number,
): TlsFault | null {
  if (demand.kind === 'any') return null;
  if (own === undefined) return { why: 'validation-failure', text: 'the server shows no certificate' };
  if (demand.kind === 'pkix') return pkixFault(demand.names, socket, own);
  const { records, names } = demand;
  const match = matchTlsa(records, { certificates: sent(own), names, now });
  if (match.matched) return null;
  return { why: match.why, text: 'no TLSA record matches the certificate of the server' };
}

/** The certificates as the server sent them, its own first; as many as the longest sound chain. */
function sent(own: X509Certificate): readonly Uint8Array[] {
  const certificates: Uint8Array[] = [];
  let each: X509Certificate | undefined = own;
  for (; each !== undefined && certificates.length < longestChain; each = each.issuerCertificate) {
    certificates.push(each.raw);
  }
  return certificates;
}

/** Certificates of a chain that are looked at. */
const longestChain = 10;

/** RFC 8461 §4.1, RFC 9525 §6: who issued it, its dates, and the names in its subjectAltName. */
function pkixFault(names: readonly string[], socket: TLSSocket, own: X509Certificate): TlsFault | null {
  if (!socket.authorized) {
    // A text, whatever the types say.
    const code = String(socket.authorizationError);
    return {
      why: pkixFaults[code] ?? 'certificate-not-trusted',
      text: `the certificate is not trusted: ${code}`,
    };
  }
  if (names.some((name) => bears(own, name))) return null;
  return { why: 'certificate-host-mismatch', text: `the certificate is for none of ${names.join(', ')}` };
}

const pkixFaults: Readonly<Record<string, TlsResultType>> = { CERT_HAS_EXPIRED: 'certificate-expired' };

/** RFC 9525 §6.3: the name in the subject counts for nothing, and a wildcard is a whole label. */
function bears(certificate: X509Certificate, name: string): boolean {
  const named =
    parseIpAddress(name) === null
      ? certificate.checkHost(name, { subject: 'never', partialWildcards: false })
      : certificate.checkIP(name);
  return named !== undefined;
}
