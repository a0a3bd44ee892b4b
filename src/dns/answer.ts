/** What a name server can say to a question, as values. */

/** Where mail for a domain goes (RFC 1035 §3.3.9); the `exchange` of a null MX is empty (RFC 7505 §3). */
export interface MxData {
  readonly preference: number;
  readonly exchange: string;
}

/** Where a service of a domain runs (RFC 2782); the `target` is empty where there is none. */
export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** Who may issue certificates for a domain (RFC 8659 §4.1). */
export interface CaaData {
  /** An octet; the bit of 128 says that an issuer must know the tag. */
  readonly flags: number;
  /** In lower case: `issue`, `issuewild`, `iodef`, ... */
  readonly tag: string;
  readonly value: string;
}

/** Which certificate or key a TLS server shows (RFC 6698 §2.1). */
export interface TlsaData {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  readonly data: Uint8Array;
}

/**
 * What a record of each type holds.
 *
 * Domain names are in lower case and without the dot at the end. AAAA addresses may be in any form
 * of RFC 4291 §2.2. TXT is the record's character-strings joined, as every use in mail wants them,
 * one character (U+0000 to U+00FF) for each octet.
 */
export interface RecordData {
  readonly A: string;
  readonly AAAA: string;
  readonly MX: MxData;
  readonly TXT: string;
  readonly PTR: string;
  readonly CNAME: string;
  readonly SRV: SrvData;
  readonly CAA: CaaData;
  readonly TLSA: TlsaData;
}

/** The types of records that can be asked for. */
export type RecordType = keyof RecordData;

/** Records of the type that was asked for; at least one. */
export interface Found<Data> {
  readonly status: 'ok';
  readonly records: readonly Data[];
  /** Whose records these are: the name asked for, or the end of the CNAME chain that starts there. */
  readonly name: string;
  /** Seconds for which the answer holds: the lowest TTL of the records and the CNAMEs before them. */
  readonly ttl: number;
  /** DNSSEC proved it: the AD bit of a resolver that the host trusts to validate (RFC 4035 §3.2.3). */
  readonly authentic: boolean;
}

/**
 * There is no such record, and that is certain:
 *
 * - `nxdomain`: the name does not exist, nor any below it (RFC 8020 §2); or no name in DNS can be so.
 * - `nodata`: the name exists and has no records of this type (RFC 2308 §2.2).
 */
export interface Absent {
  readonly status: 'nxdomain' | 'nodata';
  /** Seconds for which the absence holds (RFC 2308 §5). */
  readonly ttl: number;
  readonly authentic: boolean;
}

/**
 * Why nothing is known:
 *
 * - `timeout`: no server answered in time.
 * - `servfail`: the server could not find out, or DNSSEC says that the answer is forged.
 * - `refused`: the server does not want to answer, or does not know how.
 * - `network`: the server cannot be reached.
 * - `malformed`: what came is no answer to the question.
 * - `alias-loop`: the CNAME chain is endless or too long.
 * - `aborted`: the caller's signal ended the wait.
 */
export type FailureReason =
  | 'timeout'
  | 'servfail'
  | 'refused'
  | 'network'
  | 'malformed'
  | 'alias-loop'
  | 'aborted';

/** Nothing is known; asking later may help. */
export interface Failed {
  readonly status: 'failure';
  readonly why: FailureReason;
  /** For people: which server said or did what. */
  readonly text: string;
}

/** What became of a question, of which each status is told apart from the others. */
export type Answer<Data> = Found<Data> | Absent | Failed;

/** The answer to a question for records of type `Type`. */
export type AnswerFor<Type extends RecordType> = Answer<RecordData[Type]>;
