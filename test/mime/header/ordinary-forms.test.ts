/**
 * Dates and address lists in their ordinary forms have a short way of their own. Law: where it gives an
 * answer, the reader of all forms gives the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDate } from 'mailwright/mime';
import { daysIn, daysSince1970, weekdayOf } from '../../../src/mime/header/calendar.ts';
import { ordinaryDate } from '../../../src/mime/header/ordinary-date.ts';
import { sameAddresses, sameDate } from './both-ways.ts';

test('the short way for dates takes the form of RFC 5322 §3.3 and leaves what differs from it', () => {
  for (const [text, ordinary] of [
    ['Fri, 21 Nov 1997 09:55:06 -0600', true],
    ['21 Nov 1997 09:55:06 -0600', true],
    ['Tue, 1 Jul 2003 10:52:37 +0200', true],
    ['Sat, 31 Dec 2016 23:59:60 +0000', true],
    ['Thu, 29 Feb 2024 00:00:00 -0000', true],
    ['Sat, 29 Feb 2025 00:00:00 +0000', false],
    ['Thu, 21 Nov 1997 09:55:06 -0600', false], // it was a Friday
    ['Fri, 21 nov 1997 09:55:06 -0600', false],
    ['Fri, 21 Nov 1997 24:55:06 -0600', false],
    ['Fri, 21 Nov 1997 09:55:06 -0660', false],
    ['Fri, 21 Nov 1997 09:55 -0600', false],
    ['Fri, 21 Nov 97 09:55:06 -0600', false],
    ['Fri, 21 Nov 1997 09:55:06 GMT', false],
    ['Fri, 21 Nov 1997 09:55:06 -0600 (CST)', true],
    ['Fri, 21 Nov 1997 09:55:06 -0600 ()', true],
    ['Fri, 21 Nov 1997 09:55:06 -0600 (', false],
    ['Fri, 21 Nov 1997 09:55:06 -0600 (C(T)', false],
    ['Fri, 21 Nov 1997 09:55:06 -0600 x(CST)', false],
    ['Fri,  21 Nov 1997 09:55:06 -0600', false],
    ['Fri, 0 Nov 1997 09:55:06 -0600', false],
    ['1 Jan 0999 00:00:00 +0000', false],
    ['\u4672i, 21 Nov 1997 09:55:06 -0600', false],
    ['', false],
  ] as const) {
    assert.equal(sameDate(text), ordinary, text);
  }
});

test('the short way for addresses takes mailboxes in plain US-ASCII and leaves all else', () => {
  for (const [text, ordinary] of [
    ['a@b.example', true],
    ['<a@b.example>', true],
    [' Joe Q. Public <a.b+c@d.example> ,\t"Doe, Jane (x) <y>"<c@d>, e@f ', true],
    ['"" <a@b>', true],
    ['Joe? <a@b>, c?@d', true],
    ['=?utf-8?Q?Zo=C3=AB?= Doe <a@b>, "=?utf-8?Q?Zo=C3=AB?=" <a@b>', true],
    ['=?x <a@b>, =?y@c', true],
    ['=?utf-8?Q?Doe,_<Zo=C3=AB>?= <a@b>', false],
    ['=?utf-8?Q?a@b,_c@d?= <a@b>', false],
    ['"a\\"b" <a@b>', false],
    ['"a" b <a@b>', false],
    ['a  b <a@b>', false],
    ['a@b (Joe)', false],
    ['a@b c', false],
    ['a@b, ', false],
    ['a@b,,c@d', false],
    ['a..b@c', false],
    ['.a@b', false],
    ['a@b.', false],
    ['a@b@c', false],
    ['a@[192.0.2.1]', false],
    ['"a b"@c', false],
    ['< a@b >', false],
    ['<a@b', false],
    ['<>', false],
    ['Zoë <a@b>', false],
    ['a: b@c;', false],
    ['', false],
  ] as const) {
    assert.equal(sameAddresses(text), ordinary, text);
  }
  assert.equal(sameAddresses('a@b, c@d', 2), true);
  assert.equal(sameAddresses('a@b, c@d', 1), false);
});

test('law: both ways read the same date', () => {
  let ordinary = 0;
  const moment = fc.integer({ min: Date.UTC(1900, 0, 2), max: Date.UTC(9999, 11, 30) });
  const change = fc.record({
    at: fc.nat(37),
    cut: fc.nat(2),
    text: fc.constantFrom('', '', '', ' ', '0', '9', 'a', '(', ',', ':', '+', '\u0130'),
  });
  fc.assert(
    fc.property(moment, fc.integer({ min: -1439, max: 1439 }), change, (time, offset, { at, cut, text }) => {
      const written = formatDate(time, offset) + (offset > 0 ? ' (XYZ)' : '');
      if (sameDate(written.slice(0, at) + text + written.slice(at + cut))) ordinary++;
      assert.equal(ordinaryDate(written)?.time, time - (time % 1000) - (time % 1000 < 0 ? 1000 : 0));
    }),
    { numRuns: 3000 },
  );
  assert.ok(ordinary > 300);
});

test('law: both ways read the same address list', () => {
  const word = fc.constantFrom(
    'Joe',
    'Q.',
    'a.b',
    '=?utf-8?Q?=C3=AB?=',
    '=?',
    '?=',
    '=?x?q?',
    'é',
    '..',
    '?',
  );
  const plain = fc.constantFrom('Joe', 'Q.', '"Doe, Jane"', '=?utf-8?B?w6s=?=', 'J. Doe', '');
  const mailbox = fc.tuple(plain, fc.constantFrom(' <', '<', ''), fc.constantFrom('a@b', 'a.b=c@d.example'));
  const odd = fc.oneof(
    word,
    fc.constantFrom(' ', '\t', '"', '<', '>', ',', ';', ':', '@', '(', ')', '\\', '[', ']'),
  );
  const lists = fc.tuple(fc.array(mailbox, { maxLength: 4 }), fc.nat(80), fc.array(odd, { maxLength: 2 }));
  let ordinary = 0;
  fc.assert(
    fc.property(lists, ([boxes, at, pieces]) => {
      const list = boxes
        .map(([name, open, address]) => name + open + address + (open === '' ? '' : '>'))
        .join(', ');
      if (sameAddresses(list.slice(0, at) + pieces.join('') + list.slice(at))) ordinary++;
    }),
    { numRuns: 5000 },
  );
  assert.ok(ordinary > 500);
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 20 }), (pieces) => {
      sameAddresses(pieces.join(''));
    }),
    { numRuns: 3000 },
  );
});

test('the calendar is that of Date', () => {
  for (
    let time = Date.UTC(0, 0, 1) - 2000 * 365.25 * 86_400_000;
    time < Date.UTC(2500, 0, 1);
    time += 86_400_000 * 61
  ) {
    const date = new Date(time);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    const days = daysSince1970(year, month, date.getUTCDate());
    assert.equal(days, Math.floor(time / 86_400_000));
    assert.equal(weekdayOf(days), date.getUTCDay());
    assert.equal(daysIn(year, month), new Date(Date.UTC(2000 + (year % 400), month + 1, 0)).getUTCDate());
  }
});
