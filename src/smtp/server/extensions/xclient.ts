/**
 * XCLIENT (Postfix's XCLIENT_README): a trusted proxy says who the client really is, and the session
 * begins anew with that client.
 */
import { parseHeloName, parseIpAddress } from '../../../address/index.ts';
import type { ConnectionInfo, PeerAddress } from '../../../machine/index.ts';
import { reply } from '../../reply.ts';
import { greet } from '../commands/greeting.ts';
import type { Conversation } from '../conversation.ts';
import type { Command, Extension } from '../extension.ts';
import { readAttributes, type TrustOptions } from './attributes.ts';

const names = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'LOGIN', 'DESTADDR', 'DESTPORT'];
const badSyntax = reply(501, '5.5.4', 'Bad XCLIENT attributes');
const notTrusted = reply(550, '5.7.0', 'XCLIENT is not for you');

/** Offers XCLIENT to peers that the host trusts; nobody else sees or may use it. */
export function xclient({ trusts }: TrustOptions): Extension {
  const command: Command = {
    verb: 'XCLIENT',
    phases: ['greeted', 'ready'],
    productive: true,
    run(conversation, argument) {
      if (!trusts(conversation.socketConnection)) {
        conversation.fault('sequence', notTrusted);
        return;
      }
      const attributes = readAttributes(argument, names);
      const connection =
        attributes === null ? null : connectionOf(conversation.session.connection, attributes);
      if (attributes === null || connection === null) {
        conversation.fault('syntax', badSyntax);
        return;
      }
      impersonate(conversation, connection, attributes);
      greet(conversation);
    },
  };
  return {
    keyword: 'XCLIENT',
    advertise: (conversation) => (trusts(conversation.socketConnection) ? names.join(' ') : null),
    commands: [command],
  };
}

type Attributes = ReadonlyMap<string, string | null>;

function impersonate({ session }: Conversation, connection: ConnectionInfo, attributes: Attributes): void {
  session.connection = connection;
  const login = attributes.get('login');
  const helo = attributes.get('helo');
  if (attributes.has('name')) session.peerName = attributes.get('name') ?? null;
  // Another client, so whoever logged in before is not there any more.
  if (login !== undefined || attributes.has('addr')) {
    session.identity = login == null ? null : { user: login };
  }
  // What the proxy's own client said is not known to be HELO or EHLO unless PROTO tells.
  const verb = attributes.get('proto')?.toUpperCase() === 'SMTP' ? 'HELO' : 'EHLO';
  session.greeting = helo == null ? null : { verb, name: helo };
}

/** The connection with the addresses and ports that were given; `null` where one is malformed. */
function connectionOf(connection: ConnectionInfo, attributes: Attributes): ConnectionInfo | null {
  const helo = attributes.get('helo');
  if (helo != null && !parseHeloName(helo, { oddNames: 'accept' }).ok) return null;
  const remote = endOf(connection.remote, attributes.get('addr'), attributes.get('port'));
  const local = endOf(connection.local, attributes.get('destaddr'), attributes.get('destport'));
  return remote === null || local === null ? null : { remote, local };
}

function endOf(
  end: PeerAddress,
  addressText: string | null | undefined,
  portText: string | null | undefined,
): PeerAddress | null {
  const old = end.family === 'unix' ? { address: null, port: 0 } : end;
  const port = portText == null ? old.port : Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return null;
  // "IPV6:" before an IPv6 address is how Postfix writes it.
  const text = addressText?.replace(/^ipv6:/i, '') ?? old.address;
  if (text === null) return end;
  const ip = parseIpAddress(text);
  return ip === null ? null : { ...ip, port };
}
