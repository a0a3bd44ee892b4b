/** Which recipients of a transaction a server can be sent at all, and why not the others. */
import type { TlsInfo } from '../../machine/index.ts';
import { asciiPath } from './ascii-path.ts';
import { largestMessage, type ServerLimits } from './capabilities.ts';
import type { MissingExtension, RecipientResult, SmtpTransaction } from './transaction.ts';

/** What decides it. */
interface Means {
  readonly extensions: ReadonlyMap<string, string>;
  readonly limits: ServerLimits;
  readonly tls: TlsInfo | null;
  /** Content may go by BDAT. */
  readonly chunking: boolean;
}

/** The message itself asks for SMTPUTF8, or its sender's path does (RFC 6531 §3.4). */
function needsUtf8({ from, parameters }: SmtpTransaction): boolean {
  return parameters.smtputf8 === true || asciiPath(from) === null;
}

/** MAIL says SMTPUTF8: for the message, or for a recipient who can't be named otherwise. */
export function speaksUtf8(transaction: SmtpTransaction, extensions: ReadonlyMap<string, string>): boolean {
  if (!extensions.has('SMTPUTF8')) return false;
  return needsUtf8(transaction) || transaction.recipients.some(({ path }) => asciiPath(path) === null);
}

/** Results that are known before anything is said; `null` for recipients that are to be tried. */
export function foregone(transaction: SmtpTransaction, means: Means): (RecipientResult | null)[] {
  const missing = missingFor(transaction, means);
  if (missing !== null) return transaction.recipients.map(() => ({ result: 'unsuitable', missing }));
  const { extensions, limits } = means;
  const domains = new Set<string>();
  let count = 0;
  return transaction.recipients.map(({ path, parameters }) => {
    if (!extensions.has('SMTPUTF8') && asciiPath(path) === null) {
      return { result: 'unsuitable', missing: 'smtputf8' };
    }
    // RFC 7293 §5.1.1
    if (parameters.validSince?.unsupported === 'reject' && !extensions.has('RRVS')) {
      return { result: 'unsuitable', missing: 'rrvs' };
    }
    const domain = path.slice(path.lastIndexOf('@') + 1).toLowerCase();
    const full = count === limits.recipients || (domains.size === limits.domains && !domains.has(domain));
    if (full) return { result: 'postponed' };
    count += 1;
    if (limits.domains !== Number.POSITIVE_INFINITY) domains.add(domain);
    return null;
  });
}

/** What the message as a whole needs and the server lacks. */
function missingFor(transaction: SmtpTransaction, means: Means): MissingExtension | null {
  const { from, parameters, size } = transaction;
  const { extensions, tls, chunking } = means;
  // RFC 8689 §4.2.1: over TLS, and only to a server that will keep the promise.
  const promised = tls !== null && extensions.has('REQUIRETLS');
  // RFC 8689 §5: what goes to nobody who could be told is not lost for want of it.
  if (parameters.requireTls === true && !promised && from !== '') return 'requiretls';
  if (needsUtf8(transaction) && !extensions.has('SMTPUTF8')) return 'smtputf8';
  // RFC 3030 §3
  const binary = extensions.has('BINARYMIME') && extensions.has('CHUNKING') && chunking;
  if (parameters.body === 'BINARYMIME' && !binary) return 'binarymime';
  // RFC 6152 §3
  if (parameters.body === '8BITMIME' && !extensions.has('8BITMIME')) return '8bitmime';
  // RFC 2852 §4: mode `R` is a promise that only a server which knows it can keep.
  if (parameters.deliverBy?.mode === 'return' && !extensions.has('DELIVERBY')) return 'deliverby';
  // RFC 1870 §5
  return size > largestMessage(extensions) ? 'size' : null;
}
