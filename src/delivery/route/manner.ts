/** How servers are met: what hosts configure, with its defaults. */
import type { ClientCredentials } from '../../sasl/index.ts';
import type { Target } from '../transport.ts';
import { checkHostname, RouteMisuse } from './misuse.ts';
import type { TlsPolicy } from './tls-demand.ts';

/** How long to wait at each stage with a server, in milliseconds. */
export type ServerPatience = NonNullable<Target['patience']>;

/** How servers of one destination are met. */
export interface ServerSettings {
  readonly tls?: TlsPolicy;
  /** TLS from the first octet (RFC 8314 §3.3); `tls` is then `required` by default. Default `false`. */
  readonly implicitTls?: boolean;
  /** Names of which the certificate must bear one. Default: the server's, as DNS or the configuration has it. */
  readonly certificateNames?: readonly string[];
  /**
   * Takes any certificate where one of a certain server is demanded: by `tls`, by DANE, by MTA-STS. Whoever
   * is on the way can then read and change the mail, and each connection makes a warning. Default `false`.
   */
  readonly acceptInvalidCertificates?: boolean;
  /** Whom to authenticate as. */
  readonly credentials?: ClientCredentials;
  /** Credentials may go in clear. Default `false`. */
  readonly allowCleartext?: boolean;
  readonly patience?: ServerPatience;
}

/** The settings with all defaults. */
export interface Manner extends Pick<ServerSettings, 'certificateNames' | 'credentials' | 'patience'> {
  readonly protocol: 'smtp' | 'lmtp';
  readonly hostname: string;
  readonly tls: TlsPolicy;
  readonly implicitTls: boolean;
  readonly acceptInvalidCertificates: boolean;
  readonly allowCleartext: boolean;
  /** The servers are those that a domain published, so that sessions are of interest for its TLS reports. */
  readonly published: boolean;
}

/** @throws RouteMisuse `BAD_TLS` for TLS from the first octet that need not be, `BAD_HOSTNAME` for a name that is none */
export function mannerOf(
  settings: ServerSettings,
  fixed: Pick<Manner, 'protocol' | 'hostname' | 'published'>,
  tlsByDefault: TlsPolicy,
): Manner {
  checkHostname(fixed.hostname);
  const { implicitTls = false, acceptInvalidCertificates = false, allowCleartext = false } = settings;
  const tls = settings.tls ?? (implicitTls ? 'required' : tlsByDefault);
  if (implicitTls && (tls === 'none' || tls === 'opportunistic')) {
    throw new RouteMisuse('BAD_TLS', `implicitTls contradicts tls: '${tls}'`);
  }
  return { ...settings, ...fixed, tls, implicitTls, acceptInvalidCertificates, allowCleartext };
}
