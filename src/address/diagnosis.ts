/**
 * The vocabulary of a diagnosis: which standard an address satisfies, and what is the worst about it.
 */
import type { Mailbox } from './mailbox.ts';

/**
 * How good an address is, from best to worst:
 *
 * - `valid`: fit for any use.
 * - `unusual`: valid in SMTP, with an element that some software does not expect.
 * - `header-only`: valid in a header field; SMTP needs it without its comments and folding.
 * - `deprecated`: valid in a form that RFC 5322 §4 calls obsolete, to be read but not made.
 * - `rfc5322-only`: the grammar of RFC 5322 allows it, RFC 5321 or DNS does not.
 * - `invalid`: no address.
 */
export type AddressStanding = 'valid' | 'unusual' | 'header-only' | 'deprecated' | 'rfc5322-only' | 'invalid';

/**
 * The diagnoses, each with its standing, from the mildest to the worst: an address with several gets
 * the last of them.
 */
export const diagnoses = {
  /** Nothing to say. */
  valid: 'valid',
  /** The domain is a single label. */
  'top-level-domain': 'unusual',
  /** The last label begins with a digit. */
  'numeric-top-level-domain': 'unusual',
  /** The local part is a quoted string. */
  'quoted-string': 'unusual',
  /** An address literal in place of a domain. */
  'address-literal': 'unusual',
  /** `::` stands for a single group (RFC 5321 §4.1.3). */
  'ipv6-single-elision': 'deprecated',
  /** A comment (RFC 5322 §3.2.2). */
  comment: 'header-only',
  /** White space, folded or not (RFC 5322 §3.2.2). */
  'folding-white-space': 'header-only',
  /** The local part mixes atoms, quoted strings and comments between dots (RFC 5322 §4.4). */
  'obsolete-local-part': 'deprecated',
  /** White space beside a dot, or folded twice in a row (RFC 5322 §4.2). */
  'obsolete-folding': 'deprecated',
  /** A control character in a quoted string (RFC 5322 §4.1). */
  'obsolete-quoted-text': 'deprecated',
  /** A backslash before a control character (RFC 5322 §4.1). */
  'obsolete-quoted-pair': 'deprecated',
  /** A comment beside a dot (RFC 5322 §4.4). */
  'obsolete-comment': 'deprecated',
  /** A control character in a comment (RFC 5322 §4.1). */
  'obsolete-comment-text': 'deprecated',
  /** A comment or white space beside the `@` (RFC 5322 §3.4.1). */
  'comment-near-at': 'deprecated',
  /** The domain has characters that RFC 5321 §4.1.2 lacks, or labels that IDNA refuses. */
  'domain-characters': 'rfc5322-only',
  /** More than 254 octets (RFC 5321 §4.5.3.1.3). */
  'address-length': 'rfc5322-only',
  /** A local part of more than 64 octets (RFC 5321 §4.5.3.1.1). */
  'local-part-length': 'rfc5322-only',
  /** A domain of more than 255 octets (RFC 5321 §4.5.3.1.2). */
  'domain-length': 'rfc5322-only',
  /** A label of more than 63 octets (RFC 1035 §2.3.4). */
  'label-length': 'rfc5322-only',
  /** A domain literal that is no address literal (RFC 5321 §4.1.3). */
  'domain-literal': 'rfc5322-only',
  /** Such a literal with control characters or backslashes (RFC 5322 §4.4). */
  'obsolete-domain-literal': 'rfc5322-only',
  /** Not eight groups. */
  'ipv6-group-count': 'rfc5322-only',
  /** `::` twice. */
  'ipv6-two-elisions': 'rfc5322-only',
  /** A group that is not one to four hexadecimal digits. */
  'ipv6-bad-group': 'rfc5322-only',
  /** More groups than `::` leaves room for. */
  'ipv6-too-many-groups': 'rfc5322-only',
  /** A single colon at the beginning. */
  'ipv6-leading-colon': 'rfc5322-only',
  /** A single colon at the end. */
  'ipv6-trailing-colon': 'rfc5322-only',
  /** A character that no domain literal can hold. */
  'bad-literal-character': 'invalid',
  /** Nothing before the `@`. */
  'no-local-part': 'invalid',
  /** No `@`, or nothing behind it. */
  'no-domain': 'invalid',
  /** Two dots with nothing between them. */
  'consecutive-dots': 'invalid',
  /** Text behind a comment or white space that should have ended the word. */
  'text-after-comment': 'invalid',
  /** Text behind a quoted string. */
  'text-after-quoted-string': 'invalid',
  /** Text behind a domain literal. */
  'text-after-literal': 'invalid',
  /** A backslash before a character that is not ASCII. */
  'bad-quoted-pair': 'invalid',
  /** A character that cannot stand outside a quoted string or comment. */
  'bad-character': 'invalid',
  /** A character that no quoted string can hold. */
  'bad-quoted-character': 'invalid',
  /** A character that no comment can hold. */
  'bad-comment-character': 'invalid',
  /** A backslash with nothing behind it. */
  'trailing-backslash': 'invalid',
  /** The local part or the domain begins with a dot. */
  'leading-dot': 'invalid',
  /** The local part or the domain ends with a dot. */
  'trailing-dot': 'invalid',
  /** A label begins with a hyphen. */
  'leading-hyphen': 'invalid',
  /** A label ends with a hyphen. */
  'trailing-hyphen': 'invalid',
  /** A quoted string without its second quote. */
  'unclosed-quoted-string': 'invalid',
  /** A comment without its closing parenthesis. */
  'unclosed-comment': 'invalid',
  /** A domain literal without its closing bracket. */
  'unclosed-literal': 'invalid',
  /** A fold with no white space before the next one. */
  'consecutive-folds': 'invalid',
  /** A fold with no white space behind it. */
  'trailing-fold': 'invalid',
  /** CR without LF. */
  'bare-cr': 'invalid',
} as const satisfies Record<string, AddressStanding>;

/** What there is to say about an address; {@link diagnoses} has a sentence for each. */
export type Diagnosis = keyof typeof diagnoses;

const severity = new Map(Object.keys(diagnoses).map((diagnosis, index) => [diagnosis, index]));

/** The worse of two diagnoses. */
export function worse(one: Diagnosis, other: Diagnosis): Diagnosis {
  return severity.get(one)! > severity.get(other)! ? one : other;
}

/** What {@link diagnoseAddress} found. */
export interface AddressDiagnosis {
  readonly standing: AddressStanding;
  /** The worst finding. */
  readonly diagnosis: Diagnosis;
  /** The mailbox without comments, folding and quotes, or `null` where RFC 5321 cannot express it. */
  readonly mailbox: Mailbox | null;
}
