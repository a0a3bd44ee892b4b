import { Buffer } from 'node:buffer';
import type { Promises } from '../spool/promises.ts';

/** What the child tells: that it asks for something, and that it was acknowledged. */
export type Told =
  | { readonly what: 'ready' }
  | { readonly what: 'commit'; done: boolean; id: string; size: number; fill: number }
  | { readonly what: 'mark'; done: boolean; id: string; mark: number }
  | { readonly what: 'delete'; done: boolean; id: string };

/** The octets of the child's messages: cheap to make on both sides, different in each. */
export function octetsOf(size: number, fill: number): Buffer {
  const octets = Buffer.alloc(size, `${fill} and so on\r\n`);
  octets.fill(fill, 0, Math.min(size, 10));
  return octets;
}

/** Adds what a child told to what was promised. */
export function note(promises: Promises, told: Told): void {
  if (told.what === 'ready') return;
  if (told.what === 'commit' && !told.done) promises.askCommit(told.id, octetsOf(told.size, told.fill));
  if (told.what === 'commit' && told.done) promises.committed(told.id);
  if (told.what === 'mark' && !told.done) promises.askMark(told.id, told.mark);
  if (told.what === 'mark' && told.done) promises.marked(told.id, told.mark);
  if (told.what === 'delete' && !told.done) promises.askDelete(told.id);
  if (told.what === 'delete' && told.done) promises.deleted(told.id);
}
