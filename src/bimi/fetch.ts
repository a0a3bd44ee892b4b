/** Getting indicators over HTTPS, and looking at them before anybody sees them. */
import type { Bytes } from '../machine/index.ts';
import { getResource, type WebFetch } from '../web/index.ts';
import { type IndicatorFault, indicatorFault, largestIndicator } from './indicator.ts';

/** An indicator that may be shown, or why there is none. */
export type IndicatorFetched =
  | { readonly ok: true; readonly svg: Bytes }
  | { readonly ok: false; readonly why: IndicatorFault | 'network' | 'status' };

/**
 * Fetches the indicator that a record names, and checks it. Whether it is shown without a mark
 * certificate is for the host to decide.
 *
 * @param location - the record's `l=`
 * @param fetch - the platform's, or one of the host's
 *
 * @example
 * ```ts
 * import { fetchIndicator } from 'mailwright/bimi';
 *
 * const got = await fetchIndicator('https://example.com/logo.svg', fetch, AbortSignal.timeout(10_000));
 * if (got.ok) got.svg;
 * ```
 */
export async function fetchIndicator(
  location: string,
  fetch: WebFetch,
  signal?: AbortSignal,
): Promise<IndicatorFetched> {
  const got = await getResource(location, fetch, largestIndicator, signal);
  if (!got.ok) return { ok: false, why: got.why };
  const fault = indicatorFault(got.octets);
  return fault === null ? { ok: true, svg: got.octets } : { ok: false, why: fault };
}
