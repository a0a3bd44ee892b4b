import type { Bytes } from './segment.ts';

/**
 * Octets that tie an authentication exchange to one TLS connection (RFC 5929, RFC 9266).
 *
 * Only the types that the driver could obtain are present.
 */
export interface ChannelBindings {
  /** RFC 9266 §2: 32 octets exported under the label `EXPORTER-Channel-Binding`. */
  readonly 'tls-exporter'?: Bytes;
  /** RFC 5929 §4.1: the hash of the server's own certificate. */
  readonly 'tls-server-end-point'?: Bytes;
}

/** What a finished TLS handshake established, as plain data. */
export interface TlsInfo {
  /** The protocol as OpenSSL names it: `TLSv1.3`. */
  readonly version: string;
  /** The cipher suite's standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The host name that the client asked for (SNI, RFC 6066 §3). */
  readonly servername?: string;
  /** The client's certificate, where one was asked for and given. */
  readonly clientCertificate?: {
    /** Whether it chains to a trusted authority; a host must not rely on the rest when false. */
    readonly authorized: boolean;
    /** The subject as one line: `CN=client.example, O=Example`. */
    readonly subject: string;
    /** SHA-256 of the certificate in colon-separated upper-case hexadecimal. */
    readonly fingerprint256: string;
  };
  readonly channelBindings?: ChannelBindings;
}
