/** A limit that is none: a defect in the host's configuration. */
export class LimitMisuse extends Error {
  override readonly name = 'LimitMisuse';
  readonly code = 'BAD_LIMIT';
}

/**
 * Holds limits to what a limit is: a number from `least` on, `Infinity` among them.
 *
 * @throws LimitMisuse
 */
export function checkLimits(limits: Readonly<Record<string, number | undefined>>, least = 1): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === undefined || limit >= least) continue;
    throw new LimitMisuse(
      `${name} is ${limit}: give ${least === Number.MIN_VALUE ? 'more than 0' : `${least} or more`}`,
    );
  }
}
