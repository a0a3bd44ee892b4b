/** ANONYMOUS (RFC 4505): no identity, only a trace for the log. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type AnonymousCredentials, type ClientScript, finish } from './client-exchange.ts';
import { failure } from './failure.ts';
import { saslprep } from './saslprep.ts';
import { ask, firstMessage, outcome, type ServerScript } from './server-exchange.ts';

/** RFC 4505 §2: a token is 1*255TCHAR, counted in characters. */
const traceLength = 255;

export function* anonymousServer(initial: Bytes | null): ServerScript {
  const trace = decodeUtf8(yield* firstMessage(initial));
  // RFC 4505 §3: the "trace" profile prohibits what would harm a log; SASLprep prohibits as much.
  if (trace === null || saslprep(trace) === null) return failure('malformed', 'trace is not text');
  if (Array.from(trace).length > traceLength) return failure('too-long', 'trace');
  return outcome(yield* ask({ type: 'anonymous', trace }));
}

export function* anonymousClient(credentials: AnonymousCredentials): ClientScript {
  return yield* finish(Buffer.from(credentials.trace ?? '', 'utf8'));
}
