/** The familiar shape of a parsed message. */
export type { MailAddress, MailAddresses, MailAttachment, ParsedMail } from './mail.ts';
export { type ParsedMailResult, type ParseMailLimits, parseMail } from './parse-mail.ts';
