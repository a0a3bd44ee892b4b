import { type ContextPatch, type Json, joinPatches } from '../spool/index.ts';

/** One patch that does what both do, the second after the first. */
export function mergedPatch<Patch extends ContextPatch>(first: Patch | undefined, second: Patch): Patch {
  // Patches are JSON by construction; their closed types have no index signature to say so.
  return joinPatches(first as Json | undefined, second as Json) as Patch;
}
