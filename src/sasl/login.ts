/** LOGIN: name and password, each asked for (draft-murchison-sasl-login-00); obsolete, and spoken everywhere. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import { type Bytes, Secret } from '../machine/index.ts';
import { type ClientScript, finish, more, type PasswordCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import { prepared } from './saslprep.ts';
import { ask, challenge, outcome, type ServerScript } from './server-exchange.ts';

/** The draft's own prompts end in NUL; these are what servers send and old clients look for. */
const namePrompt = Buffer.from('Username:');
const passwordPrompt = Buffer.from('Password:');

/** An initial response is taken as the name, as Outlook sends it. */
export function* loginServer(initial: Bytes | null): ServerScript {
  const name = decodeUtf8(initial ?? (yield* challenge(namePrompt)));
  if (!name || name.includes('\0')) return failure('malformed', 'name is empty or not text');
  const secret = decodeUtf8(yield* challenge(passwordPrompt));
  if (!secret || secret.includes('\0')) return failure('malformed', 'password is empty or not text');
  const authcid = prepared(name);
  const password = prepared(secret);
  if (authcid === null || password === null) return failure('refused', 'name or password cannot be prepared');
  return outcome(
    yield* ask({
      type: 'verifyPassword',
      mechanism: 'LOGIN',
      authcid,
      authzid: null,
      password: new Secret(password),
    }),
  );
}

/** The prompts' texts differ among servers, so only their order counts. */
export function* loginClient(credentials: PasswordCredentials): ClientScript {
  if (credentials.authzid !== undefined) return failure('malformed', 'LOGIN cannot act for somebody else');
  yield more(null);
  yield more(Buffer.from(credentials.user, 'utf8'));
  return yield* finish(Buffer.from(credentials.password.reveal(), 'utf8'));
}
