/** Twice the text costs at most twice the work, whatever the sender wrote. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  decodeEncodedWords,
  HeaderFields,
  mailboxes,
  parseAddressList,
  parseContentType,
  parseDate,
  parseListUris,
  parseMessageIds,
  parseMimeVersion,
  parseReceived,
} from 'mailwright/mime';
import { work } from '../work.ts';

const shapes: Record<string, (size: number) => string> = {
  'comments nested deep': (size) => `${'('.repeat(size)}a${')'.repeat(size)} a@b`,
  'comments left open': (size) => 'a ('.repeat(size),
  'comments and words': (size) => 'a (b) '.repeat(size),
  'quotes left open': (size) => `a${' "\\"'.repeat(size)}`,
  'quotes in runs': (size) => '"a" '.repeat(size),
  'angles left open': (size) => '<@a,'.repeat(size),
  'angles in runs': (size) => '<a@b> '.repeat(size),
  'at signs': (size) => 'a@'.repeat(size),
  'literals left open': (size) => 'a@[b '.repeat(size),
  groups: (size) => 'a: b@c; '.repeat(size),
  'groups in groups': (size) => 'a:'.repeat(size),
  commas: (size) => ','.repeat(size),
  semicolons: (size) => `a/b${';'.repeat(size)}`,
  parameters: (size) => `a/b${'; c=d'.repeat(size)}`,
  'bare words': (size) => `a/b; c=${'d e '.repeat(size)}`,
  'sections of parameters': (size) =>
    `a/b${Array.from({ length: size }, (_, i) => `; c*${i}*=%41`).join('')}`,
  spaces: (size) => `a/b;${' '.repeat(size)}c=d`,
  'words begun': (size) => '=?'.repeat(size),
  'words left open': (size) => '=?utf-8?q?'.repeat(size),
  'words begun with text': (size) => '=?utf-8?q?a'.repeat(size),
  'words of base64 begun': (size) => '=?utf-8?b?QUFB'.repeat(size),
  'words with a bad charset': (size) => '=?x?q?a?= '.repeat(size),
  'words in a row': (size) => '=?utf-8?q?a?= '.repeat(size),
  'one long word': (size) => `=?utf-8?q?${'=41'.repeat(size)}?=`,
  colons: (size) => ':'.repeat(size),
  numbers: (size) => '1 '.repeat(size),
  clauses: (size) => `${'from a (b) by c '.repeat(size)}; 1`,
};

const readers: Record<string, (text: string) => unknown> = {
  decodeEncodedWords,
  parseAddressList,
  parseContentType,
  parseDate,
  parseListUris,
  parseMessageIds,
  parseMimeVersion,
  parseReceived,
};

/** What may close, at the very end, all that was opened. */
const ends = ['', ')', '"', '>', '?=', '=G?=', ';', ']'];

for (const [name, read] of Object.entries(readers)) {
  describe(name, () => {
    for (const [shape, make] of Object.entries(shapes)) {
      test(shape, () => {
        for (const end of ends) {
          const once = work(make(400) + end, read);
          const twice = work(make(800) + end, read);
          assert.ok(twice <= 2.5 * once + 10, `${once}, then ${twice}, with ${end}`);
          assert.ok(twice <= 12 * make(800).length + 1000, `${twice} for ${make(800).length}, with ${end}`);
        }
      });
    }
  });
}

test('lists and words are bounded in number', () => {
  assert.equal(mailboxes(parseAddressList('a@b,'.repeat(20_000))).length, 10_000);
  assert.ok(parseAddressList('a b@c d,'.repeat(20_000)).defects.length <= 100);
  assert.equal(parseContentType(`a/b${'; c=d'.repeat(1000)}`).written.length, 200);
  assert.equal(parseMessageIds('<a@b>'.repeat(5000)).length, 1000);
  assert.equal(parseListUris('<a:b>,'.repeat(5000)).length, 50);
});

test('a header of a million fields is read once', () => {
  const octets = new TextEncoder().encode('a:\n'.repeat(100_000));
  const fields = HeaderFields.scan(octets);
  assert.equal(fields.length, 2000);
  assert.equal(fields.end, octets.length);
});
