/** What a host can get wrong, told at once: later it would show as mail that waits for days, or vanishes. */
import { parseMailbox } from '../../address/index.ts';
import type { Envelope } from '../../spool/index.ts';

/**
 * A host used a queue wrongly: limits out of range, a time or an address that
 * is none, or a start after the end.
 */
export class QueueMisuse extends Error {
  override readonly name = 'QueueMisuse';
  readonly code = 'QUEUE_MISUSE';
}

/** @throws QueueMisuse for what is no time: it would be taken for none, and the message sent at once */
export function checkTime(name: string, ms: number): void {
  if (Number.isFinite(ms)) return;
  throw new QueueMisuse(
    `${name} is ${ms}: give ms since 1970, or \`held: true\` for a message that waits for a release`,
  );
}

/** @throws QueueMisuse for an envelope that could go nowhere */
export function checkEnvelope({ from, recipients }: Envelope): void {
  if (recipients.length === 0) throw new QueueMisuse('the envelope has no recipients');
  if (from !== '') checkPath('from', from);
  for (const { path } of recipients) if (path.toLowerCase() !== 'postmaster') checkPath('a recipient', path);
}

function checkPath(name: string, path: string): void {
  if (parseMailbox(path, { utf8: true }).ok) return;
  const shown = JSON.stringify(path.slice(0, 100));
  throw new QueueMisuse(
    `${name} is ${shown}, which is no path: write user@example.org, without angle brackets`,
  );
}
