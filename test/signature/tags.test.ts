/** Lists of tags, names and numbers as RFC 6376 §3.2 and §3.5 have them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  brokenNames,
  brokenValue,
  colonList,
  KeyCache,
  parseKeyRecord,
  parseTagList,
  tagField,
} from 'mailwright/signature';
import { base64Octets } from '../../src/signature/tag-list.ts';

const lists: readonly (readonly [text: string, tags: Readonly<Record<string, string>> | null])[] = [
  ['a=1', { a: '1' }],
  ['a=1;', { a: '1' }],
  ['a=1; \r\n\t', { a: '1' }],
  [' a = 1 ; b = 2 3 ', { a: '1', b: '2 3' }],
  ['a=;b=', { a: '', b: '' }],
  ['a=b=c', { a: 'b=c' }],
  ['A=1;a=2', { A: '1', a: '2' }],
  ['x1_y=1', { x1_y: '1' }],
  ['\r\n a=1;\r\n b=2', { a: '1', b: '2' }],
  ['', null],
  [' ', null],
  [';', null],
  ['a=1;;b=2', null],
  ['a=1;;', null],
  ['a', null],
  ['a;b=1', null],
  ['a=1;a=1', null],
  ['1a=1', null],
  ['a b=1', null],
  ['=1', null],
];

for (const [text, tags] of lists) {
  test(`tags of ${JSON.stringify(text)}`, () => {
    const read = parseTagList(text);
    assert.deepEqual(read === null ? null : Object.fromEntries(read), tags);
  });
}

const octets: readonly (readonly [text: string, hex: string | null])[] = [
  ['Zm9v', '666f6f'],
  ['Zm 9\r\n\tv', '666f6f'],
  ['Zg==', '66'],
  ['Zg= =', '66'],
  ['Zg', '66'],
  ['', null],
  ['Zm9v=Zm9v', null],
  ['Zg===', null],
  ['Zm-_', null],
  ['=Zg', null],
];

for (const [text, hex] of octets) {
  test(`octets of ${JSON.stringify(text)}`, () => {
    assert.equal(base64Octets(text)?.toString('hex') ?? null, hex);
  });
}

test('items between colons', () => {
  assert.deepEqual(colonList(' a : b::c\r\n '), ['a', 'b', '', 'c']);
});

test('what is written is read back, in lines that are short where values are', () => {
  const tag = fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[A-Za-z0-9+/:]{0,60}$/));
  fc.assert(
    fc.property(fc.uniqueArray(tag, { minLength: 1, maxLength: 12, selector: ([name]) => name }), (tags) => {
      const field = tagField('DKIM-Signature', tags);
      assert.ok(field.split('\r\n').every((line) => line.length <= 82));
      const read = parseTagList(field.slice(field.indexOf(':') + 1));
      assert.deepEqual([...(read ?? [])], tags);
    }),
  );
});

test('values and names are broken where they may be', () => {
  assert.equal(brokenValue('abcdefg', 3), 'abc\r\n def\r\n g');
  assert.equal(brokenValue('abc', 3), 'abc');
  const names = Array.from({ length: 40 }, (_, at) => `name-${at}`);
  const text = brokenNames(names);
  assert.ok(text.split('\r\n').every((line) => line.length <= 76));
  assert.deepEqual(colonList(text), names);
});

test('a cache forgets the keys that were unused longest', () => {
  const cache = new KeyCache(2);
  const record = (octet: number) => `k=ed25519; p=${Buffer.alloc(32, octet).toString('base64')}`;
  const first = cache.read(record(1));
  const second = cache.read(record(2));
  assert.equal(cache.read(record(1)), first);
  cache.read(record(3));
  assert.equal(cache.read(record(1)), first, 'used since');
  assert.notEqual(cache.read(record(2)), second, 'gone, and read anew');
  assert.deepEqual(parseKeyRecord(record(2)), cache.read(record(2)));
});
