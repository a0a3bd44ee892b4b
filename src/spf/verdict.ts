/**
 * What a check of SPF comes to (RFC 7208 §2.6):
 *
 * - `none`: there is no domain to check, or it publishes no record.
 * - `neutral`: the domain says that it says nothing about this client.
 * - `pass`: the client may use the domain.
 * - `fail`: the client may not.
 * - `softfail`: the client probably may not.
 * - `temperror`: DNS did not answer; later it may.
 * - `permerror`: the domain's record cannot be evaluated until somebody changes it.
 */
export type SpfResult = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror';

/** One step of an evaluation, as {@link explainSpf} shows it; `depth` counts the includes and redirects around it. */
export type SpfStep = { readonly depth: number } & (
  | { readonly kind: 'record'; readonly domain: string; readonly text: string }
  | { readonly kind: 'lookup'; readonly type: string; readonly name: string; readonly outcome: string }
  | { readonly kind: 'directive'; readonly text: string; readonly matched: boolean }
  | { readonly kind: 'redirect'; readonly domain: string }
  | { readonly kind: 'result'; readonly domain: string; readonly result: SpfResult; readonly reason: string }
);

/** The result of a check, and how it came about. */
export interface SpfVerdict {
  readonly result: SpfResult;
  /** Whose word was checked: the domain of MAIL FROM, or the name in HELO or EHLO (RFC 7208 §2.3, §2.4). */
  readonly identity: 'mailfrom' | 'helo';
  /** In A-labels; as given where it is no domain. */
  readonly domain: string;
  /** Why, for people: in one line, without text from the message. */
  readonly reason: string;
  /** The directive that decided, as the record has it; absent where none did. */
  readonly directive?: string;
  /** What the domain wants to be said to a client that fails: ASCII of a stranger (RFC 7208 §6.2). */
  readonly explanation?: string;
  /** Terms that asked DNS, at most ten (RFC 7208 §4.6.4). */
  readonly lookups: number;
  /** Those of them that found nothing. */
  readonly voidLookups: number;
  /** Every step, where it was asked for. */
  readonly trace?: readonly SpfStep[];
}

/**
 * A trace as lines for people, indented by includes and redirects.
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { checkMailFrom, explainSpf } from 'mailwright/spf';
 *
 * const zone = new ZoneResolver({ 'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } });
 * const client = { ip: '192.0.2.7', helo: 'mx.example.com', mailFrom: 'bob@example.com' };
 * const { trace = [] } = await checkMailFrom(client, zone, { trace: true });
 * console.log(explainSpf(trace));
 * // TXT example.com: 1 record
 * // example.com: v=spf1 ip4:192.0.2.1 -all
 * //   ip4:192.0.2.1: no match
 * //   -all: match
 * // example.com: fail (-all)
 * ```
 */
export function explainSpf(trace: readonly SpfStep[]): string {
  return trace.map((step) => `${'  '.repeat(step.depth)}${lineOf(step)}`).join('\n');
}

function lineOf(step: SpfStep): string {
  switch (step.kind) {
    case 'record':
      return `${step.domain}: ${step.text}`;
    case 'lookup':
      return `${step.type} ${step.name}: ${step.outcome}`;
    case 'directive':
      return `  ${step.text}: ${step.matched ? 'match' : 'no match'}`;
    case 'redirect':
      return `  redirect to ${step.domain}`;
    case 'result':
      return `${step.domain}: ${step.result} (${step.reason})`;
  }
}
