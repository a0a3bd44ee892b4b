import type { Context } from '../spool/index.ts';

/**
 * Whether a message goes over verified TLS or not at all (RFC 8689 §4.2.1).
 *
 * A notification asks for it too, but is not lost for want of it (RFC 8689 §5): it goes as safely as the
 * way allows.
 */
export function requiresTls({ envelope: { from, requireTls } }: Context): boolean {
  return requireTls === true && from !== '';
}
