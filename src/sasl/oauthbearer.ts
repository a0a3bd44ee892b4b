/** OAUTHBEARER (RFC 7628): an OAuth 2.0 bearer token in place of a password. */
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { bearerToken, fits, presentBearer, verifyBearer } from './bearer-token.ts';
import type { ClientScript, TokenCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import { readGs2Header, writeGs2Header } from './gs2-header.ts';
import { preparedAuthzid } from './saslprep.ts';
import { firstMessage, type ServerScript } from './server-exchange.ts';

// RFC 7628 §3.1:
//   client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
//   kvpair      = key "=" value kvsep
//   key         = 1*(ALPHA), value = *(VCHAR / SP / HTAB / CR / LF), kvsep = %x01
const separator = '\x01';

export function* oauthBearerServer(initial: Bytes | null): ServerScript {
  const header = readGs2Header(decodeUtf8(yield* firstMessage(initial)) ?? '');
  if (header === null) return failure('malformed', 'no GS2 header');
  if (header.flag.type === 'p') return failure('channel-binding', 'OAUTHBEARER does not bind');
  const pairs = readPairs(header.rest);
  const token = bearerToken(pairs?.get('auth') ?? '');
  const port = readPort(pairs?.get('port'));
  if (pairs === null || token === null || port === undefined) {
    return failure('malformed', 'no bearer token in the key/value pairs');
  }
  const authzid = preparedAuthzid(header.authzid);
  if (authzid === undefined) return failure('refused', 'identity cannot be prepared');
  const host = pairs.get('host') ?? null;
  return yield* verifyBearer({ type: 'verifyToken', mechanism: 'OAUTHBEARER', authzid, token, host, port });
}

export function* oauthBearerClient(credentials: TokenCredentials): ClientScript {
  const { user, token, host, port } = credentials;
  if (!fits(credentials) || /[^!-~]/.test(host ?? '')) {
    return failure('malformed', 'user, host or token does not fit into the message');
  }
  const pairs = [
    ...(host === undefined ? [] : [`host=${host}`]),
    ...(port === undefined ? [] : [`port=${port}`]),
    `auth=Bearer ${token.reveal()}`,
  ];
  const opening = writeGs2Header({ type: 'n' }, user);
  return yield* presentBearer([opening, ...pairs, '', ''].join(separator), separator);
}

/** The pairs between the header and the end; `null` where the syntax or a doubled key is wrong. */
function readPairs(text: string): Map<string, string> | null {
  // Between the separators at its two ends, each pair ends in one of its own.
  if (!text.startsWith(separator) || !text.endsWith(separator + separator)) return null;
  const pairs = new Map<string, string>();
  for (const pair of text.slice(1, -2).split(separator)) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0));
    const value = pair.slice(equals + 1);
    if (!/^[A-Za-z]+$/.test(key) || !/^[\t\r\n -~]*$/.test(value) || pairs.has(key)) return null;
    pairs.set(key, value);
  }
  return pairs;
}

/** `null` where none was given, `undefined` where it is no port. */
function readPort(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return /^[0-9]{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65536 ? Number(text) : undefined;
}
