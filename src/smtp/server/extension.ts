/**
 * What a service extension is made of: a part that advertises itself, reads its own parameters and
 * brings its own commands. A server knows exactly the extensions it was given.
 */
import type { MailParameters, RcptParameters } from '../parameters.ts';
import { type Reply, reply } from '../reply.ts';
import type { Conversation, Phase } from './conversation.ts';

/**
 * One command, with the phases in which it is legal. Elsewhere it is answered 503.
 */
export interface Command {
  /** In upper case. */
  readonly verb: string;
  readonly phases: readonly Phase[];
  /** Legal even while the server insists on TLS or authentication first (RFC 3207 §4, RFC 4954 §6). */
  readonly always?: boolean;
  /** Part of sending mail: it does not count against the commands allowed between messages. */
  readonly productive?: boolean;
  /** Runs the command. `argument` is the rest of the line, without the space after the verb. */
  run(conversation: Conversation, argument: string): void;
}

/**
 * Reads the value of one MAIL or RCPT parameter into its typed place.
 *
 * `value` is `null` where the parameter came without `=`. Returns the reply to a bad value, or
 * `null` when all is well.
 */
export type ParameterParser<P> = (value: string | null, into: P, conversation: Conversation) => Reply | null;

/** A service extension (RFC 5321 §2.2). */
export interface Extension {
  /** Its EHLO keyword. */
  readonly keyword: string;
  /** What stands behind the keyword, `''` for nothing; `null` while it is not to be offered. */
  advertise?(conversation: Conversation): string | null;
  readonly commands?: readonly Command[];
  readonly mail?: Readonly<Record<string, ParameterParser<MailParameters>>>;
  readonly rcpt?: Readonly<Record<string, ParameterParser<RcptParameters>>>;
  /** By how many octets it lengthens the longest command line (RFC 5321 §4.5.3.1.4). */
  readonly lineGrowth?: number;
}

/** The reply to a parameter whose value is malformed or not allowed (RFC 5321 §4.1.1.11, RFC 3463 §3.6). */
export function badParameter(name: string): Reply {
  return reply(501, '5.5.4', `Bad value of parameter ${name}`);
}
