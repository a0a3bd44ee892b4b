/** Networks as trust, and networks as what limits count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from 'mailwright/address';
import type { ConnectionInfo, PeerAddress } from 'mailwright/machine';
import { networks, ServerMisuse } from 'mailwright/node';
import { countingKey } from '../../src/node/connection-limits.ts';
import { ipOctets } from '../../src/node/ip-octets.ts';

function peer(text: string): PeerAddress {
  const ip = parseIpAddress(text);
  return ip === null ? { family: 'unix', path: text } : { ...ip, port: 40_000 };
}

function from(text: string): ConnectionInfo {
  return { remote: peer(text), local: peer('192.0.2.25') };
}

test('networks: addresses, prefixes and Unix sockets', () => {
  const trusts = networks(['192.0.2.1', '10.20.0.0/16', '2001:db8:1::/48', '::1', 'unix']);
  for (const text of ['192.0.2.1', '10.20.255.1', '2001:db8:1:2::3', '::1', '::ffff:10.20.0.1', '/run/x']) {
    assert.equal(trusts(from(text)), true, text);
  }
  for (const text of ['192.0.2.2', '10.21.0.1', '2001:db8:2::1', '::2']) {
    assert.equal(trusts(from(text)), false, text);
  }
  assert.equal(networks([])(from('/run/x')), false);
  assert.equal(networks(['0.0.0.0/0'])(from('203.0.113.9')), true);
});

test('networks: what is none is told at once', () => {
  for (const text of [
    '',
    'mx.example',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
  ]) {
    assert.throws(
      () => networks([text]),
      (error) => error instanceof ServerMisuse && error.code === 'BAD_NETWORK',
      text,
    );
  }
});

test('IPv6 peers are counted by their network of 64 bits, IPv4 peers by address', () => {
  const same = (one: string, other: string) => countingKey(peer(one)) === countingKey(peer(other));
  assert.equal(same('2001:db8::1', '2001:db8::ffff:1:2:3'), true);
  assert.equal(same('2001:db8::1', '2001:db8:0:1::1'), false);
  assert.equal(same('::1', '::2'), true);
  assert.equal(same('1::c:d:e:f:1:2', '1:0:c:d::'), true);
  assert.equal(same('1::c:d:e:f:1:2', '1:0:c:e::'), false);
  assert.equal(same('192.0.2.1', '192.0.2.2'), false);
  assert.equal(countingKey(peer('/run/x')), '');
});

test('the octets of addresses', () => {
  const table: readonly (readonly [string, string])[] = [
    ['192.0.2.255', 'c00002ff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::', `20010db8${'0'.repeat(24)}`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1::4:5:6:7:8', '00010000000000040005000600070008'],
    ['::ffff:0:c000:201', `${'0'.repeat(16)}ffff0000c0000201`],
  ];
  for (const [text, hex] of table) {
    const ip = parseIpAddress(text);
    assert.ok(ip !== null);
    assert.equal(Buffer.from(ipOctets(ip)).toString('hex'), hex);
  }
  const mapped = { family: 'ipv6', address: '::ffff:192.0.2.1' } as const;
  assert.equal(Buffer.from(ipOctets(mapped)).toString('hex'), `${'0'.repeat(20)}ffffc0000201`);
});
