/**
 * The DMARC policy record: a list of tags in a TXT record (RFC 9989 §4.7, §4.8).
 *
 * A record is what it says as far as it can be read: unknown and removed tags are ignored, and a tag
 * whose value is malformed counts as absent (RFC 9989 §4.8). Only what stands first, `v=DMARC1`, decides
 * whether it is a record at all.
 */
import { parseReportUris } from './report-uri.ts';

/** What a domain owner asks for mail that fails (RFC 9989 §4.7, `p`). */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** Alignment mode: `r`, the same organizational domain, or `s`, the same domain (RFC 9989 §4.4). */
export type AlignmentMode = 'r' | 's';

/** When to send a failure report (RFC 9989 §4.7, `fo`). */
export type FailureOption = '0' | '1' | 'd' | 's';

/** What is wrong with a record that is read all the same. */
export type DmarcDefect =
  | 'syntax' // something between semicolons that is no tag
  | 'duplicate-tag' // the first one counts
  | 'bad-value' // the tag counts as absent
  | 'bad-policy' // `p`, `sp` or `np` has a value that is none
  | 'no-policy' // no `p`
  | 'bad-uri' // left out
  | 'too-long'; // what is over the bound was not read

/**
 * A DMARC policy record, with the defaults of tags it does not have.
 *
 * Where `p` is missing, or a policy is malformed, the record counts as `p=none` and no more
 * (RFC 9989 §4.10.1).
 */
export interface DmarcRecord {
  /** For the domain itself, and its subdomains unless they have their own. */
  readonly p: DmarcPolicy;
  /** For subdomains that exist. */
  readonly sp?: DmarcPolicy;
  /** For subdomains that do not exist. */
  readonly np?: DmarcPolicy;
  readonly adkim: AlignmentMode;
  readonly aspf: AlignmentMode;
  /** `y`: a public suffix; `n`: an organizational domain; `u`: whatever the tree walk says. */
  readonly psd: 'y' | 'n' | 'u';
  /** `t=y`: the owner is testing, and asks for the policy one level below. */
  readonly testing: boolean;
  readonly fo: readonly FailureOption[];
  /** Where aggregate reports go, in order; only URIs that can be read. */
  readonly rua: readonly string[];
  /** Where failure reports go. */
  readonly ruf: readonly string[];
  /** Of RFC 7489 §6.3, removed by RFC 9989: only the public-suffix method heeds it. 100 by default. */
  readonly pct: number;
  /**
   * Set where there is no policy that could be followed, and no `rua` that could be told of mail: no
   * message is to be judged by the record (RFC 9989 §4.10.1). In a tree walk it counts all the same.
   */
  readonly unusable?: 'bad-policy' | 'no-policy';
  readonly defects: readonly DmarcDefect[];
}

/** Characters read; real records stay under 1000, and a TXT record may hold 65,535. */
const longestRecord = 8192;

/**
 * Parses a DMARC policy record.
 *
 * @param text - the TXT record, its strings joined
 * @returns `null` for another's TXT record: one that does not begin with `v=DMARC1`
 *
 * @example
 * ```ts
 * import { parseDmarcRecord } from 'mailwright/dmarc';
 *
 * parseDmarcRecord('v=DMARC1; p=reject; rua=mailto:dmarc@example.com')?.p; // 'reject'
 * ```
 */
export function parseDmarcRecord(text: string): DmarcRecord | null {
  const defects = new Set<DmarcDefect>();
  if (text.length > longestRecord) defects.add('too-long');
  const parts = text.slice(0, longestRecord).split(';');
  // RFC 9989 §4.8: `v` is a name like any other, "DMARC1" is case-sensitive.
  const version = tagOf(parts[0] ?? '');
  if (version === null || version.name !== 'v' || version.value !== 'DMARC1') return null;

  const tags = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    if (index === 0 || part.trim() === '') continue;
    const tag = tagOf(part);
    if (tag === null) defects.add('syntax');
    else if (tags.has(tag.name)) defects.add('duplicate-tag');
    else tags.set(tag.name, tag.value);
  }

  const read = <T extends string>(name: string, values: readonly T[], fault: DmarcDefect): T | undefined => {
    const value = tags.get(name)?.toLowerCase();
    if (value === undefined) return undefined;
    const known = values.find((each) => each === value);
    if (known === undefined) defects.add(fault);
    return known;
  };
  const uris = (name: string): readonly string[] => {
    const value = tags.get(name);
    if (value === undefined) return [];
    const { uris, faults } = parseReportUris(value);
    if (faults) defects.add('bad-uri');
    return uris;
  };

  const rua = uris('rua');
  const ruf = uris('ruf');
  const p = read('p', policies, 'bad-policy');
  const sp = read('sp', policies, 'bad-policy');
  const np = read('np', policies, 'bad-policy');
  if (p === undefined && !tags.has('p')) defects.add('no-policy');
  const fault = (['bad-policy', 'no-policy'] as const).find((each) => defects.has(each));
  const record: DmarcRecord = {
    p: fault === undefined && p !== undefined ? p : 'none',
    ...(fault === undefined && sp !== undefined && { sp }),
    ...(fault === undefined && np !== undefined && { np }),
    adkim: read('adkim', modes, 'bad-value') ?? 'r',
    aspf: read('aspf', modes, 'bad-value') ?? 'r',
    psd: read('psd', ['y', 'n', 'u'], 'bad-value') ?? 'u',
    testing: read('t', ['y', 'n'], 'bad-value') === 'y',
    fo: failureOptions(tags.get('fo'), defects),
    rua,
    ruf,
    pct: percentage(tags.get('pct')),
    ...(fault !== undefined && rua.length === 0 && { unusable: fault }),
    defects: [],
  };
  return { ...record, defects: [...defects] };
}

const policies = ['none', 'quarantine', 'reject'] as const;
const modes = ['r', 's'] as const;

/** `dmarc-tag = 1*ALPHA equals 1*dmarc-value` (RFC 9989 §4.8); names are case-insensitive. */
function tagOf(part: string): { name: string; value: string } | null {
  const equals = part.indexOf('=');
  if (equals === -1) return null;
  const name = part.slice(0, equals).trim().toLowerCase();
  const value = part.slice(equals + 1).trim();
  return /^[a-z]+$/.test(name) && /^[ -~]+$/.test(value) ? { name, value } : null;
}

/** `fo`: 0 and 1 exclude one another; each value stands once (RFC 9989 §4.7). */
function failureOptions(value: string | undefined, defects: Set<DmarcDefect>): readonly FailureOption[] {
  if (value === undefined) return ['0'];
  const words = value.split(':').map((word) => word.trim().toLowerCase());
  const known = words.filter((word): word is FailureOption => /^[01ds]$/.test(word));
  const distinct = new Set(known);
  if (
    known.length < words.length ||
    distinct.size < known.length ||
    (distinct.has('0') && distinct.has('1'))
  ) {
    defects.add('bad-value');
    return ['0'];
  }
  return [...distinct];
}

function percentage(value: string | undefined): number {
  return value !== undefined && /^\d{1,3}$/.test(value) && Number(value) <= 100 ? Number(value) : 100;
}
