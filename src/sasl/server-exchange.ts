/**
 * The server side of SASL (RFC 4422) as a step machine: messages of the client and answers of the
 * host go in, steps come out. It knows no line syntax; base64, `*` and `=` are the protocol's.
 *
 * Each mechanism is a generator that reads like its RFC: it yields challenges and questions, and
 * returns the outcome. It is pulled by hand, so nothing in it ever waits.
 */
import type { Bytes, VerdictFor } from '../machine/index.ts';
import { type FailureStep, failure } from './failure.ts';
import type { MechanismName, Surroundings } from './mechanism.ts';
import type { Accepted, Answer, AnswerTo, Identity, Question, Refused, Temporary } from './question.ts';

/** What happens next in a server exchange. */
export type ServerStep =
  /** Send `data`, and give the client's reply to `respond`. */
  | { readonly type: 'challenge'; readonly data: Bytes }
  /** Let the host decide, and give its word to `answer`. */
  | { readonly type: 'ask'; readonly question: Question }
  | SuccessStep
  | FailureStep;

/** The client is who it says. */
export interface SuccessStep {
  readonly type: 'success';
  readonly identity: Identity;
  /** Goes out with the protocol's success reply; only where `successData` was set. */
  readonly data?: Bytes;
}

/** How a server authenticates on one connection. */
export interface ServerOptions extends Surroundings {
  /** The mechanisms that are switched on; {@link offeredMechanisms} says which can be used now. */
  readonly mechanisms: readonly MechanismName[];
  /** That many unpredictable octets: `randomBytes` of `node:crypto`, or a fixed source in a test. */
  readonly random: (size: number) => Bytes;
  /**
   * A secret of the server, 16 octets or more, the same for all its processes and lasting: decoy
   * salts for unknown users are derived from it (RFC 5802 §7), and must not change from day to day.
   */
  readonly secret: Bytes;
  /** The iteration count told to unknown users; should be that of the real ones. Default 15,000. */
  readonly decoyIterations?: number;
  /**
   * The protocol can carry data in its success reply (ManageSieve can; SMTP, IMAP and POP3 cannot).
   * Default `false`: the data go out as one more challenge, which the client answers with nothing
   * (RFC 4422 §5, item 2b).
   */
  readonly successData?: boolean;
  /** Name of this server in a CRAM-MD5 challenge. Default `localhost`. */
  readonly hostname?: string;
  /**
   * The longest message taken from the client, in octets. Default 9216, whose base64
   * fills a line of 12288 octets (RFC 4954 §4).
   */
  readonly maxLength?: number;
}

/**
 * One authentication in progress.
 *
 * Look at `step`: a challenge awaits `respond`, a question awaits `answer`; success and failure
 * end it. Both calls return the next step. Nothing that a client sends makes it throw.
 */
export interface ServerExchange {
  /** The mechanism's registered name, or what the client named when it is none of ours. */
  readonly mechanism: string;
  readonly step: ServerStep;
  /**
   * Takes the client's reply to a challenge.
   *
   * @throws MachineMisuse when no challenge is open
   */
  respond(response: Bytes): ServerStep;
  /**
   * Takes the host's answer to the question in `step`.
   *
   * @throws MachineMisuse when that question is not open, or the answer belongs to another kind
   */
  answer<Q extends Question>(question: Q, answer: VerdictFor<Q>): ServerStep;
  /** The client gave up. It does nothing once the exchange has ended. */
  cancel(): ServerStep;
}

/** A mechanism's server side: yields what it needs, returns the outcome. */
export type ServerScript = Generator<ServerStep, SuccessStep | FailureStep, Bytes | Answer>;

/** Sends a challenge and gives the client's reply. */
export function* challenge(data: Bytes): Generator<ServerStep, Bytes, Bytes | Answer> {
  return (yield { type: 'challenge', data }) as Bytes;
}

/** Asks the host and gives its answer, whose kind the exchange has checked. */
export function* ask<Q extends Question>(question: Q): Generator<ServerStep, AnswerTo<Q>, Bytes | Answer> {
  return (yield { type: 'ask', question }) as AnswerTo<Q>;
}

/** The client's first message: its initial response, or its reply to an empty challenge (RFC 4422 §5). */
export function* firstMessage(initial: Bytes | null): Generator<ServerStep, Bytes, Bytes | Answer> {
  return initial ?? (yield* challenge(new Uint8Array(0)));
}

/** The outcome where the host's word is the last one. */
export function outcome(answer: Accepted | Refused | Temporary): SuccessStep | FailureStep {
  return answer.type === 'accepted' ? { type: 'success', identity: answer.identity } : rejection(answer);
}

/** The failure that a host's no amounts to. */
export function rejection(answer: Refused | Temporary): FailureStep {
  if (answer.type === 'temporary') return failure('temporary', 'the host cannot tell now');
  return answer.reason === 'authorization'
    ? failure('authorization', 'the host refused the authorization identity')
    : failure('refused', 'the host refused');
}
