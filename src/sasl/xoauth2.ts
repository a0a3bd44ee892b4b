/** XOAUTH2: the forerunner of OAUTHBEARER that Google and Microsoft speak (it has no RFC). */
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { bearerToken, fits, presentBearer, verifyBearer } from './bearer-token.ts';
import type { ClientScript, TokenCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import { prepared } from './saslprep.ts';
import { firstMessage, type ServerScript } from './server-exchange.ts';

// message = "user=" user %x01 "auth=Bearer " token %x01 %x01

export function* xoauth2Server(initial: Bytes | null): ServerScript {
  const fields = decodeUtf8(yield* firstMessage(initial))?.split('\x01', 5);
  const [user = '', auth = '', ...end] = fields ?? [];
  const token = auth.startsWith('auth=') ? bearerToken(auth.slice(5)) : null;
  if (!user.startsWith('user=') || token === null || end.length !== 2 || end.some((field) => field !== '')) {
    return failure('malformed', 'not a user and a bearer token');
  }
  const authzid = prepared(user.slice(5));
  if (authzid === null) return failure('refused', 'name cannot be prepared');
  return yield* verifyBearer({
    type: 'verifyToken',
    mechanism: 'XOAUTH2',
    authzid,
    token,
    host: null,
    port: null,
  });
}

export function* xoauth2Client(credentials: TokenCredentials): ClientScript {
  const { user, token } = credentials;
  if (user === '' || !fits(credentials)) {
    return failure('malformed', 'user or token does not fit into the message');
  }
  return yield* presentBearer(`user=${user}\x01auth=Bearer ${token.reveal()}\x01\x01`, '');
}
