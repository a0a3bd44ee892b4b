/**
 * Upstream accounts: a synchronous proxy for submissions that go out with OAuth2 accounts of mail providers.
 *
 * {@link Upstream} is the proxy, {@link memoryAccounts} a directory of accounts to begin with. The guide is
 * [the OAuth2 proxy](../../docs/oauth-proxy.md).
 *
 * @module upstream
 */
export type { Account, AccountLimits, Provider, TokenGrant } from './account.ts';
export type { SessionLimits } from './desk.ts';
export { type AccountDirectory, memoryAccounts, type Submission } from './directory.ts';
export { UpstreamMisuse, type UpstreamMisuseCode } from './misuse.ts';
export { AccessTokens, type AccessTokensOptions, type TokenState } from './oauth/access-tokens.ts';
export type { PostForm } from './oauth/token-request.ts';
export type { TokenFailure, TokenSource } from './oauth/token-source.ts';
export type {
  AccountCounters,
  PermitCounters,
  UpstreamStatistics,
  VerdictCounters,
} from './statistics.ts';
export { type RelayTrace, Upstream, type UpstreamOptions } from './upstream.ts';
