import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { bodyStructureOf, type MimePart, parseMessage, scanMime } from 'mailwright/mime';

type Method = (this: Buffer, ...args: never[]) => unknown;

/** How many octets Buffer's searches pass over and its slices copy while `read` runs. */
function octetWork(read: () => unknown): number {
  let count = 0;
  const prototype = Buffer.prototype as unknown as Record<string, Method>;
  const searches = ['indexOf', 'lastIndexOf'];
  const slices = ['latin1Slice', 'utf8Slice'];
  const originals = new Map([...searches, ...slices].map((name) => [name, prototype[name]!]));
  for (const [name, original] of originals) {
    prototype[name] = function (this: Buffer, ...args: never[]) {
      const result = original.apply(this, args);
      const from =
        (searches.includes(name) ? args[1] : args[0]) ?? (name === 'lastIndexOf' ? this.length : 0);
      const end = searches.includes(name) ? result : (args[1] ?? this.length);
      const edge = name === 'lastIndexOf' ? 0 : this.length;
      count += Math.abs((Number(end) === -1 ? edge : Number(end)) - Number(from)) + 1;
      return result;
    } as Method;
  }
  try {
    read();
  } finally {
    for (const [name, original] of originals) prototype[name] = original;
  }
  return count;
}

const mixed = (boundary: string) => `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`;
const repeat = (count: number, of: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => of(at)).join('');

/** What an attacker may send, in any size. */
const shapes: Record<string, (size: number) => string> = {
  'multiparts within multiparts': (n) => repeat(n, (at) => `${mixed(`b${at}`)}--b${at}\r\n`),
  'messages within messages': (n) => repeat(n, () => 'Content-Type: message/rfc822\r\n\r\n'),
  'many parts': (n) => mixed('b') + repeat(n, () => '--b\r\n\r\nx\r\n'),
  'delimiters one after another': (n) => mixed('b') + repeat(n, () => '--b\r\n'),
  'many boundaries and lines that almost match': (n) =>
    repeat(90, (at) => `${mixed('b'.repeat(at + 1))}--${'b'.repeat(at + 1)}\r\n`) +
    repeat(n, () => '--c\r\n'),
  'long lines of hyphens': (n) => mixed('-'.repeat(70)) + repeat(n, () => `${'-'.repeat(900)}\r\n`),
  'many closings of nothing': (n) => mixed('b') + repeat(n, () => '--b--\r\n'),
  'empty lines': (n) => `${mixed('b')}${'\n'.repeat(n)}`,
  'one long line': (n) => `${mixed('b')}--b\r\n\r\n${'x'.repeat(n)}`,
  'long lines': (n) => repeat(n, () => `${'x'.repeat(1100)}\r\n`),
  'endless header fields': (n) => repeat(n, (at) => `X-${at}: y\r\n`),
  'an endless header field': (n) => `X: ${'\r\n y'.repeat(n)}`,
  'an endless header line': (n) => `X: ${'y'.repeat(n)}`,
  'endless Content-Type fields': (n) => repeat(n, () => 'Content-Type: multipart/mixed\r\n'),
  'endless parameters': (n) =>
    `Content-Type: multipart/mixed${repeat(n, (at) => `; a${at}=b`)}; boundary=c\r\n\r\n`,
  'parts cut off one by one by outer boundaries': (n) =>
    mixed('a') + repeat(n, (at) => `--a\r\n${mixed(`b${at}`)}--b${at}\r\n\r\nx\r\n`),
};

describe('the work of a scan is linear in its octets', () => {
  for (const [name, shape] of Object.entries(shapes)) {
    test(name, () => {
      const [small, large] = [2000, 4000].map((size) => {
        const octets = Buffer.from(shape(size), 'latin1');
        return { size: octets.length, work: octetWork(() => scanMime(octets)) };
      });
      assert.ok(small && large);
      const growth = large.work / small.work / (large.size / small.size);
      assert.ok(growth < 1.25, `${name}: ${growth.toFixed(2)} times the work for each octet`);
      assert.ok(
        large.work < 40 * large.size,
        `${name}: ${(large.work / large.size).toFixed(1)} looks at an octet`,
      );
    });
  }
});

test('lines of all parts are counted in one pass', () => {
  const octets = Buffer.from(shapes['multiparts within multiparts']!(80) + 'x\r\n'.repeat(20_000), 'latin1');
  const { root } = scanMime(octets);
  const count = octetWork(() => bodyStructureOf(root));
  assert.ok(count < 4 * octets.length, `${(count / octets.length).toFixed(1)} looks at an octet`);
});

test('limits hold whatever is sent', () => {
  for (const shape of Object.values(shapes)) {
    const octets = Buffer.from(shape(20_000), 'latin1');
    const { root, defects } = scanMime(octets);
    let parts = 0;
    const visit = (part: MimePart, depth: number): void => {
      parts++;
      assert.ok(depth <= 100 + 1);
      for (const child of part.children) visit(child, depth + 1);
    };
    visit(root, 0);
    assert.ok(parts <= 10_000);
    assert.ok(defects.length <= 100);
    assert.ok(parseMessage(octets).files.length <= parts + 100);
  }
});
