/** What OAUTHBEARER and XOAUTH2 share: the token, and the JSON that says why it does not suffice. */
import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../bytes/index.ts';
import { type Bytes, Secret } from '../machine/index.ts';
import type { TokenStatus } from './question.ts';

/** `Bearer` and a b64token (RFC 6750 §2.1); the scheme's case does not count. */
export function bearerToken(value: string): Secret | null {
  return /^bearer +[A-Za-z0-9._~+/-]+=*$/i.test(value) ? new Secret(value.slice(7).trimStart()) : null;
}

/** RFC 7628 §3.2.2. */
export function writeTokenStatus(status: TokenStatus): Bytes {
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
export function readTokenStatus(data: Bytes): TokenStatus {
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
