/** PIPELINING (RFC 2920): commands in groups. The machine always reads so; this says it. */
import type { Extension } from '../extension.ts';

export function pipelining(): Extension {
  return { keyword: 'PIPELINING' };
}
