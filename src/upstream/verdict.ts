/**
 * What a client is told of its message: the provider's own words where there are any.
 *
 * All that the owner of the proxy or of the account can mend is answered 4yz: the client keeps the message
 * and tries again (RFC 5321 §4.2.1). Nothing that a provider or a token endpoint said about credentials
 * is passed on.
 */
import {
  type EnhancedStatus,
  type MissingExtension,
  type RecipientResult,
  type Reply,
  reply,
  type ServerReply,
  type SmtpFailure,
  type SmtpFailureReason,
} from '../smtp/index.ts';
import { isTokenRefusal } from './account-transport.ts';
import type { Unavailable } from './permits.ts';

/** What became of a message for one recipient. */
export function replyTo(result: RecipientResult): Reply {
  if (isTokenRefusal(result)) return tokenRefused;
  switch (result.result) {
    case 'accepted':
      return repeated(result.reply);
    case 'refused':
      return repeated(result.reply);
    case 'postponed':
      // RFC 5321 §4.5.3.1.10
      return reply(452, '4.5.3', 'Too many recipients for the provider');
    case 'unsuitable':
      return unsuitable[result.missing];
    case 'failed':
      return failed(result.failure);
  }
}

/**
 * The one reply that tells of all recipients. Of a message that was not taken for each of them it is the gravest
 * refusal, with the recipient's name; those who were only postponed may be so for the sake of others.
 */
export function replyToAll(results: readonly RecipientResult[], paths: readonly string[]): Reply {
  const verdicts = results.map(replyTo);
  const gravity = (place: number) =>
    results[place]!.result === 'postponed' ? 3 : Math.trunc(verdicts[place]!.code / 100);
  let worst = 0;
  for (const place of verdicts.keys()) if (gravity(place) > gravity(worst)) worst = place;
  const verdict = verdicts[worst]!;
  if (verdicts.length === 1 || !named.has(results[worst]!.result)) return verdict;
  const [first = '', ...lines] = [verdict.text].flat();
  return { ...verdict, text: [`<${paths[worst]}>: ${first}`, ...lines] };
}

/** What is about a recipient, rather than about the message. */
const named: ReadonlySet<RecipientResult['result']> = new Set(['refused', 'unsuitable']);

/** 421 and 521 would end the client's session too, which is none of theirs (RFC 5321 §3.8, RFC 7504 §3). */
const gentle: Readonly<Record<number, number>> = { 421: 451, 521: 554 };

/** A reply as the provider gave it. */
function repeated({ code, enhanced, lines }: ServerReply): Reply {
  const status = enhanced ?? `${Math.trunc(code / 100)}.0.0`;
  return { code: gentle[code] ?? code, enhanced: status as EnhancedStatus, text: lines };
}

const unsuitable: Readonly<Record<MissingExtension, Reply>> = {
  // RFC 1870 §6.2
  size: reply(552, '5.3.4', 'The message is too large for the provider'),
  // RFC 6531 §3.5
  smtputf8: reply(550, '5.6.7', 'The provider takes no internationalized addresses'),
  '8bitmime': reply(554, '5.6.3', 'The provider takes no 8-bit content'),
  binarymime: reply(554, '5.6.3', 'The provider takes no binary content'),
  // RFC 8689 §4.2.1
  requiretls: reply(550, '5.7.30', 'The provider does not offer REQUIRETLS'),
  // RFC 3463 §3.4
  deliverby: reply(550, '5.3.3', 'The provider does not offer DELIVERBY'),
  // RFC 7293 §14
  rrvs: reply(550, '5.7.19', 'The provider does not offer RRVS'),
};

const statusOf: Readonly<Record<SmtpFailureReason, EnhancedStatus>> = {
  refused: '4.3.2',
  timeout: '4.4.2',
  gone: '4.4.2',
  protocol: '4.5.0',
  'tls-missing': '4.7.5',
  'tls-failed': '4.7.5',
  'auth-missing': '4.7.0',
  'auth-failed': '4.7.0',
  content: '4.3.0',
};

const tokenRefused = reply(451, statusOf['auth-failed'], 'The provider did not take the access token');

/** The provider could not be talked to, or no further. */
export function failed({ why, stage, text, reply: said }: SmtpFailure): Reply {
  const status = stage === 'connect' && why !== 'refused' ? '4.4.1' : statusOf[why];
  if (why === 'auth-failed') return tokenRefused;
  return reply(451, status, said?.lines ?? text);
}

/** RFC 3463 §3.4: excessive load. */
export function crowded(what: string): Reply {
  return reply(451, '4.3.2', `${what}, try again later`);
}

/** Permits were not to be had; nobody reads the reply to one who is gone. */
export function unavailable(why: Unavailable): Reply {
  return crowded(why === 'full' ? 'Too many messages are waiting' : 'Waited too long for other messages');
}
