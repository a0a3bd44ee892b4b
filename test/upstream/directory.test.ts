import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ReversePath } from 'mailwright/address';
import { type Account, memoryAccounts } from 'mailwright/upstream';
import { account, World } from './world.ts';

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

  const wrong: readonly (readonly [string, readonly Account[], string])[] = [
    ['an id twice', [account(), account()], 'BAD_ACCOUNT'],
    ['an address that is none', [account({ addresses: ['example.com'] })], 'BAD_ACCOUNT'],
    ['a sender that is none', [account({ sender: 'sales@' })], 'BAD_ACCOUNT'],
    ['a limit that lets nothing through', [account({ limits: { perMinute: 0 } })], 'BAD_LIMIT'],
    ['a limit that is no number', [account({ limits: { atOnce: Number.NaN } })], 'BAD_LIMIT'],
  ];
  for (const [name, accounts, code] of wrong) {
    test(`${name} is the host's mistake: ${code}`, () => {
      assert.throws(() => memoryAccounts(accounts), { name: 'UpstreamMisuse', code });
    });
  }
});

test('a proxy with limits that are none is not made', () => {
  for (const limits of [{ atOnce: 0 }, { memory: Number.NaN }, { sessions: { messages: 0.5 } }]) {
    assert.throws(() => new World({ upstream: limits }), { name: 'UpstreamMisuse', code: 'BAD_LIMIT' });
  }
});
