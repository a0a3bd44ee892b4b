/**
 * What a server offers, as its reply to EHLO or LHLO tells (RFC 5321 §4.1.1.1).
 *
 *     ehlo-line    = ehlo-keyword *( SP ehlo-param )
 *     ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 */

const keywordSyntax = /^[A-Z0-9][A-Z0-9-]*$/;

/** Keywords in upper case with their parameters. Lines of another form are passed over. */
export function readExtensions(lines: readonly string[]): Map<string, string> {
  const extensions = new Map<string, string>();
  // The first line holds the server's name.
  for (const line of lines.slice(1)) {
    // Before RFC 2554 it was `AUTH=LOGIN`; servers that write so often write both.
    const text = line.replace(/^AUTH=/i, 'AUTH ').trim();
    const space = text.indexOf(' ');
    const keyword = (space < 0 ? text : text.slice(0, space)).toUpperCase();
    const parameters = space < 0 ? '' : text.slice(space + 1).trim();
    if (!keywordSyntax.test(keyword)) continue;
    const before = extensions.get(keyword);
    if (before === undefined) extensions.set(keyword, parameters);
    else if (keyword === 'AUTH') extensions.set(keyword, `${before} ${parameters}`);
  }
  return extensions;
}

/** What LIMITS told (RFC 9422 §4); `Infinity` where it told nothing. */
export interface ServerLimits {
  /** Transactions in one session. */
  readonly mails: number;
  /** Recipients in one transaction. */
  readonly recipients: number;
  /** Different domains of recipients in one transaction. */
  readonly domains: number;
}

/** RFC 9422 §3: limits are named by `NAME=VALUE`; those that are unknown or no numbers tell nothing. */
export function readLimits(extensions: ReadonlyMap<string, string>): ServerLimits {
  const values = new Map<string, number>();
  for (const word of (extensions.get('LIMITS') ?? '').split(' ')) {
    const [, name = '', value = ''] = /^([A-Z]+)=([1-9][0-9]{0,8})$/i.exec(word) ?? [];
    values.set(name.toUpperCase(), Number(value));
  }
  const limit = (name: string) => values.get(name) ?? Number.POSITIVE_INFINITY;
  return { mails: limit('MAILMAX'), recipients: limit('RCPTMAX'), domains: limit('RCPTDOMAINMAX') };
}

/** The largest message that the server takes, in octets (RFC 1870 §4: 0 and nothing mean no fixed limit). */
export function largestMessage(extensions: ReadonlyMap<string, string>): number {
  const size = extensions.get('SIZE') ?? '';
  return /^[0-9]{1,15}$/.test(size) && Number(size) > 0 ? Number(size) : Number.POSITIVE_INFINITY;
}
