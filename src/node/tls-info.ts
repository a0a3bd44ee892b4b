import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Bytes, ChannelBindings, TlsInfo } from '../machine/index.ts';

/**
 * What the handshake of a TLS socket established, seen from the server's side.
 *
 * Channel bindings are computed when they are first asked for.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:tls';
 * import { selfSignedCertificate, tlsInfo } from 'mailwright/node';
 *
 * createServer(selfSignedCertificate({ names: ['localhost'] }), (socket) => {
 *   console.log(tlsInfo(socket).version); // TLSv1.3
 * }).listen(2465);
 * ```
 */
export function tlsInfo(socket: TLSSocket): TlsInfo {
  return new EstablishedTls(socket, () => socket.getX509Certificate(), socket.getPeerX509Certificate());
}

/**
 * The same, seen from the client's side.
 *
 * @param own the server's own certificate: Node tells the whole chain only to who asks first
 */
export function clientTlsInfo(socket: TLSSocket, own: X509Certificate | undefined): TlsInfo {
  return new EstablishedTls(socket, () => own, undefined);
}

class EstablishedTls implements TlsInfo {
  readonly version: string;
  readonly cipher: string;
  readonly servername?: string;
  readonly clientCertificate?: NonNullable<TlsInfo['clientCertificate']>;
  readonly #socket: TLSSocket;
  /** The server's certificate. */
  readonly #own: () => X509Certificate | undefined;
  #channelBindings: ChannelBindings | null = null;

  constructor(
    socket: TLSSocket,
    own: () => X509Certificate | undefined,
    certificate: X509Certificate | undefined,
  ) {
    this.#socket = socket;
    this.#own = own;
    this.version = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher().standardName;
    // `false`, says Node, where no name was asked for.
    const { servername }: { readonly servername?: unknown } = socket;
    if (typeof servername === 'string' && servername !== '') this.servername = servername;
    if (certificate !== undefined) {
      this.clientCertificate = {
        authorized: socket.authorized,
        subject: certificate.subject.replaceAll('\n', ', '),
        fingerprint256: certificate.fingerprint256,
      };
    }
  }

  get channelBindings(): ChannelBindings {
    this.#channelBindings ??= bindingsOf(this.#socket, this.#own);
    return this.#channelBindings;
  }
}

function bindingsOf(socket: TLSSocket, own: () => X509Certificate | undefined): ChannelBindings {
  if (socket.destroyed) return {};
  const certificate = own();
  const endPoint = certificate === undefined ? null : endPointBinding(certificate);
  // RFC 9266 §4: under TLS 1.2 only with the extended master secret, of which Node does not tell.
  const exporter = socket.getProtocol() === 'TLSv1.3' ? exporterBinding(socket) : null;
  return {
    ...(exporter !== null && { 'tls-exporter': exporter }),
    ...(endPoint !== null && { 'tls-server-end-point': endPoint }),
  };
}

/** RFC 9266 §2. */
function exporterBinding(socket: TLSSocket): Bytes {
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

/** The hash of each signature algorithm; RFC 5929 §4.1 has SHA-256 stand for MD5 and SHA-1. */
const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256', // md5WithRSAEncryption
  '1.2.840.113549.1.1.5': 'sha256', // sha1WithRSAEncryption
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.10045.4.1': 'sha256', // ecdsa-with-SHA1
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/**
 * RFC 5929 §4.1: the hash of the server's certificate, by the hash function of its signature;
 * undefined for signatures that use none (EdDSA). Those that hide it in parameters (RSASSA-PSS) are
 * taken for such too.
 */
function endPointBinding(certificate: X509Certificate): Bytes | null {
  const hash = hashes[certificate.signatureAlgorithmOid];
  return hash === undefined ? null : createHash(hash).update(certificate.raw).digest();
}
