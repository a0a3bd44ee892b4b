import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDate, parseDate } from 'mailwright/mime';

function utc(value: string): string | undefined {
  const date = parseDate(value);
  return date === null ? undefined : new Date(date.time).toISOString().replace('.000Z', 'Z');
}

test('dates as they are due (RFC 5322 §3.3)', () => {
  for (const value of [
    'Fri, 21 Nov 1997 09:55:06 -0600',
    '21 Nov 1997 09:55:06 -0600',
    'Fri, 21 Nov 1997 09:55:06 -0600 (CST)',
    'FRI,21 nov 1997 (x) 09:55:06 -0600',
  ]) {
    assert.equal(utc(value), '1997-11-21T15:55:06Z', value);
    assert.deepEqual(parseDate(value)?.defects, [], value);
  }
  assert.equal(utc('1 Jan 2000 00:00 +0000'), '2000-01-01T00:00:00Z');
  assert.equal(utc('31 Dec 2016 23:59:60 +0000'), '2017-01-01T00:00:00Z'); // a leap second
});

test('two and three digits of a year, and zones by name (RFC 5322 §4.3)', () => {
  const cases: [string, string, zoneKnown: boolean][] = [
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z', true],
    ['21 Nov 49 09:55:06 UT', '2049-11-21T09:55:06Z', true],
    ['21 Nov 101 09:55:06 Z', '2001-11-21T09:55:06Z', true],
    ['21 Nov 1997 09:55:06 EDT', '1997-11-21T13:55:06Z', true],
    ['21 Nov 1997 09:55:06 PST', '1997-11-21T17:55:06Z', true],
    ['21 Nov 1997 09:55:06 A', '1997-11-21T09:55:06Z', false], // the military letters were defined wrongly
    ['21 Nov 1997 09:55:06 CEST', '1997-11-21T09:55:06Z', false],
    ['21 Nov 1997 09:55:06 -0000', '1997-11-21T09:55:06Z', false],
  ];
  for (const [value, expected, zoneKnown] of cases) {
    assert.equal(utc(value), expected, value);
    assert.equal(parseDate(value)?.zoneKnown, zoneKnown, value);
    assert.deepEqual(parseDate(value)?.defects, [], value);
  }
});

test('what senders write instead is read, and said', () => {
  const cases: [string, string, ...string[]][] = [
    ['Fri Nov 21 09:55:06 1997', '1997-11-21T09:55:06Z', 'zone'], // asctime
    ['Friday, 21-Nov-97 09:55:06 GMT', '1997-11-21T09:55:06Z', 'form'], // RFC 850
    ['1997-11-21T09:55:06Z', '1997-11-21T09:55:06Z', 'form'],
    ['1997-11-21T09:55:06.123+02:00', '1997-11-21T07:55:06Z', 'form'],
    ['21 Nov 1997 09:55:06 GMT+0200', '1997-11-21T07:55:06Z', 'form'],
    ['21 Nov 1997 9:55:06 +02:00', '1997-11-21T07:55:06Z', 'form'],
    ['21 November 1997 09:55:06 +0000', '1997-11-21T09:55:06Z', 'form'],
    ['Mon, 21 Nov 1997 09:55:06 +0000', '1997-11-21T09:55:06Z', 'weekday'],
    ['21 Nov 1997 09:55:06', '1997-11-21T09:55:06Z', 'zone'],
    ['21 Nov 1997 09:55:06 +0260', '1997-11-21T09:55:06Z', 'zone'],
    ['21 Nov 1997 09:55:06 +0000 (x(y)', '1997-11-21T09:55:06Z', 'form'],
    ['21 Nov 1997 \r09:55:06 +0000', '1997-11-21T09:55:06Z', 'character'],
  ];
  for (const [value, expected, ...defects] of cases) {
    assert.equal(utc(value), expected, value);
    assert.deepEqual(
      parseDate(value)?.defects.filter((each) => defects.includes(each)),
      defects,
      value,
    );
  }
});

test('no date is better than a wrong one', () => {
  for (const value of [
    '',
    'yesterday',
    '31 Feb 2020 00:00:00 +0000',
    '29 Feb 2100 00:00:00 +0000',
    '0 Jan 2020 00:00:00 +0000',
    '1 Jan 2020 24:00:00 +0000',
    '1 Jan 2020 00:60:00 +0000',
    '1 Jan 999999999 00:00:00 +0000',
    '2020-13-01T00:00:00Z',
    '1 Jan 2020',
  ]) {
    assert.equal(parseDate(value), null, value);
  }
});

test('a moment is written with its zone, and only one that has a year of mail', () => {
  assert.equal(formatDate(0), 'Thu, 1 Jan 1970 00:00:00 +0000');
  assert.equal(formatDate(880127706000, 330), 'Fri, 21 Nov 1997 21:25:06 +0530');
  for (const [time, offset] of [
    [Number.NaN, 0],
    [1e15, 0],
    [-1e14, 0],
    [0, 1440],
    [0, Number.NaN],
  ] as const) {
    assert.throws(() => formatDate(time, offset), RangeError);
  }
});
