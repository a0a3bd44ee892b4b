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
export {
  type AuthenticatedOptions,
  type AuthenticatedVisit,
  authenticated,
  type ContentSink,
  type DataHandler,
  dmarcReply,
} from './authenticated.ts';
export { type ObservationFacts, observedMessage } from './observed.ts';
