/** Authentication as a part of a server's `data` handler: stamp what comes in, and act on DMARC. */
import { Buffer } from 'node:buffer';
import { claimsToBeOurs } from '../authres/index.ts';
import type { DmarcVerdict } from '../dmarc/index.ts';
import type { Resolver } from '../dns/index.ts';
import type { Bytes } from '../machine/index.ts';
import { editHeader, spliceMessage } from '../mime/index.ts';
import { type Envelope, type MessageEvent, type Reply, reply } from '../smtp/index.ts';
import { type AuthenticateOptions, Authentication, type Authenticity, mostAuthors } from './authenticate.ts';
import { type DataHandler, HoldingSink, type Revision, type SessionVisit } from './holding.ts';

/** How a server authenticates. */
export interface AuthenticatedOptions<Visit extends SessionVisit>
  extends Omit<AuthenticateOptions, 'signal'> {
  readonly resolver: Resolver;
  /** Names beside `authservId` that readers behind this server believe; fields with them are removed too. */
  readonly otherIds?: readonly string[];
  /**
   * What to answer, with all that was found; `undefined` takes the message. By default
   * {@link dmarcReply}. Reports are collected here as well.
   */
  readonly judge?: (
    found: Authenticity,
    message: MessageEvent,
    visit: Visit,
  ) => Reply | undefined | Promise<Reply | undefined>;
}

/**
 * Puts authentication before a `data` handler: each message is checked while it comes in, refused as its
 * author's domain asks, and else handed on with an Authentication-Results field at its top, and without
 * those that claim to be ours (RFC 8601 §5).
 *
 * The field stands before the content and is known only after it, so a message is held in memory until
 * it is complete: what the server advertises as SIZE, times its sessions, is the most that this takes.
 * Mail of clients that have logged in is handed on unseen.
 *
 * @example
 * ```ts
 * import { CachingResolver, systemDns, WireResolver } from 'mailwright/dns';
 * import { SmtpServer } from 'mailwright/node';
 * import { authenticated } from 'mailwright/policy';
 * import { spoolTo } from 'mailwright/reception';
 * import { mx } from 'mailwright/smtp';
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const resolver = new CachingResolver(new WireResolver(systemDns()));
 * const checks = { resolver, authservId: 'mx.example.org' };
 * const data = authenticated(spoolTo(new MemorySpool()), checks);
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', ...data });
 * ```
 */
export function authenticated<Visit extends SessionVisit>(
  handler: DataHandler<Visit>,
  options: AuthenticatedOptions<Visit>,
): DataHandler<Visit> {
  return {
    async data(envelope, visit) {
      const sink = await handler.data(envelope, visit);
      return 'write' in sink && visit.session.identity === null
        ? new HoldingSink(sink, new Checks(envelope, visit, options))
        : sink;
    },
  };
}

class Checks<Visit extends SessionVisit> implements Revision {
  readonly #visit: Visit;
  readonly #options: AuthenticatedOptions<Visit>;
  readonly #authentication: Authentication;

  constructor(envelope: Envelope, visit: Visit, options: AuthenticatedOptions<Visit>) {
    this.#visit = visit;
    this.#options = options;
    const { connection, greeting } = visit.session;
    const { remote } = connection;
    this.#authentication = new Authentication(
      {
        ip: remote.family === 'unix' ? null : remote.address,
        helo: greeting?.name ?? '',
        mailFrom: envelope.from,
      },
      options.resolver,
      { ...options, signal: visit.signal },
    );
  }

  write(chunk: Bytes): void {
    this.#authentication.write(chunk);
  }

  async revise(content: Buffer, message: MessageEvent): Promise<readonly Bytes[] | Reply> {
    const found = await this.#authentication.finish();
    const fault = headerFault(found);
    if (fault !== null) return fault;
    const { judge = ({ dmarc }: Authenticity) => dmarcReply(dmarc) } = this.#options;
    return (await judge(found, message, this.#visit)) ?? this.#stamped(content, found.field);
  }

  #stamped(content: Bytes, field: string): readonly Bytes[] {
    const { authservId, otherIds = [] } = this.#options;
    const splices = editHeader(content, [
      { kind: 'add', field: Buffer.from(field) },
      {
        kind: 'remove',
        name: 'Authentication-Results',
        which: (each) => claimsToBeOurs(each, [authservId, ...otherIds]),
      },
    ]);
    return spliceMessage(content, splices).pieces;
  }
}

/** Header sections that are not read to their end: a forged field might stay in the rest. */
const unreadable = new Set(['too-many-fields', 'too-large']);
const badHeader = reply(554, '5.6.0', 'Header section too large');
/** More than are looked at: one whose policy matters might stay among the rest. */
const badAuthors = reply(554, '5.6.0', 'Too many domains in From');

function headerFault({ header, author }: Authenticity): Reply | null {
  if (header === null || header.defects.some(({ kind }) => unreadable.has(kind))) return badHeader;
  return !author.ok && author.domains.length > mostAuthors ? badAuthors : null;
}

/**
 * What a server answers that follows DMARC: a refusal where the author's domain asks for it, and
 * `undefined` where the message may be taken. Mail to be quarantined is taken, and so is what DNS does
 * not tell (RFC 9989 §4.10.1 leaves both to the receiver).
 *
 * @example
 * ```ts
 * import type { DmarcVerdict } from 'mailwright/dmarc';
 * import { dmarcReply } from 'mailwright/policy';
 *
 * declare const verdict: DmarcVerdict;
 * dmarcReply(verdict)?.code; // 550, or undefined
 * ```
 */
export function dmarcReply({ disposition, authorDomain }: DmarcVerdict): Reply | undefined {
  if (disposition !== 'reject') return undefined;
  return reply(550, '5.7.1', `Rejected by the DMARC policy of ${authorDomain}`);
}
