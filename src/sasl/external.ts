/** EXTERNAL (RFC 4422 §A): the client is who its TLS certificate says. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type ClientScript, type ExternalCredentials, finish } from './client-exchange.ts';
import { failure } from './failure.ts';
import { preparedAuthzid } from './saslprep.ts';
import { ask, firstMessage, outcome, type ServerOptions, type ServerScript } from './server-exchange.ts';

// RFC 4422 §A.1:
//   extern-initial-resp = [ authz-id-string ], UTF-8 without NUL; empty: the identity is derived

export function* externalServer(initial: Bytes | null, { tls }: ServerOptions): ServerScript {
  const wanted = decodeUtf8(yield* firstMessage(initial));
  if (wanted === null || wanted.includes('\0')) return failure('malformed', 'identity is not text');
  const authzid = preparedAuthzid(wanted);
  if (authzid === undefined) return failure('refused', 'identity cannot be prepared');
  if (!tls) return failure('unsupported', 'no TLS');
  return outcome(yield* ask({ type: 'external', authzid, tls }));
}

export function* externalClient(credentials: ExternalCredentials): ClientScript {
  return yield* finish(Buffer.from(credentials.authzid ?? '', 'utf8'));
}
