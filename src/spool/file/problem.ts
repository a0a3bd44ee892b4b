/**
 * Something that a file spool found or met, and went on without; a host logs it.
 *
 * - `torn-tail`: a segment ends in octets that are no record, as after a crash in the middle of a write.
 *   Nothing acknowledged was in them, unless the storage lost it.
 * - `corrupt-record`: octets within a segment are not what was written; what follows them was read. `id` is
 *   the message concerned, where that can be told. The segment's file is never removed, only renamed.
 * - `missing-body`: the file with a large message's octets is not there; the message is not listed.
 * - `stray-file`: a file that no record tells of was left alone because records were damaged.
 * - `not-reclaimed`: space could not be reclaimed; it is tried again with the next segment.
 */
export type SpoolProblem =
  | {
      readonly kind: 'torn-tail' | 'corrupt-record';
      readonly path: string;
      /** Where in the file, and how many octets. */
      readonly at: number;
      readonly octets: number;
      readonly id?: string;
    }
  | { readonly kind: 'missing-body'; readonly path: string; readonly id: string }
  | { readonly kind: 'stray-file'; readonly path: string }
  | { readonly kind: 'not-reclaimed'; readonly path: string; readonly cause: unknown };
