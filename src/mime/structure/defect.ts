/** What is wrong with a message's structure: values, in the order of their offsets. */

/** A fault in a message's structure, and where it lies. */
export interface MimeDefect {
  /**
   * - `no-boundary`: a multipart without a boundary parameter (RFC 2046 §5.1.1); it has no parts
   * - `no-parts`: a multipart whose boundary never comes (RFC 2046 §5.1.1)
   * - `unclosed`: a multipart that ends without its closing delimiter
   * - `header-cut`: a header section ended by a delimiter or the end of the message, not by an empty line
   * - `duplicate-field`: a second Content-Type or Content-Transfer-Encoding; the first one counts
   * - `encoded-composite`: a multipart or message/rfc822 in base64 or quoted-printable (RFC 2045 §6.4)
   * - `depth`, `parts`, `header-bytes`, `boundary-length`, `line-length`: a limit was passed
   */
  readonly kind:
    | 'no-boundary'
    | 'no-parts'
    | 'unclosed'
    | 'header-cut'
    | 'duplicate-field'
    | 'encoded-composite'
    | 'depth'
    | 'parts'
    | 'header-bytes'
    | 'boundary-length'
    | 'line-length';
  /** Octets from the start of the message. */
  readonly offset: number;
}

/** Hostile mail may have a fault on each line; the first hundred tell enough. */
const most = 100;

/** Collects defects, bounded. */
export class Defects {
  readonly list: MimeDefect[] = [];
  /** All of them, also those that are not in the list. */
  count = 0;

  add(kind: MimeDefect['kind'], offset: number): void {
    this.count++;
    if (this.list.length < most) this.list.push({ kind, offset });
  }
}
