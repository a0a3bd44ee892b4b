/** A TLS report as data: how sessions with one domain's mail servers went in one period (RFC 8460 §4). */

/** Under which policy sessions were made (RFC 8460 §4.4); `unknown` stands for types defined later. */
export type TlsPolicyType = 'tlsa' | 'sts' | 'no-policy-found' | 'unknown';

/** Why sessions failed: the registry of RFC 8460 §6.6. */
export type TlsResultType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'dnssec-invalid'
  | 'dane-required'
  | 'sts-policy-fetch-error'
  | 'sts-policy-invalid'
  | 'sts-webpki-invalid';

/** Sessions that failed alike (RFC 8460 §4.4). */
export interface TlsFailure {
  /** One of {@link TlsResultType}, or what a reporter knows beyond it. */
  readonly resultType: TlsResultType | (string & {});
  readonly sendingMtaIp?: string;
  readonly receivingMxHostname?: string;
  readonly receivingMxHelo?: string;
  readonly receivingIp?: string;
  /** How many sessions. */
  readonly sessions: number;
  /** A URI with more about it. */
  readonly additionalInformation?: string;
  readonly reasonCode?: string;
}

/** The sessions under one policy. */
export interface TlsPolicyResult {
  readonly policyType: TlsPolicyType;
  /** The policy's lines, or the TLSA records; empty where there is none. */
  readonly policyStrings: readonly string[];
  readonly policyDomain: string;
  /** The patterns of an MTA-STS policy, or the names of the servers. */
  readonly mxHosts: readonly string[];
  readonly successes: number;
  readonly failures: number;
  readonly details: readonly TlsFailure[];
}

/** A TLS report. */
export interface TlsReport {
  readonly organization: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly begin: number;
  /** Milliseconds since 1970, of whole seconds: the last second of the period. */
  readonly end: number;
  readonly contact: string;
  readonly reportId: string;
  readonly policies: readonly TlsPolicyResult[];
}
