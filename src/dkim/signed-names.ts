/** Which header fields are signed, where the host does not say (RFC 6376 §5.4.1, RFC 8058 §4). */

/** Signed once for each time that they occur, and once more, so that nobody can add another. */
const oversigned = ['from', 'reply-to', 'subject', 'to', 'cc'];

/** The same, but only where they occur: forwarders add them rightfully. */
const oversignedIfThere = [
  'sender',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** Signed as often as they occur. */
const signed = [
  'content-id',
  'content-description',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'feedback-id',
  'autocrypt',
];

/**
 * The names for `h=`, from how often each lower-case name occurs.
 *
 * @example
 * ```ts
 * import { namesToSign } from 'mailwright/dkim';
 *
 * namesToSign((name) => (name === 'from' ? 1 : 0)); // ['from', 'from', 'reply-to', 'subject', 'to', 'cc']
 * ```
 */
export function namesToSign(occurrences: (name: string) => number): string[] {
  const times = (name: string, count: number) => new Array<string>(count).fill(name);
  return [
    ...oversigned.flatMap((name) => times(name, occurrences(name) + 1)),
    ...oversignedIfThere.flatMap((name) => {
      const count = occurrences(name);
      return times(name, count === 0 ? 0 : count + 1);
    }),
    ...signed.flatMap((name) => times(name, occurrences(name))),
  ];
}
