/** Upstream accounts as data: who may use one, where its provider is, and how a token for it is had. */
import type { Secret } from '../machine/index.ts';

/** A mail provider's submission server (RFC 6409). */
export interface Provider {
  /** Its name: for the DNS, SNI and the certificate. */
  readonly host: string;
  readonly port: number;
  /**
   * `implicit`: TLS from the first octet, as on port 465 (RFC 8314 §3.3). `starttls`: as on port 587, and
   * never without it. `none`: for servers on this machine; the token goes in clear.
   */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Its IP addresses, where the DNS is not to be asked. */
  readonly addresses?: readonly string[];
}

/** How a client asks a token endpoint for access tokens (RFC 6749). */
export interface TokenGrant {
  /** `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`, `https://oauth2.googleapis.com/token`. */
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret?: Secret;
  /** How the secret is told: in the form, as most providers document it, or by HTTP Basic (RFC 6749 §2.3.1). Default `form`. */
  readonly authentication?: 'form' | 'basic';
  /** With one, the refresh token grant (RFC 6749 §6); without, client credentials (RFC 6749 §4.4). */
  readonly refreshToken?: Secret;
  /** Scopes, parted by spaces: `https://outlook.office365.com/.default`. Default: what the grant has. */
  readonly scope?: string;
}

/** What an account's provider bears, or allows. */
export interface AccountLimits {
  /** Messages on their way at once, each over a connection of its own. Default 10. */
  readonly atOnce?: number;
  /** Messages in any minute. Default unlimited. */
  readonly perMinute?: number;
  /** Messages in any hour. Default unlimited. */
  readonly perHour?: number;
}

/**
 * A mailbox at a provider that accepts mail for sending. Plain data that is not changed: an account that
 * changed is another object with the same `id`.
 */
export interface Account {
  /** Unique among the accounts; for statistics and traces. */
  readonly id: string;
  /** Logins of this proxy that may send with it. */
  readonly users: readonly string[];
  /** Addresses that mail may be from. With neither these nor `domains`: any, and the provider decides. */
  readonly addresses?: readonly string[];
  /** Domains that mail may be from. */
  readonly domains?: readonly string[];
  readonly provider: Provider;
  /** The name to authenticate as with the provider, most often the mailbox's address. */
  readonly user: string;
  readonly grant: TokenGrant;
  readonly limits?: AccountLimits;
  /** An address that takes the place of the sender that the client gave, in the envelope and in the From field. */
  readonly sender?: string;
}
