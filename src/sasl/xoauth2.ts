/** XOAUTH2: the forerunner of OAUTHBEARER that Google and Microsoft speak (it has no RFC). */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { bearerToken, readTokenStatus, writeTokenStatus } from './bearer-token.ts';
import type { ClientScript, TokenCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import { prepared } from './saslprep.ts';
import { ask, challenge, firstMessage, outcome, type ServerScript } from './server-exchange.ts';

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
  const answer = yield* ask({
    type: 'verifyToken',
    mechanism: 'XOAUTH2',
    authzid,
    token,
    host: null,
    port: null,
  });
  // The client replies to the status with an empty message; only then the exchange fails.
  if (answer.type === 'refused') {
    yield* challenge(writeTokenStatus(answer.status ?? { status: 'invalid_token' }));
  }
  return outcome(answer);
}

export function* xoauth2Client({ user, token }: TokenCredentials): ClientScript {
  const status = yield {
    send: Buffer.from(`user=${user}\x01auth=Bearer ${token.reveal()}\x01\x01`, 'utf8'),
    complete: true,
  };
  yield { send: new Uint8Array(0), complete: false, status: readTokenStatus(status) };
  return failure('malformed', 'a challenge too many');
}
