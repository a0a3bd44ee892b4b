/** PIPELINING (RFC 2920): commands in groups. The machine always reads so; this says it. */
import type { Extension } from '../extension.ts';

/** Says that commands may come in groups. */
export function pipelining(): Extension {
  return { keyword: 'PIPELINING' };
}
