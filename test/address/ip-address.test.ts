import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type IpAddress, parseIpAddress } from 'mailwright/address';

describe('IP addresses in one form (RFC 5952 §4)', () => {
  const table: [string, IpAddress | null][] = [
    ['192.0.2.1', { family: 'ipv4', address: '192.0.2.1' }],
    ['192.000.002.001', { family: 'ipv4', address: '192.0.2.1' }],
    ['2001:DB8:0::1', { family: 'ipv6', address: '2001:db8::1' }],
    ['2001:db8:0:0:1:0:0:1', { family: 'ipv6', address: '2001:db8::1:0:0:1' }],
    ['::', { family: 'ipv6', address: '::' }],
    ['fe80::1%eth0', { family: 'ipv6', address: 'fe80::1' }],
    // RFC 4291 §2.5.5.2: an IPv4 address in IPv6's clothes, in either spelling.
    ['::ffff:192.0.2.1', { family: 'ipv4', address: '192.0.2.1' }],
    ['::FFFF:c000:201', { family: 'ipv4', address: '192.0.2.1' }],
    ['::192.0.2.1', { family: 'ipv6', address: '::c000:201' }],
    ['', null],
    ['192.0.2', null],
    ['192.0.2.256', null],
    ['[::1]', null],
    ['1:2:3', null],
    ['example.org', null],
    [`${'0'.repeat(100)}::1`, null],
  ];
  for (const [text, expected] of table) {
    test(text.slice(0, 40), () => assert.deepEqual(parseIpAddress(text), expected));
  }
});
