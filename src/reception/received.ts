/** The trace field that each hop puts before a message (RFC 5321 §4.4). */
import { Buffer } from 'node:buffer';
import { formatPath } from '../address/index.ts';
import { formatReceived } from '../mime/index.ts';
import type { SpoolToOptions } from './spool-to.ts';

/** How the field is written. */
export interface ReceivedByOptions {
  /** The present time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Leaves out the client's name and address for users that have logged in: where they live is private. Default `false`. */
  readonly hideUsers?: boolean;
}

/**
 * A `prepend` for `spoolTo` that writes a Received field: who sent the message, how, when, and under which
 * id it is kept here.
 *
 * @param hostname - this server's name
 * @example
 * ```ts
 * import { receivedBy, spoolTo } from 'mailwright/reception';
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const data = spoolTo(new MemorySpool(), { prepend: receivedBy('mx.example.org') });
 * ```
 */
export function receivedBy(
  hostname: string,
  { now = Date.now, hideUsers = false }: ReceivedByOptions = {},
): NonNullable<SpoolToOptions['prepend']> {
  return (id, { recipients, parameters }, { session }) => {
    const { connection, greeting, identity, tls, peerName } = session;
    const [only, ...others] = recipients;
    const { remote } = connection;
    const hidden = hideUsers && identity !== null;
    const verb = greeting?.verb ?? 'HELO';
    const field = formatReceived({
      ...(!hidden && greeting !== null && { helo: greeting.name }),
      ...(!hidden && remote.family !== 'unix' && { address: remote.address }),
      ...(!hidden && peerName !== null && { host: peerName }),
      by: hostname,
      protocol: verb === 'HELO' ? 'SMTP' : verb === 'LHLO' ? 'LMTP' : 'ESMTP',
      authenticated: identity !== null,
      utf8: parameters.smtputf8 === true,
      ...(tls !== null && { cipher: tls.cipher }),
      id,
      ...(only !== undefined && others.length === 0 && { for: formatPath(only.path).slice(1, -1) }),
      date: now(),
    });
    return Buffer.from(field);
  };
}
