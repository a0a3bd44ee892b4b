/** A message in the shape of mailparser's `simpleParser`, which many programs know. */

/** One mailbox or group of an address field. */
export interface MailAddress {
  readonly name: string;
  readonly address?: string | undefined;
  readonly group?: readonly MailAddress[] | undefined;
}

/** An address field. */
export interface MailAddresses {
  readonly value: readonly MailAddress[];
  readonly text: string;
  readonly html: string;
}

/** A part that is no text of the message. */
export interface MailAttachment {
  /** As the sender wrote it: make it safe with `safeFileName` before it names a file. */
  readonly filename?: string | undefined;
  readonly contentType: string;
  readonly contentDisposition?: string | undefined;
  /** With angle brackets. */
  readonly contentId?: string | undefined;
  /** Without angle brackets. */
  readonly cid?: string | undefined;
  /** It is within a multipart/related, so likely a picture of the HTML. */
  readonly related: boolean;
  readonly size: number;
  /** MD5 of the content, in hexadecimal. */
  readonly checksum: string;
  readonly content: Uint8Array;
}

/** A parsed message. Fields that the message does not have are absent. */
export interface ParsedMail {
  /** By lower-case name; of a field that comes several times, what mailparser makes of them. */
  readonly headers: ReadonlyMap<string, unknown>;
  /** All fields as they were, in order. */
  readonly headerLines: readonly { readonly key: string; readonly line: string }[];
  readonly subject?: string | undefined;
  readonly from?: MailAddresses | undefined;
  readonly to?: MailAddresses | readonly MailAddresses[] | undefined;
  readonly cc?: MailAddresses | readonly MailAddresses[] | undefined;
  readonly bcc?: MailAddresses | readonly MailAddresses[] | undefined;
  readonly replyTo?: MailAddresses | undefined;
  readonly date?: Date | undefined;
  readonly messageId?: string | undefined;
  readonly inReplyTo?: string | undefined;
  readonly references?: string | readonly string[] | undefined;
  /** The plain text; of a message that has only HTML, the text of that. */
  readonly text?: string | undefined;
  /** As the sender wrote it: sanitize it before it is shown. */
  readonly html?: string | undefined;
  readonly attachments: readonly MailAttachment[];
}
