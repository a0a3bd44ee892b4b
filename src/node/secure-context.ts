import { Buffer } from 'node:buffer';
import { createPrivateKey } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Bytes } from '../machine/index.ts';
import { ServerMisuse } from './server-misuse.ts';

/** PEM as text. */
export function pemText(pem: string | Bytes): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
}

/** @throws ServerMisuse `BAD_CERTIFICATE` */
export function secureContext(options: SecureContextOptions & { readonly key?: string }): SecureContext {
  return orMisuse(() => {
    const { key, passphrase } = options;
    // An empty key is no fault to OpenSSL; no TLS would come of it.
    if (key !== undefined) createPrivateKey({ key, passphrase });
    return createSecureContext(options);
  });
}

/** @throws ServerMisuse `BAD_CERTIFICATE` in place of whatever `read` throws */
export function orMisuse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerMisuse('BAD_CERTIFICATE', `unusable certificate or key: ${why}`, { cause });
  }
}
