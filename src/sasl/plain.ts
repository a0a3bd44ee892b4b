/** PLAIN (RFC 4616): name and password in one message. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import { type Bytes, Secret } from '../machine/index.ts';
import { type ClientScript, finish, type PasswordCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import { prepared, preparedAuthzid } from './saslprep.ts';
import { ask, firstMessage, outcome, type ServerScript } from './server-exchange.ts';

// RFC 4616 §2:
//   message = [authzid] UTF8NUL authcid UTF8NUL passwd
//   authcid = 1*SAFE, authzid = 1*SAFE, passwd = 1*SAFE; SAFE is UTF-8 without NUL

export function* plainServer(initial: Bytes | null): ServerScript {
  const message = decodeUtf8(yield* firstMessage(initial));
  const fields = message?.split('\0', 4);
  if (fields?.length !== 3) return failure('malformed', 'not three fields');
  const [wanted = '', name = '', secret = ''] = fields;
  if (name === '' || secret === '') return failure('malformed', 'name or password is empty');
  const authcid = prepared(name);
  const authzid = preparedAuthzid(wanted);
  const password = prepared(secret);
  if (authcid === null || authzid === undefined || password === null) {
    return failure('refused', 'name or password cannot be prepared');
  }
  return outcome(
    yield* ask({
      type: 'verifyPassword',
      mechanism: 'PLAIN',
      authcid,
      authzid,
      password: new Secret(password),
    }),
  );
}

export function* plainClient(credentials: PasswordCredentials): ClientScript {
  const fields = [credentials.authzid ?? '', credentials.user, credentials.password.reveal()];
  if (fields.some((field) => field.includes('\0')) || fields[1] === '' || fields[2] === '') {
    return failure('malformed', 'name or password is empty or holds NUL');
  }
  return yield* finish(Buffer.from(fields.join('\0'), 'utf8'));
}
