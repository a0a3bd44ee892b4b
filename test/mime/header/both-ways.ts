/** The short way for an ordinary value beside the reader of all forms. */
import assert from 'node:assert/strict';
import { parseAnyAddressList } from '../../../src/mime/header/address-list.ts';
import { parseAnyDate } from '../../../src/mime/header/any-date.ts';
import { ordinaryAddressList } from '../../../src/mime/header/ordinary-addresses.ts';
import { ordinaryDate } from '../../../src/mime/header/ordinary-date.ts';

/** Whether the short way answers; where it does, the answer has been compared. */
export function sameDate(text: string): boolean {
  const date = ordinaryDate(text);
  if (date !== null) assert.deepEqual(date, parseAnyDate(text), text);
  return date !== null;
}

/** As {@link sameDate}, for address lists. */
export function sameAddresses(text: string, most = 100): boolean {
  const list = ordinaryAddressList(text, most);
  if (list !== null) assert.deepEqual(list, parseAnyAddressList(text), text);
  return list !== null;
}
