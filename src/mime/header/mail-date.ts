/** What a date of a header field says (RFC 5322 §3.3). */

/** What is wrong with a date that can be read all the same. */
export type DateDefect =
  | 'form' // the pieces are not in their order, or there are others
  | 'character' // an octet that may not stand there
  | 'weekday' // the day of the week is another
  | 'zone'; // none, or none that can be read; UTC is assumed

/** A date and time with its zone. */
export interface MailDate {
  /** The moment, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0 to 60: leap seconds are let in. */
  readonly second: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  /** `false` for `-0000` (RFC 5322 §3.3), an unknown zone name or none: local time is not known. */
  readonly zoneKnown: boolean;
  readonly defects: readonly DateDefect[];
}
