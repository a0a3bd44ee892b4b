/** The MTA-STS policy: which servers are a domain's, and that they are to be met with TLS (RFC 8461 §3.2). */

/** A policy. */
export interface MtaStsPolicy {
  /** `enforce`: no delivery without valid TLS; `testing`: deliver, and report; `none`: no policy. */
  readonly mode: 'enforce' | 'testing' | 'none';
  /** Seconds for which it holds after it was fetched. */
  readonly maxAge: number;
  /** Names in lower case, or `*.` before one; in any number, and none only where the mode is `none`. */
  readonly mx: readonly string[];
}

/** RFC 8461 §3.2: about a year. */
const longestAge = 31_557_600;
/** RFC 8461 §3.3: what a policy's text may hold. */
export const largestPolicy = 65_536;
/** Hosts of one policy; the largest senders have a dozen patterns. */
const mostPatterns = 1000;

/**
 * Parses the text of a policy; `null` where it is none. Unknown fields are passed over.
 *
 * @example
 * ```ts
 * import { parseMtaStsPolicy } from 'mailwright/mtasts';
 *
 * parseMtaStsPolicy('version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n')?.mode; // 'enforce'
 * ```
 */
export function parseMtaStsPolicy(text: string): MtaStsPolicy | null {
  if (text.length > largestPolicy) return null;
  const fields = new Map<string, string>();
  const mx: string[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) {
      if (line.trim() !== '') return null;
      continue;
    }
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (name === 'mx') mx.push(value.toLowerCase());
    // Of fields that stand twice the first counts (RFC 8461 §3.2).
    else if (!fields.has(name)) fields.set(name, value);
  }
  const mode = modes.find((each) => each === fields.get('mode'));
  const age = fields.get('max_age') ?? '';
  if (fields.get('version') !== 'STSv1' || mode === undefined || !/^\d{1,10}$/.test(age)) return null;
  if (mx.length > mostPatterns || !mx.every(isPattern) || (mode !== 'none' && mx.length === 0)) return null;
  return { mode, maxAge: Math.min(Number(age), longestAge), mx };
}

const modes = ['enforce', 'testing', 'none'] as const;

function isPattern(mx: string): boolean {
  const name = mx.startsWith('*.') ? mx.slice(2) : mx;
  return (
    name.length <= 253 &&
    name.split('.').every((label) => /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/.test(label))
  );
}

/**
 * Writes a policy as it is served.
 *
 * @example
 * ```ts
 * import { formatMtaStsPolicy } from 'mailwright/mtasts';
 *
 * formatMtaStsPolicy({ mode: 'testing', maxAge: 86400, mx: ['mx.example.com'] });
 * // 'version: STSv1\r\nmode: testing\r\nmx: mx.example.com\r\nmax_age: 86400\r\n'
 * ```
 */
export function formatMtaStsPolicy({ mode, maxAge, mx }: MtaStsPolicy): string {
  const lines = ['version: STSv1', `mode: ${mode}`, ...mx.map((each) => `mx: ${each}`), `max_age: ${maxAge}`];
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * Whether a policy names a server: a pattern's `*` stands for exactly one label (RFC 8461 §4.1).
 *
 * @param host - the name in the MX record
 *
 * @example
 * ```ts
 * import { mtaStsAllows } from 'mailwright/mtasts';
 *
 * mtaStsAllows({ mode: 'enforce', maxAge: 86400, mx: ['*.example.com'] }, 'mx1.example.com'); // true
 * ```
 */
export function mtaStsAllows({ mx }: MtaStsPolicy, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  const dot = name.indexOf('.');
  return mx.some((pattern) =>
    pattern.startsWith('*.') ? dot > 0 && name.slice(dot) === pattern.slice(1) : pattern === name,
  );
}
