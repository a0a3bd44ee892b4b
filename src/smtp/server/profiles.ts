/**
 * Sets of options for the usual roles. Spread one and add what is yours:
 *
 *     { ...mx, hostname: 'mx.example.org' }
 */
import type { Extension } from './extension.ts';
import { binaryMime, chunking } from './extensions/chunking.ts';
import { deliverBy } from './extensions/deliver-by.ts';
import { dsn } from './extensions/dsn.ts';
import { eightBitMime } from './extensions/eight-bit-mime.ts';
import { limits } from './extensions/limits.ts';
import { mtPriority } from './extensions/mt-priority.ts';
import { pipelining } from './extensions/pipelining.ts';
import { requireTls } from './extensions/require-tls.ts';
import { size } from './extensions/size.ts';
import { smtputf8 } from './extensions/smtputf8.ts';
import { starttls } from './extensions/starttls.ts';
import type { SmtpServerOptions } from './options.ts';

/** What every role offers: all that asks nothing of the host but to keep what it is told. */
const common: readonly Extension[] = [
  pipelining(),
  size(),
  eightBitMime(),
  smtputf8(),
  chunking(),
  binaryMime(),
  dsn(),
  limits(),
];

/** A set of options without the server's own name. */
export type SmtpProfile = Omit<SmtpServerOptions, 'hostname'>;

/**
 * Takes mail from strangers for its own domains (RFC 5321 §2.3.10). STARTTLS is offered; leave it out
 * (`withoutStarttls`) where the server has no certificate.
 */
export const mx = {
  extensions: [...common, starttls(), requireTls()],
} as const satisfies SmtpProfile;

/**
 * Takes mail from its own users (RFC 6409): no mail without authentication, and nothing of weight
 * before TLS (RFC 8314 §3.3). Add `auth({...})` to its extensions, or give the server credentials.
 */
export const submission = {
  extensions: [...common, starttls(), requireTls(), deliverBy(), mtPriority()],
  requireAuth: true,
  requireTls: true,
  heloNames: { oddNames: 'accept' },
} as const satisfies SmtpProfile;

/** Takes mail for final delivery from a queue that we trust (RFC 2033). */
export const lmtp = {
  protocol: 'lmtp',
  extensions: common,
} as const satisfies SmtpProfile;
