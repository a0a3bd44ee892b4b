/** What is wrong in a host's configuration. */

/**
 * What {@link UpstreamMisuse} can tell: two accounts with one `id`, or an address that is none
 * (`BAD_ACCOUNT`); a limit that is no whole number from 1 on (`BAD_LIMIT`).
 */
export type UpstreamMisuseCode = 'BAD_ACCOUNT' | 'BAD_LIMIT';

/** A host configured accounts or a proxy wrongly. */
export class UpstreamMisuse extends Error {
  override readonly name = 'UpstreamMisuse';
  readonly code: UpstreamMisuseCode;

  constructor(code: UpstreamMisuseCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws UpstreamMisuse `BAD_LIMIT` */
export function checkLimits(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
      throw new UpstreamMisuse('BAD_LIMIT', `${name} is ${limit}, no whole number from 1 on`);
    }
  }
}
