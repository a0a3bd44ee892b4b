/** CRAM-MD5 (RFC 2195): a digest of the password and a challenge. Off unless `allowCramMd5`. */
import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type ClientScript, finish, more, type PasswordCredentials } from './client-exchange.ts';
import { equalOctets } from './constant-time.ts';
import { failure } from './failure.ts';
import { prepared } from './saslprep.ts';
import { ask, challenge, rejection, type ServerOptions, type ServerScript } from './server-exchange.ts';

// RFC 2195 §2: the challenge is a msg-id: "<" random digits "." a timestamp "@" host ">"
// the response is the user name, a space, and the digest in lower-case hexadecimal

export function* cramMd5Server(initial: Bytes | null, options: ServerOptions): ServerScript {
  // RFC 4422 §5, RFC 4954 §4: the server goes first here, so an initial response is an error even when empty.
  if (initial !== null) return failure('malformed', 'initial response where the server begins');
  const nonce = Buffer.from(options.random(16)).toString('hex');
  const prompt = Buffer.from(`<${nonce}@${options.hostname ?? 'localhost'}>`);
  const response = decodeUtf8(yield* challenge(prompt));
  const split = response?.lastIndexOf(' ') ?? -1;
  if (response === null || split < 1) return failure('malformed', 'no digest');
  const authcid = prepared(response.slice(0, split));
  if (authcid === null) return failure('refused', 'name cannot be prepared');
  const answer = yield* ask({ type: 'cramPassword', authcid });
  if (answer.type !== 'password') return rejection(answer);
  const expected = Buffer.from(digest(answer.password.reveal(), prompt), 'latin1');
  return equalOctets(expected, Buffer.from(response.slice(split + 1), 'utf8'))
    ? { type: 'success', identity: answer.identity }
    : failure('refused', 'wrong digest');
}

export function* cramMd5Client(credentials: PasswordCredentials): ClientScript {
  if (credentials.authzid !== undefined) return failure('malformed', 'CRAM-MD5 cannot act for somebody else');
  const prompt = yield more(null);
  return yield* finish(
    Buffer.from(`${credentials.user} ${digest(credentials.password.reveal(), prompt)}`, 'utf8'),
  );
}

function digest(password: string, prompt: Bytes): string {
  return createHmac('md5', password).update(prompt).digest('hex');
}
