/**
 * A host composed what cannot be written as a message. `code` says what: `FIELD_NAME`, `ADDRESS`,
 * `MESSAGE_ID`, `PARAMETER`, `TOKEN`, `URI`, `CONTENT_TYPE` (it has characters that may not stand there), `NEEDS_UTF8` (an
 * address that only SMTPUTF8 can carry, without `utf8`), or `STREAMED` (a message with streamed
 * content was asked for as one run of octets).
 */
export class ComposeMisuse extends Error {
  override readonly name = 'ComposeMisuse';
  readonly code: ComposeMisuseCode;

  constructor(code: ComposeMisuseCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a {@link ComposeMisuse} is about. */
export type ComposeMisuseCode =
  | 'FIELD_NAME'
  | 'ADDRESS'
  | 'MESSAGE_ID'
  | 'PARAMETER'
  | 'TOKEN'
  | 'URI'
  | 'CONTENT_TYPE'
  | 'NEEDS_UTF8'
  | 'STREAMED';
