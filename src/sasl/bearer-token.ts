/** What OAUTHBEARER and XOAUTH2 share: a bearer token, and a JSON status where it does not suffice. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import { type Bytes, Secret } from '../machine/index.ts';
import type { ClientScript, TokenCredentials } from './client-exchange.ts';
import { failure } from './failure.ts';
import type { TokenStatus, VerifyToken } from './question.ts';
import { saslprep } from './saslprep.ts';
import { ask, challenge, outcome, type ServerScript } from './server-exchange.ts';

/** `Bearer` and a b64token (RFC 6750 §2.1); the scheme's case does not count. */
export function bearerToken(value: string): Secret | null {
  return /^bearer +[A-Za-z0-9._~+/-]+=*$/i.test(value) ? new Secret(value.slice(7).trimStart()) : null;
}

/** RFC 7628 §3.2.2. */
function writeTokenStatus(status: TokenStatus): Bytes {
  return Buffer.from(
    JSON.stringify({
      status: status.status,
      scope: status.scope,
      'openid-configuration': status.openidConfiguration,
    }),
    'utf8',
  );
}

/** Reads a server's status; what it did not say, or said in another way, is left out. */
function readTokenStatus(data: Bytes): TokenStatus {
  const { status, scope, 'openid-configuration': configuration } = jsonObject(decodeUtf8(data) ?? '');
  return {
    status: typeof status === 'string' ? status : 'unknown',
    ...(typeof scope === 'string' && { scope }),
    ...(typeof configuration === 'string' && { openidConfiguration: configuration }),
  };
}

function jsonObject(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Asks about the token; one that is refused gets its status before the exchange fails. */
export function* verifyBearer(question: VerifyToken): ServerScript {
  const answer = yield* ask(question);
  if (answer.type === 'refused') {
    // The client owes a reply, whose content does not matter (RFC 7628 §3.2.3).
    yield* challenge(writeTokenStatus(answer.status ?? { status: 'invalid_token' }));
  }
  return outcome(answer);
}

/** Sends the message with the token, and `acknowledgement` to the status of one that is refused. */
export function* presentBearer(message: string, acknowledgement: string): ClientScript {
  const status = yield { send: Buffer.from(message, 'utf8'), complete: true };
  const reply = Buffer.from(acknowledgement, 'utf8');
  yield { send: reply, complete: false, status: readTokenStatus(status) };
  return failure('malformed', 'a challenge too many');
}

/** Whether name and token can stand in a message whose fields end in %x01. */
export function fits({ user, token }: TokenCredentials): boolean {
  return saslprep(user) !== null && bearerToken(`Bearer ${token.reveal()}`) !== null;
}
