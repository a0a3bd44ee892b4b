/** From what a server said, or a report says that it said, to what a sender can conclude from it. */

import { phrases } from './phrases.ts';
import { addressReasons, type BounceReason, codeReasons, exactDetails, usualDetails } from './reasons.ts';

/** What is known of a refusal; the text alone will do. */
export interface BounceFacts {
  /** The reply code, such as 550. Default: the one that the text begins with. */
  readonly code?: number | undefined;
  /** The enhanced status code, such as `5.1.1`; empty or absent where there is none. */
  readonly status?: string | undefined;
  /** What was said; it may begin with code and status, as a Diagnostic-Code does (RFC 3461 §9.2). */
  readonly text: string;
}

/** What a refusal means. */
export interface Bounce {
  /**
   * - `hard`: the address takes no mail, this or other; whoever sends to it again harms their own reputation.
   * - `soft`: it was this time, this message or this sender; the address may be good.
   * - `undetermined`: refused for good, and nothing tells why.
   */
  readonly kind: 'hard' | 'soft' | 'undetermined';
  readonly reason: BounceReason;
}

/** Texts come from strangers; what matters is said at their beginning. */
const mostText = 2000;

/** A reply, or what precedes one in a Diagnostic-Code, with its enhanced status: `550-5.1.1 `. */
const beginning = /^(?:smtp; ?)?([245]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/;
/** As qmail writes it: `(#5.1.1)`. */
const numbered = /#([245]\.\d{1,3}\.\d{1,3})(?![\d.])/;

/**
 * Classifies a refusal: by the enhanced status where that is exact, else by a table of what servers say, else by
 * what status and code usually mean.
 *
 * A temporary refusal is always soft. The work is bounded: no more than 2,000 characters of the text are read.
 *
 * @example
 * ```ts
 * import { classifyBounce } from 'mailwright/smtp';
 *
 * classifyBounce({ text: '550 5.1.1 No such user' }); // { kind: 'hard', reason: 'no-such-user' }
 * classifyBounce({ status: '5.0.0', text: '552 over quota' }); // { kind: 'soft', reason: 'mailbox-full' }
 * ```
 */
export function classifyBounce({ code, status = '', text }: BounceFacts): Bounce {
  const said = text.slice(0, mostText).toLowerCase();
  const [, codeSaid, statusSaid = numbered.exec(said)?.[1]] = beginning.exec(said) ?? [];
  // A report's own status is often no more than 5.0.0, where the server had said more.
  const details = [statusSaid, status].flatMap((each) => (each ? [each.slice(each.indexOf('.') + 1)] : []));
  const reason =
    firstOf(details, exactDetails) ??
    phrases.find(([, parts]) => parts.some((part) => said.includes(part)))?.[0] ??
    firstOf(details, usualDetails) ??
    firstOf(details.map(subjectOf), usualDetails) ??
    codeReasons.get(code ?? Number(codeSaid)) ??
    'other';
  const isTemporary = (statusSaid ?? codeSaid ?? (status || String(code))).startsWith('4');
  return { kind: kindOf(reason, isTemporary), reason };
}

function kindOf(reason: BounceReason, isTemporary: boolean): Bounce['kind'] {
  if (isTemporary) return 'soft';
  if (addressReasons.has(reason)) return 'hard';
  return reason === 'other' ? 'undetermined' : 'soft';
}

function firstOf(
  keys: readonly string[],
  table: ReadonlyMap<string, BounceReason>,
): BounceReason | undefined {
  for (const key of keys) {
    const reason = table.get(key);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** `1.0` gives `1`: the subject of a detail (RFC 3463 §3). */
function subjectOf(detail: string): string {
  return detail.slice(0, detail.indexOf('.'));
}
