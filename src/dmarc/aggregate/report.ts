/** An aggregate report as data: what one receiver saw of one policy domain in one period (RFC 9990 §3.1). */
import type { AlignmentMode, DmarcPolicy } from '../record.ts';

/** A DKIM result in a report: those of RFC 8601 §2.7.1. */
export type ReportedDkim = 'none' | 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror';

/** An SPF result in a report: those of RFC 8601 §2.7.2. */
export type ReportedSpf =
  | 'none'
  | 'neutral'
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'temperror'
  | 'permerror'
  | 'policy';

/** What became of messages: `pass` is for mail that passed an enforcing policy (RFC 9990 §3.1.1.9). */
export type ReportedDisposition = 'none' | 'pass' | 'quarantine' | 'reject';

/** Why the policy was not followed (RFC 9990 §3.1.6); `forwarded` and `sampled_out` are of RFC 7489. */
export type OverrideType =
  | 'local_policy'
  | 'mailing_list'
  | 'other'
  | 'policy_test_mode'
  | 'trusted_forwarder'
  | 'forwarded'
  | 'sampled_out';

/** A policy override reason. */
export interface PolicyOverride {
  readonly type: OverrideType;
  readonly comment?: string;
}

/** One DKIM signature as the reporter verified it. */
export interface DkimAuthResult {
  /** The signature's `d=`. */
  readonly domain: string;
  /** The signature's `s=`; empty where an old reporter left it out. */
  readonly selector: string;
  readonly result: ReportedDkim;
  readonly humanResult?: string;
}

/** SPF as the reporter checked it. */
export interface SpfAuthResult {
  readonly domain: string;
  /** Only `mfrom` by RFC 9990 §3.1.1.13; `helo` in reports of RFC 7489. */
  readonly scope?: 'mfrom' | 'helo';
  readonly result: ReportedSpf;
  readonly humanResult?: string;
}

/** What an extension added (RFC 9990 §5): only that it is there. */
export interface ReportExtension {
  readonly name: string;
  /** The URI of its definition; empty where there is none. */
  readonly definition: string;
}

/** Messages alike in everything that the report tells. */
export interface AggregateRecord {
  /** An IPv4 or IPv6 address, as the reporter wrote it. */
  readonly sourceIp: string;
  /** How many messages. */
  readonly count: number;
  readonly disposition: ReportedDisposition;
  /** Whether DKIM passed and was aligned. */
  readonly dkim: 'pass' | 'fail';
  /** Whether SPF passed and was aligned. */
  readonly spf: 'pass' | 'fail';
  readonly overrides: readonly PolicyOverride[];
  readonly headerFrom: string;
  /** `null` where the reporter left it out; empty for the null path. */
  readonly envelopeFrom: string | null;
  readonly envelopeTo: string | null;
  readonly dkimResults: readonly DkimAuthResult[];
  readonly spfResults: readonly SpfAuthResult[];
  readonly extensions: readonly ReportExtension[];
}

/** The policy that the reporter saw (RFC 9990 §3.1.1.5). What a report leaves out is absent here. */
export interface PublishedPolicy {
  readonly domain: string;
  readonly p: DmarcPolicy;
  readonly sp?: DmarcPolicy;
  readonly np?: DmarcPolicy;
  readonly adkim?: AlignmentMode;
  readonly aspf?: AlignmentMode;
  readonly fo?: string;
  /** `t=y`. */
  readonly testing?: boolean;
  readonly discoveryMethod?: 'psl' | 'treewalk';
}

/** Who reports, and on which time (RFC 9990 §3.1.1.3). */
export interface ReportMetadata {
  readonly organization: string;
  /** Whom to ask. */
  readonly email: string;
  readonly extraContact?: string;
  readonly reportId: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly begin: number;
  /** Milliseconds since 1970, of whole seconds. */
  readonly end: number;
  readonly errors: readonly string[];
  readonly generator?: string;
}

/** An aggregate report. */
export interface AggregateReport {
  /** As written, such as `1.0`; `null` where there is none, as in many reports of RFC 7489. */
  readonly version: string | null;
  readonly metadata: ReportMetadata;
  readonly policy: PublishedPolicy;
  readonly records: readonly AggregateRecord[];
  readonly extensions: readonly ReportExtension[];
}
