/** Recipients' states as a patch of the message's context. */
import type { Context, Json, JsonRecord } from '../../spool/index.ts';
import { type RecipientState, recipientState } from './recipient-state.ts';

/** States by the recipients' places. */
export type RecordedStates = Map<number, RecipientState>;

/**
 * The patch that puts these states in place of those in a context.
 *
 * @param form `lean`: without what remotes said and who they are, for a context that is at its limit; a spool
 *   keeps room for that
 */
export function statePatch(
  context: Context,
  states: RecordedStates,
  form: 'whole' | 'lean' = 'whole',
): { readonly [place: number]: JsonRecord } {
  const delivery: { [place: number]: JsonRecord } = {};
  for (const [place, state] of states) {
    const { text: _, reply: __, remote: ___, ...lean } = state;
    delivery[place] = replacing(recipientState(context, place), form === 'lean' ? lean : state);
  }
  return delivery;
}

/** The merge patch (RFC 7396 §2) that turns one record into another: what is not in the new one is removed. */
function replacing(old: JsonRecord, present: JsonRecord): JsonRecord {
  const patch: { [name: string]: Json | undefined } = {};
  for (const name of Object.keys(old)) if (present[name] === undefined) patch[name] = null;
  for (const [name, value] of Object.entries(present)) {
    const before = old[name];
    patch[name] = isRecord(before) && isRecord(value) ? replacing(before, value) : value;
  }
  return patch;
}

function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
