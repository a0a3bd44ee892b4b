/**
 * From what a server did to what it means for a recipient.
 *
 * A reply speaks for itself. What was no reply, or was said before there was a message, is for now: only what
 * the servers of a site all lack, or all of them refuse for good, is given up.
 */
import type {
  EnhancedStatus,
  MissingExtension,
  ServerReply,
  SmtpFailure,
  SmtpStage,
} from '../../smtp/index.ts';
import type { Deferred, Delivered, Failed, OutcomeDetails, RemoteHost } from '../outcome.ts';

/** The longest text of an outcome, in characters. */
const longestText = 1000;

/**
 * The server took it.
 *
 * @param passed it was told what the sender wants to hear of, and tells it
 */
export function deliveredBy(
  reply: ServerReply,
  remote: RemoteHost,
  protocol: 'smtp' | 'lmtp',
  passed: boolean,
): Delivered {
  // RFC 3461 §5.2.1: notices pass with the message. RFC 2033 §4.2: an LMTP server that says yes has delivered.
  const how = passed ? 'passed' : protocol === 'lmtp' ? 'delivered' : 'relayed';
  return { result: 'delivered', how, ...said(reply, remote, 'end-of-data', 2) };
}

/** The server said no. */
export function refusedBy(reply: ServerReply, remote: RemoteHost, stage: SmtpStage): Deferred | Failed {
  return reply.code >= 500
    ? { result: 'failed', ...said(reply, remote, stage, 5) }
    : { result: 'deferred', ...said(reply, remote, stage, 4) };
}

/** The same, for good: a host's rule does not want it tried again. */
export function givenUp(reply: ServerReply, remote: RemoteHost, stage: SmtpStage): Failed {
  return { result: 'failed', ...said(reply, remote, stage, 5) };
}

/**
 * There was no answer about the message, because no session could be had or it broke off.
 *
 * @param ambiguous the server may have taken the message
 * @param requireTls the message demands TLS on its whole way
 */
export function brokenOff(
  failure: SmtpFailure,
  remote: RemoteHost,
  ambiguous: boolean,
  requireTls: boolean,
): Deferred | Failed {
  const { why, stage, reply, text } = failure;
  if (why === 'refused' && reply !== undefined && !ambiguous) return refusedBy(reply, remote, stage);
  // RFC 8689 §4.2.1: the server can't do what the sender demands; to wait helps only where it said so, as by 454
  // (RFC 3207 §4).
  const isLacking = why === 'tls-missing' && (reply === undefined || reply.code >= 500);
  const result = isLacking && requireTls ? 'failed' : 'deferred';
  // RFC 1047 §3: to send it again may make a second copy, not to send it again may lose it.
  const doubt = ambiguous ? '; all of the message was sent, so that it may have been taken (RFC 1047)' : '';
  const details = {
    status: statusOfFailure(failure, result === 'failed' ? 5 : 4),
    text: oneLine(`${nameOf(remote)}: ${text}${doubt}`),
    remote,
  };
  return { result, ...details, ...(reply !== undefined && { reply }) };
}

/** The server lacks what the message needs. */
export function unsuitable(missing: MissingExtension, remote: RemoteHost): Failed {
  const { status, text } = lacks[missing];
  return { result: 'failed', status, text: `${nameOf(remote)} ${text}`, remote };
}

/** The message can't be made to fit a server that takes less than eight bits, or lines. */
export function notDowngraded(why: string, remote: RemoteHost): Failed {
  const text = `${nameOf(remote)} takes only 7bit, which the message can't be made: ${why}`;
  return { result: 'failed', status: '5.6.3', text, remote };
}

/** A server takes no more recipients, and took none. */
export function noProgress(reply: ServerReply | undefined, remote: RemoteHost): Deferred {
  if (reply !== undefined) return { result: 'deferred', ...said(reply, remote, 'rcpt', 4) };
  return { result: 'deferred', status: '4.5.3', text: `${nameOf(remote)} takes no more recipients`, remote };
}

const lacks: Record<MissingExtension, { readonly status: EnhancedStatus; readonly text: string }> = {
  // RFC 6531 §3.5, with the code of RFC 6531 §4.3.
  smtputf8: { status: '5.6.7', text: 'does not take internationalized mail (SMTPUTF8)' },
  // RFC 3463 §3.7: conversion required but not supported.
  '8bitmime': { status: '5.6.3', text: 'takes only 7bit (no 8BITMIME)' },
  binarymime: { status: '5.6.3', text: 'takes only lines (no BINARYMIME)' },
  // RFC 8689 §4.2.1.
  requiretls: { status: '5.7.30', text: 'does not vouch for TLS on the further way (REQUIRETLS)' },
  // RFC 3463 §3.4: system not capable of selected features.
  deliverby: { status: '5.3.3', text: 'does not keep deadlines (DELIVERBY)' },
  // RFC 7293 §14
  rrvs: { status: '5.7.19', text: 'does not tell whose mailbox it was (RRVS)' },
  // RFC 1870 §6.1, RFC 3463 §3.4.
  size: { status: '5.3.4', text: 'does not take messages of this size' },
};

/** RFC 3463 §3: what went wrong, where no reply tells. */
function statusOfFailure({ why, stage }: SmtpFailure, family: 4 | 5): EnhancedStatus {
  switch (why) {
    case 'tls-missing':
      return `${family}.7.10`;
    case 'tls-failed':
      return `${family}.7.5`;
    case 'auth-missing':
      return `${family}.7.4`;
    case 'auth-failed':
      return `${family}.7.8`;
    case 'protocol':
      return `${family}.5.0`;
    case 'content':
      return `${family}.3.0`;
    default:
      return stage === 'connect' || stage === 'greeting' ? `${family}.4.1` : `${family}.4.2`;
  }
}

const commands: Partial<Record<SmtpStage, string>> = {
  hello: 'the greeting',
  starttls: 'STARTTLS',
  auth: 'AUTH',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  content: 'the content',
  'end-of-data': 'the end of data',
};

function said(
  reply: ServerReply,
  remote: RemoteHost,
  stage: SmtpStage,
  family: 2 | 4 | 5,
): OutcomeDetails & { readonly remote: RemoteHost } {
  const { code, enhanced, lines } = reply;
  const words = [code, enhanced, ...lines].filter((each) => each !== undefined && each !== '').join(' ');
  const command = commands[stage];
  const after = command === undefined ? '' : ` (in reply to ${command})`;
  return {
    status: statusOf(enhanced, family),
    text: oneLine(`${nameOf(remote)} said: ${words}${after}`),
    reply,
    remote,
  };
}

/** RFC 2034 §4: a status counts only within its own class; `X.0.0` says no more than the class. */
function statusOf(enhanced: string | undefined, family: 2 | 4 | 5): EnhancedStatus {
  return enhanced?.startsWith(`${family}.`) ? (enhanced as EnhancedStatus) : `${family}.0.0`;
}

function nameOf({ host, address }: RemoteHost): string {
  return address === undefined || address === host ? host : `${host}[${address}]`;
}

const notText = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

function oneLine(text: string): string {
  return (text.length > longestText ? text.slice(0, longestText) : text).replace(notText, ' ');
}
