/** What a server adds to a message that is submitted to it. */
export {
  type SubmissionContext,
  type SubmissionFixes,
  type SubmissionProblem,
  submissionFixes,
} from './fixes.ts';
export { formatReceived, type ReceivedInput } from './received.ts';
