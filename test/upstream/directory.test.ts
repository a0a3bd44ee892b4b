import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ReversePath } from 'mailwright/address';
import { type Account, memoryAccounts } from 'mailwright/upstream';
import { account } from './world.ts';

const accounts = [
  account({ id: 'tim', users: ['tim'], addresses: ['Tim.Smith@Example.COM'] }),
  account({ id: 'sales', users: ['crm', 'tim'], domains: ['example.com', 'bücher.example'] }),
  account({ id: 'rest', users: ['crm'] }),
  account({ id: 'late', users: ['crm'], domains: ['example.com'] }),
];

suite('the account of a submission', () => {
  const directory = memoryAccounts(accounts);
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['tim', 'tim.smith@example.com', 'tim'],
    ['tim', 'somebody@example.com', 'sales'],
    ['tim', 'tim@example.org', undefined],
    ['crm', 'tim.smith@example.com', 'sales'],
    ['crm', 'x@XN--BCHER-KVA.example', 'sales'],
    ['crm', 'x@example.org', 'rest'],
    ['crm', '', 'sales'],
    ['tim', '', 'tim'],
    ['eve', 'tim.smith@example.com', undefined],
    ['eve', '', undefined],
  ];
  for (const [user, from, expected] of rows) {
    test(`${user} from <${from}>: ${expected ?? 'none'}`, () => {
      const [localPart = '', domain = ''] = from.split('@');
      const path: ReversePath = from === '' ? null : { localPart, domain };
      assert.equal((directory.find({ user, from: path }) as Account | undefined)?.id, expected);
    });
  }

  test('ids are unique, and addresses are addresses', () => {
    assert.throws(() => memoryAccounts([account(), account()]), /^RangeError: two accounts are named sales$/);
    for (const wrong of [{ addresses: ['example.com'] }, { sender: 'sales@' }]) {
      assert.throws(() => memoryAccounts([account(wrong)]), /^RangeError: not an address: /);
    }
  });
});
