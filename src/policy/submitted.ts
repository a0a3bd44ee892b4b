/** What a submission server does to the mail of its users: completes the header, checks its author, signs. */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { signDkim } from '../dkim/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  authorDomain,
  editHeader,
  HeaderFields,
  type SubmissionProblem,
  spliceMessage,
  submissionFixes,
} from '../mime/index.ts';
import type { SigningKey } from '../signature/index.ts';
import { type Reply, reply } from '../smtp/index.ts';
import { type DataHandler, HoldingSink, type SessionVisit } from './holding.ts';

/** How submitted messages are treated. */
export interface SubmittedOptions {
  /** This server's name: the right side of a Message-ID that is added. */
  readonly hostname: string;
  /** Keys for messages whose author is of a domain (lower-case A-labels); without any they go unsigned. */
  readonly keys?: (domain: string) => readonly SigningKey[] | undefined;
  /** Whether a user may send in an address's name (RFC 6409 §6.1). Default: any user in any name. */
  readonly owns?: (user: string, address: string) => boolean;
  /** The present time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** The left side of a Message-ID, unique for ever. Default: a random UUID. */
  readonly uniqueId?: () => string;
}

/**
 * Puts the duties of a submission server (RFC 6409 §8) before a `data` handler: mail of clients that have
 * logged in gets the Date and Message-ID that it lacks, loses its Bcc, is refused where its header is none or
 * its author is somebody else, and is signed with DKIM. Mail of others is handed on unseen.
 *
 * The signature stands before the content and is known only after it, so a message is held in memory until
 * it is complete.
 *
 * @example
 * ```ts
 * import { generateDkimKey } from 'mailwright/dkim';
 * import { SmtpServer } from 'mailwright/node';
 * import { submitted } from 'mailwright/policy';
 * import { spoolTo } from 'mailwright/reception';
 * import { SigningKey } from 'mailwright/signature';
 * import { submission } from 'mailwright/smtp';
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const { privateKey } = await generateDkimKey('ed25519');
 * const keys = [new SigningKey({ domain: 'example.org', selector: 'mail', privateKey })];
 * const data = submitted(spoolTo(new MemorySpool()), {
 *   hostname: 'mail.example.org',
 *   keys: (domain) => (domain === 'example.org' ? keys : undefined),
 * });
 * const server = new SmtpServer({ ...submission, hostname: 'mail.example.org', ...data });
 * ```
 */
export function submitted<Visit extends SessionVisit>(
  handler: DataHandler<Visit>,
  options: SubmittedOptions,
): DataHandler<Visit> {
  return {
    async data(envelope, visit) {
      const sink = await handler.data(envelope, visit);
      const user = visit.session.identity?.user;
      if (!('write' in sink) || user === undefined) return sink;
      return new HoldingSink(sink, { revise: (content) => complete(content, user, options) });
    },
  };
}

async function complete(
  content: Buffer,
  user: string,
  { hostname, keys, owns, now = Date.now, uniqueId = randomUUID }: SubmittedOptions,
): Promise<readonly Bytes[] | Reply> {
  const header = HeaderFields.scan(content);
  const { add, remove, problems } = submissionFixes(header, {
    now: now(),
    messageId: `${uniqueId()}@${hostname}`,
    ...(owns !== undefined && { user: { address: user, owns: (address: string) => owns(user, address) } }),
  });
  const [problem] = problems;
  if (problem !== undefined) return refusal(problem);
  const splices = editHeader(content, [
    ...(add === '' ? [] : [{ kind: 'add' as const, field: Buffer.from(add) }]),
    ...(remove.length === 0 ? [] : [{ kind: 'remove' as const, name: 'Bcc' }]),
  ]);
  const { pieces } = spliceMessage(content, splices);
  const author = authorDomain(header);
  const signers = author.ok ? (keys?.(author.domain) ?? []) : [];
  if (signers.length === 0) return pieces;
  return [await signDkim(Buffer.concat(pieces), { keys: signers, now }), ...pieces];
}

function refusal(problem: SubmissionProblem): Reply {
  switch (problem.kind) {
    case 'no-from':
      return reply(554, '5.6.0', 'Message has no From field (RFC 5322 section 3.6)');
    case 'no-sender':
      return reply(554, '5.6.0', 'Message has several authors and no Sender field (RFC 5322 section 3.6.2)');
    case 'several':
      return reply(554, '5.6.0', `Message has more than one ${problem.field} field (RFC 5322 section 3.6)`);
    case 'malformed':
      return reply(554, '5.6.0', `Message has a malformed ${problem.field} field`);
    case 'foreign':
      return reply(550, '5.7.1', `You may not send as ${problem.address} in the ${problem.field} field`);
  }
}
