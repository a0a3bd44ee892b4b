import type { EnhancedStatus } from '../../smtp/index.ts';
import type { Deferred, Failed } from '../outcome.ts';

/** The outcome that a status stands for: class 4 may pass, class 5 stays (RFC 3463 §3.1). */
export function refusal(status: EnhancedStatus, text: string): Deferred | Failed {
  return { result: status.startsWith('4') ? 'deferred' : 'failed', status, text };
}
