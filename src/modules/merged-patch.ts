import type { ContextPatch } from '../spool/index.ts';

/** One patch that does what both do, the second after the first. */
export function mergedPatch<Patch extends ContextPatch>(first: Patch | undefined, second: Patch): Patch {
  if (first === undefined) return second;
  const { envelope, delivery, queue, verdicts, metadata } = first;
  return {
    ...first,
    ...second,
    ...(envelope && { envelope: { ...envelope, ...second.envelope } }),
    ...(delivery && { delivery: { ...delivery, ...second.delivery } }),
    ...(queue && { queue: { ...queue, ...second.queue } }),
    ...(verdicts && { verdicts: { ...verdicts, ...second.verdicts } }),
    ...(metadata && { metadata: { ...metadata, ...second.metadata } }),
  };
}
