/** What a seal signs: ARC sets, in the relaxed form (RFC 8617 §5.1.1). */
import type { HeaderField } from '../mime/index.ts';
import type { SignedHeader } from '../signature/index.ts';
import type { ArcSet } from './arc-set.ts';

/** The sets before a seal, oldest first; of each the results, the message signature, the seal. */
export function sealedText(header: SignedHeader<HeaderField>, sets: readonly ArcSet[]): string {
  let text = '';
  for (const { fields } of sets) for (const field of fields) text += header.text(field, 'relaxed');
  return text;
}
