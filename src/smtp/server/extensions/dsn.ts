/**
 * DSN (RFC 3461): which delivery reports the sender wants.
 *
 *     RET    = "FULL" / "HDRS"
 *     ENVID  = xtext                                   ; at most 100 characters
 *     NOTIFY = "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" )
 *     ORCPT  = atom ";" xtext                          ; at most 500 characters
 */
import type { Notify, OriginalRecipient } from '../../parameters.ts';
import { decodeUtf8Address, decodeXtext } from '../../xtext.ts';
import { badParameter, type Extension } from '../extension.ts';

const addressType = /^[A-Za-z0-9-]{1,64}$/;
const occasions: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'DELAY']);

/** Offers RET, ENVID, NOTIFY and ORCPT. */
export function dsn(): Extension {
  return {
    keyword: 'DSN',
    // RFC 3461 §4: how much NOTIFY, ORCPT, RET and ENVID may add.
    lineGrowth: 28 + 509 + 9 + 107,
    mail: {
      RET(value, into) {
        const ret = value?.toUpperCase();
        if (ret !== 'FULL' && ret !== 'HDRS') return badParameter('RET');
        into.ret = ret === 'FULL' ? 'full' : 'headers';
        return null;
      },
      ENVID(value, into) {
        const envid = value === null || value.length > 100 ? null : decodeXtext(value);
        if (envid === null) return badParameter('ENVID');
        into.envid = envid;
        return null;
      },
    },
    rcpt: {
      NOTIFY(value, into) {
        const notify = value === null ? null : parseNotify(value.toUpperCase());
        if (notify === null) return badParameter('NOTIFY');
        into.notify = notify;
        return null;
      },
      ORCPT(value, into) {
        const original = value === null || value.length > 500 ? null : parseOriginalRecipient(value);
        if (original === null) return badParameter('ORCPT');
        into.originalRecipient = original;
        return null;
      },
    },
  };
}

function parseNotify(value: string): Notify | null {
  // RFC 3461 §4.1: NEVER stands alone.
  if (value === 'NEVER') return 'never';
  const words = value.split(',');
  const distinct = new Set(words);
  if (distinct.size !== words.length || !words.every((word) => occasions.has(word))) return null;
  return words.map((word) => word.toLowerCase() as 'success' | 'failure' | 'delay');
}

function parseOriginalRecipient(value: string): OriginalRecipient | null {
  const semicolon = value.indexOf(';');
  const type = value.slice(0, Math.max(semicolon, 0)).toLowerCase();
  if (!addressType.test(type)) return null;
  const encoded = value.slice(semicolon + 1);
  // RFC 6533 §3: the type utf-8 has an encoding of its own.
  const address = type === 'utf-8' ? decodeUtf8Address(encoded) : decodeXtext(encoded);
  return address === null || address === '' ? null : { type, address };
}
