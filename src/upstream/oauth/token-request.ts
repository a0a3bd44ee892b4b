/** One request to a token endpoint (RFC 6749 §3.2), within bounds of time and size. */
import { Buffer } from 'node:buffer';
import { type Clock, Secret } from '../../machine/index.ts';
import type { WebResponse } from '../../web/index.ts';
import type { TokenGrant } from '../account.ts';
import type { TokenFailure } from './token-source.ts';

/** What posts a form and checks the server's certificate: the platform's `fetch`, or one of the host's. */
export type PostForm = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<WebResponse>;

/** An answer that a token came with (RFC 6749 §5.1). */
export interface GrantedToken {
  readonly ok: true;
  readonly token: Secret;
  /** Milliseconds for which it is good, counted from the answer. */
  readonly lifetime: number;
  /** The refresh token that takes the place of the one that was used, which may then be good no more. */
  readonly refreshToken?: Secret;
}

/** A failure, and how long the server asked to be left alone (RFC 9110 §10.2.3), in milliseconds. */
export type RefusedToken = TokenFailure & { readonly retryAfter?: number };

/** An answer beyond this many octets is none. */
const mostOctets = 65_536;
/** Where the server doesn't say how long a token is good: RFC 6749 §5.1 leaves that to documentation. */
const unstatedLifetime = 300_000;
/** A code that is none of RFC 6749 §5.2's is repeated in logs, and so kept short. */
const longestText = 200;

/** Errors of RFC 6749 §5.2: the same request will never do. All others may pass. */
const permanentErrors: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** Asks for an access token; every fault is a value, and it takes no longer than `patience` milliseconds. */
export async function requestToken(
  grant: TokenGrant,
  post: PostForm,
  clock: Clock,
  patience: number,
): Promise<GrantedToken | RefusedToken> {
  const control = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<RefusedToken>();
  const stop = clock.after(patience, () => {
    resolve(temporary('timeout', `no answer within ${patience} ms`));
    control.abort();
  });
  try {
    // A fetch that doesn't mind its signal is left to itself.
    return await Promise.race([late, ask(grant, post, control.signal)]);
  } finally {
    stop();
  }
}

async function ask(
  grant: TokenGrant,
  post: PostForm,
  signal: AbortSignal,
): Promise<GrantedToken | RefusedToken> {
  try {
    const response = await post(grant.endpoint, {
      method: 'POST',
      ...form(grant),
      redirect: 'manual',
      signal,
    });
    const text = await textOf(response);
    return text === null
      ? temporary('malformed', `more than ${mostOctets} octets`)
      : read(response, text, grant);
  } catch (error) {
    return temporary('network', withoutSecrets(causes(error), grant));
  }
}

function form(grant: TokenGrant): { headers: Record<string, string>; body: string } {
  const { clientId, clientSecret, refreshToken, scope, authentication = 'form' } = grant;
  const body = new URLSearchParams();
  if (refreshToken === undefined) {
    body.set('grant_type', 'client_credentials');
  } else {
    body.set('grant_type', 'refresh_token');
    body.set('refresh_token', refreshToken.reveal());
  }
  if (scope !== undefined) body.set('scope', scope);
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  if (authentication === 'basic' && clientSecret !== undefined) {
    const pair = `${encoded(clientId)}:${encoded(clientSecret.reveal())}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    body.set('client_id', clientId);
    if (clientSecret !== undefined) body.set('client_secret', clientSecret.reveal());
  }
  return { headers, body: body.toString() };
}

/** RFC 6749 §2.3.1: both parts of the Basic pair are encoded as in a form. */
function encoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** `null`: too long. */
async function textOf({ body }: WebResponse): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > mostOctets) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function read(
  { status, headers }: WebResponse,
  text: string,
  grant: TokenGrant,
): GrantedToken | RefusedToken {
  const fields = objectOf(text);
  if (status === 200) return granted(fields);
  const { error, error_description: description } = fields;
  const seconds = headers.get('retry-after') ?? '';
  const retryAfter = /^\d{1,6}$/.test(seconds) ? { retryAfter: Number(seconds) * 1000 } : {};
  // RFC 6749 §5.2: an error of OAuth comes with 400 or 401. A server in trouble may say anything.
  if ((status !== 400 && status !== 401) || typeof error !== 'string') {
    return { ...temporary('status', `HTTP status ${status}`), ...retryAfter };
  }
  const code = printable(error);
  return {
    ok: false,
    why: permanentErrors.has(code) ? code : 'status',
    permanent: permanentErrors.has(code),
    text: withoutSecrets(typeof description === 'string' ? `${code}: ${description}` : code, grant),
    ...retryAfter,
  };
}

/** RFC 6749 §5.1; the type's case does not count (RFC 6749 §7.1). */
function granted(fields: Readonly<Record<string, unknown>>): GrantedToken | RefusedToken {
  const { access_token: token, token_type: type, expires_in: seconds, refresh_token: next } = fields;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    return temporary('malformed', 'not a bearer token');
  }
  // RFC 6750 §2.1: a token of other characters could not be presented.
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    return temporary('malformed', 'no access token, or characters that none may have');
  }
  const lifetime = Number(seconds) * 1000;
  return {
    ok: true,
    token: new Secret(token),
    lifetime: lifetime > 0 ? lifetime : unstatedLifetime,
    ...(typeof next === 'string' && next !== '' && { refreshToken: new Secret(next) }),
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** `fetch` says what went wrong in the cause of its error. */
function causes(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function temporary(why: string, text: string): RefusedToken {
  return { ok: false, why, permanent: false, text };
}

/** Servers have been seen to repeat what they were sent, decoded or not. */
function withoutSecrets(text: string, { clientSecret, refreshToken }: TokenGrant): string {
  let clean = text;
  for (const secret of [clientSecret, refreshToken]) {
    const hidden = secret?.reveal() ?? '';
    if (hidden === '') continue;
    for (const form of [hidden, encoded(hidden)]) clean = clean.replaceAll(form, String(secret));
  }
  return printable(clean);
}

function printable(text: string): string {
  return text.slice(0, longestText).replace(/[^\x20-\x7e]/g, '?');
}
