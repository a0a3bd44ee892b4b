/** What an Authentication-Results field says (RFC 8601 §2). */

/** The result of one method. */
export interface MethodResult {
  /** `dkim`, `spf`, `dmarc`, `arc`, `iprev`, `auth`, ... in lower case (RFC 8601 §2.7). */
  readonly method: string;
  /** `pass`, `fail`, ... in lower case. */
  readonly result: string;
  /** `reason=`: why, for people. */
  readonly reason?: string;
  /** A comment after the result, without its parentheses. */
  readonly comment?: string;
  /** What was looked at: `{ 'smtp.mailfrom': 'example.com', 'header.d': 'example.com' }` (RFC 8601 §2.3). */
  readonly properties?: Readonly<Record<string, string>>;
}

/** An Authentication-Results field; without results it says `none`. */
export interface AuthenticationResults {
  /** Who checked: a name that a domain has for this purpose, often its host's (RFC 8601 §2.5). */
  readonly authservId: string;
  readonly results: readonly MethodResult[];
}
