/**
 * What a server decides about peers and messages.
 *
 * @module policy
 */

export {
  type AuthenticateOptions,
  Authentication,
  type Authenticity,
  authenticate,
  type ConnectionFacts,
} from './authenticate.ts';
export { type AuthenticatedOptions, authenticated, dmarcReply } from './authenticated.ts';
export type { ContentSink, DataHandler, SessionVisit } from './holding.ts';
export { type ObservationFacts, observedMessage } from './observed.ts';
export { type SubmittedOptions, submitted } from './submitted.ts';
