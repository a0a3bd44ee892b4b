/**
 * What tests of a host, a handler or a store of one's own need: transcripts, fuzzing, recordings, a virtual clock
 * and network, scripted peers, and suites for implementations of this library's contracts.
 *
 * The guide is [Testing](../../docs/testing.md).
 *
 * @module testing
 */
export { type Zone, type ZoneRecords, ZoneResolver } from '../dns/index.ts';
export { type CredentialsUnderTest, credentialsSuite } from './credentials.ts';
export {
  FuzzFailure,
  type FuzzFixture,
  type FuzzOptions,
  type FuzzReport,
  fuzz,
  type Probe,
} from './fuzz.ts';
export { type FuzzSubject, fuzzMachine, type MachineFuzzOptions } from './fuzz-machine.ts';
export { type MutationSource, mutant } from './mutation.ts';
export type { PeerConnection, PeerMessage } from './peer-record.ts';
export {
  greylisting,
  type PeerMoment,
  type PeerReaction,
  type PeerRule,
  type PeerScript,
  type PeerStage,
} from './peer-script.ts';
export { SeededRandom } from './random.ts';
export { type ReadyMail, type ReadyMails, readyMails } from './ready-mail.ts';
export type { JsonValue } from './recorded-value.ts';
export {
  type Recorded,
  type RecordedCall,
  type Recording,
  ReplayDivergence,
  record,
  replay,
} from './recording.ts';
export { reportStoreSuite } from './report-store.ts';
export { ScriptedPeer, type ScriptedPeerOptions } from './scripted-peer.ts';
export { type SpoolUnderTest, type SuiteCase, spoolSuite } from './spool.ts';
export { suppressionListSuite } from './suppression-list.ts';
export {
  runTranscripts,
  type TranscriptReport,
  type TranscriptSubject,
} from './transcript.ts';
export {
  readTranscripts,
  type Transcript,
  type TranscriptDecision,
  type TranscriptExpectation,
  TranscriptFailure,
  type TranscriptInput,
  type TranscriptTurn,
} from './transcript-syntax.ts';
export {
  type RunOptions,
  VirtualClock,
  VirtualClockError,
  type VirtualClockErrorCode,
  type VirtualClockOptions,
} from './virtual-clock.ts';
export {
  type Accept,
  type FaultMoment,
  type Link,
  type LinkFault,
  type Partition,
  VirtualNetwork,
  type VirtualNetworkOptions,
} from './virtual-network.ts';
export { type VirtualCertificate, virtualTlsClient, virtualTlsUpgrade } from './virtual-tls.ts';
