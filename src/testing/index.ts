/**
 * What tests of a host, a handler or a store of one's own need: transcripts, fuzzing, recordings.
 *
 * @module testing
 */
export { SeededRandom } from './random.ts';
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
