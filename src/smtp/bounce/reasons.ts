/** Why mail is refused, as a few words that a host can act on. */

/**
 * The reason of a refusal.
 *
 * - `no-such-user`, `no-such-domain`: there is no such mailbox; the domain does not exist or takes no mail.
 * - `disabled`, `moved`: the mailbox was closed; its owner has another one, or is another one.
 * - `mailbox-full`: over quota.
 * - `too-large`: the message is larger than what is taken there.
 * - `spam`: the content looks like unwanted mail. `content`: it is harmful, or its form is at fault.
 * - `blocked`: the sending host or its network is listed somewhere, or has a bad reputation.
 * - `auth`: SPF, DKIM, DMARC, names in DNS or a login did not pass.
 * - `sender`: the sender's address is not liked.
 * - `policy`: any other rule of that place. `relaying`: the server does not take mail for that domain.
 * - `rate`: too much, too fast. `greylisted`: come back in a while.
 * - `dns`, `connection`, `tls`: the server could not be found, reached, or reached safely.
 * - `expired`: given up after many attempts. `loop`: the message went in circles.
 * - `system`: the server has trouble of its own. `protocol`: the two did not understand one another.
 * - `other`: nothing tells.
 */
export type BounceReason =
  | 'no-such-user'
  | 'no-such-domain'
  | 'disabled'
  | 'moved'
  | 'mailbox-full'
  | 'too-large'
  | 'spam'
  | 'content'
  | 'blocked'
  | 'auth'
  | 'sender'
  | 'policy'
  | 'relaying'
  | 'rate'
  | 'greylisted'
  | 'dns'
  | 'connection'
  | 'tls'
  | 'expired'
  | 'loop'
  | 'system'
  | 'protocol'
  | 'other';

/** Reasons that lie in the address, so that no later message will fare better. */
export const addressReasons: ReadonlySet<BounceReason> = new Set<BounceReason>([
  'no-such-user',
  'no-such-domain',
  'disabled',
  'moved',
]);

/** Details of enhanced status codes that mean one thing wherever they are used (RFC 3463 §3, RFC 5248 §2.4). */
export const exactDetails: ReadonlyMap<string, BounceReason> = new Map([
  ['1.1', 'no-such-user'],
  ['1.2', 'no-such-domain'],
  ['1.3', 'no-such-user'],
  ['1.6', 'moved'],
  ['1.7', 'sender'],
  ['1.8', 'sender'],
  ['1.10', 'no-such-domain'], // RFC 7505 §4.2
  ['2.2', 'mailbox-full'],
  ['2.3', 'too-large'],
  ['3.4', 'too-large'],
  ['4.6', 'loop'],
  ['7.8', 'auth'],
  ['7.10', 'tls'],
  ['7.13', 'disabled'],
  ['7.17', 'moved'], // RFC 7293 §8
  ['7.18', 'moved'],
  ['7.20', 'auth'], // RFC 7372 §3
  ['7.21', 'auth'],
  ['7.22', 'auth'],
  ['7.23', 'auth'],
  ['7.24', 'auth'],
  ['7.25', 'auth'],
  ['7.26', 'auth'],
  ['7.27', 'sender'], // RFC 7505 §4.2
  ['7.28', 'rate'],
  ['7.29', 'auth'],
  ['7.30', 'tls'], // RFC 8689 §7
]);

/** What other details, and whole subjects, mean where the text says no more. */
export const usualDetails: ReadonlyMap<string, BounceReason> = new Map([
  ['1.4', 'no-such-user'],
  ['2.1', 'disabled'],
  ['4.1', 'connection'],
  ['4.2', 'connection'],
  ['4.3', 'dns'],
  ['4.4', 'dns'],
  ['4.7', 'expired'],
  ['5.1', 'protocol'],
  ['5.2', 'protocol'],
  ['5.3', 'rate'],
  ['5.4', 'protocol'],
  ['3', 'system'],
  ['4', 'connection'],
  ['6', 'content'],
  ['7', 'policy'],
]);

/** What a bare reply code means (RFC 5321 §4.2.3, RFC 7504 §2). */
export const codeReasons: ReadonlyMap<number, BounceReason> = new Map([
  [421, 'system'],
  [451, 'system'],
  [452, 'system'],
  [454, 'tls'],
  [500, 'protocol'],
  [501, 'protocol'],
  [502, 'protocol'],
  [503, 'protocol'],
  [504, 'protocol'],
  [521, 'no-such-domain'],
  [530, 'auth'],
  [535, 'auth'],
  [551, 'moved'],
  [552, 'mailbox-full'],
  [553, 'no-such-user'],
  [556, 'no-such-domain'],
]);
