import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from 'mailwright/delivery';

suite("addresses that can be a mail server's on the Internet (RFC 6890 §2.2.2)", () => {
  const table: [address: string, open: boolean][] = [
    ['1.1.1.1', true],
    ['203.0.113.7', true],
    ['223.255.255.255', true],
    ['0.0.0.0', false],
    ['0.1.2.3', false],
    ['9.255.255.255', true],
    ['10.0.0.0', false],
    ['10.255.255.255', false],
    ['11.0.0.0', true],
    ['100.63.255.255', true],
    ['100.64.0.1', false],
    ['100.127.255.255', false],
    ['100.128.0.0', true],
    ['127.0.0.1', false],
    ['127.255.255.255', false],
    ['169.254.169.254', false],
    ['172.15.255.255', true],
    ['172.16.0.0', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['192.0.0.8', false],
    ['192.0.1.0', true],
    ['192.168.0.1', false],
    ['192.169.0.1', true],
    ['198.17.255.255', true],
    ['198.18.0.1', false],
    ['198.19.255.255', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['2001:db8::1', true],
    ['2606:4700::1111', true],
    ['64:ff9b::203.0.113.7', true],
    ['::', false],
    ['::1', false],
    ['::127.0.0.1', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:203.0.113.7', true],
    ['fc00::1', false],
    ['fd12:3456::1', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['ff02::1', false],
    ['1fff::1', false],
    ['4000::1', false],
    ['example.org', false],
    ['', false],
  ];
  for (const [address, open] of table) {
    test(`${address || 'nothing'}: ${open}`, () => assert.equal(isPublicAddress(address), open));
  }

  test('an address counts the same in every form', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        assert.equal(isPublicAddress(`::ffff:${address}`), isPublicAddress(address));
      }),
    );
  });
});
