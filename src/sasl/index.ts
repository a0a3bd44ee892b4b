/**
 * Authentication: SASL mechanisms as step machines, client and server, for every protocol alike.
 *
 * @module sasl
 */
export { chooseMechanism, startClient } from './client.ts';
export type {
  AnonymousCredentials,
  ClientCredentials,
  ClientExchange,
  ClientOptions,
  ClientStep,
  ExternalCredentials,
  PasswordCredentials,
  TokenCredentials,
} from './client-exchange.ts';
export type { FailureReason, FailureStep, SaslFailure } from './failure.ts';
export {
  type ChannelBindingType,
  type MechanismName,
  mechanismNames,
  type ScramHash,
  type ScramName,
  type Surroundings,
} from './mechanism.ts';
export {
  type Accepted,
  type AdmitAnonymous,
  type Answer,
  type AnswerTo,
  accepted,
  type FindCramPassword,
  type FindScramKeys,
  type Identity,
  type KeysFound,
  type PasswordFound,
  type Question,
  type Refused,
  refused,
  type Temporary,
  type TokenRefused,
  type TokenStatus,
  temporary,
  type VerifyExternal,
  type VerifyPassword,
  type VerifyToken,
} from './question.ts';
export { saslprep } from './saslprep.ts';
export { type ScramKeyOptions, type ScramKeys, scramKeys, UnpreparableText } from './scram-keys.ts';
export { offeredMechanisms, startServer } from './server.ts';
export type { ServerExchange, ServerOptions, ServerStep, SuccessStep } from './server-exchange.ts';
