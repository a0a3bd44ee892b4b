import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseResolvConf, systemDns } from 'mailwright/dns';

const local = [{ address: '127.0.0.1', validating: false }];

test('resolv.conf says whom to ask, how long and how often', () => {
  const table: readonly (readonly [string, ReturnType<typeof parseResolvConf>])[] = [
    ['', { servers: local }],
    [
      '# nameserver 192.0.2.1\n; nameserver 192.0.2.2\nnameserver\nnameserver ns.example\n',
      { servers: local },
    ],
    [
      'search example.com\nnameserver 192.0.2.53\n nameserver\t2001:db8::53 # two\r\noptions timeout:3 attempts:4 rotate\n',
      {
        servers: [
          { address: '192.0.2.53', validating: false },
          { address: '2001:db8::53', validating: false },
        ],
        timeoutMs: 3000,
        attempts: 4,
      },
    ],
    [
      'nameserver 192.0.2.1\noptions edns0 trust-ad',
      { servers: [{ address: '192.0.2.1', validating: true }] },
    ],
    ['options timeout:99 attempts:99', { servers: local, timeoutMs: 30_000, attempts: 5 }],
    ['options timeout:0 attempts:x timeout:', { servers: local }],
    [
      'nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n',
      { servers: ['1.1.1.1', '1.1.1.2', '1.1.1.3'].map((address) => ({ address, validating: false })) },
    ],
  ];
  for (const [text, expected] of table) assert.deepEqual(parseResolvConf(text), expected, text);
});

test('the file is read when it is asked for; without it the server is this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-dns-'));
  const path = join(folder, 'resolv.conf');
  writeFileSync(path, 'nameserver 192.0.2.7\n');
  assert.equal(systemDns(path).servers[0]?.address, '192.0.2.7');
  rmSync(folder, { recursive: true });
  assert.deepEqual(systemDns(path), { servers: local });
});
