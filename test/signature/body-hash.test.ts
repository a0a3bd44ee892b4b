/** Body hashes beside the words of RFC 6376 §3.4.3 and §3.4.4, however the body is cut. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyHasher } from '../../src/signature/body-hash.ts';
import type { Canonicalization } from '../../src/signature/canonical-field.ts';

/** The canonical body, a rule at a time. */
function canonical(body: string, form: Canonicalization): string {
  let text = body;
  if (form === 'relaxed') {
    const lines = text.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
    text = lines.join('\r\n');
  }
  while (text.endsWith('\r\n\r\n')) text = text.slice(0, -2);
  if (text === '\r\n') text = '';
  if (text === '') return form === 'simple' ? '\r\n' : '';
  return text.endsWith('\r\n') ? text : `${text}\r\n`;
}

const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('base64');

/** The hash and size of a body written in pieces that end at the given places. */
function hashed(
  body: string,
  form: Canonicalization,
  cuts: readonly number[] = [],
  lengths: readonly number[] = [],
) {
  const hasher = new BodyHasher(form, 'sha256');
  for (const length of lengths) hasher.want(length);
  const octets = Buffer.from(body, 'latin1');
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).concat(octets.length)) {
    const to = Math.min(cut, octets.length);
    // Written from memory that is overwritten at once: nothing may be kept of a piece.
    const piece = Buffer.from(octets.subarray(from, to));
    hasher.write(piece);
    piece.fill(0x21);
    from = to;
  }
  hasher.end();
  return (length?: number) => {
    const { digest, octets: size } = hasher.result(length);
    return { digest, size };
  };
}

const bodies: readonly (readonly [what: string, body: string, simple: string, relaxed: string])[] = [
  ['none', '', '\r\n', ''],
  ['only empty lines', '\r\n\r\n\r\n', '\r\n', ''],
  ['RFC 6376 §3.4.5', ' C \r\nD \t E\r\n\r\n\r\n', ' C \r\nD \t E\r\n', ' C\r\nD E\r\n'],
  ['no line end at the end', 'a', 'a\r\n', 'a\r\n'],
  ['empty lines inside', 'a\r\n\r\n\r\nb\r\n\r\n', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
  ['a line of white space at the end', 'a\r\n \t\r\n', 'a\r\n \t\r\n', 'a\r\n'],
  ['a CR that ends no line', 'a \rb\r\n\r', 'a \rb\r\n\r\r\n', 'a \rb\r\n\r\r\n'],
  ['an LF that ends no line', 'a \n\nb\n\n', 'a \n\nb\n\n\r\n', 'a \n\nb\n\n\r\n'],
  ['a tab alone', 'a\tb\r\n', 'a\tb\r\n', 'a b\r\n'],
];

for (const [what, body, simple, relaxed] of bodies) {
  test(`canonical body: ${what}`, () => {
    assert.equal(canonical(body, 'simple'), simple);
    assert.equal(canonical(body, 'relaxed'), relaxed);
    assert.deepEqual(hashed(body, 'simple')(), { digest: sha256(simple), size: simple.length });
    assert.deepEqual(hashed(body, 'relaxed')(), { digest: sha256(relaxed), size: relaxed.length });
  });
}

const octet = fc.constantFrom(
  ' ',
  ' ',
  '\t',
  '\r\n',
  '\r\n',
  '\r',
  '\n',
  'a',
  'bcdefghijklmnopqrstuvwxyz',
  '\xff',
);
const forms = fc.constantFrom<Canonicalization>('simple', 'relaxed');

test('any body, cut anywhere, hashes to its canonical form', () => {
  fc.assert(
    fc.property(
      fc.array(octet, { maxLength: 60 }).map((parts) => parts.join('')),
      fc.array(fc.nat(200), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 3 }),
      forms,
      (body, cuts, lengths, form) => {
        const result = hashed(body, form, cuts, lengths);
        const expected = canonical(body, form);
        assert.deepEqual(result(), { digest: sha256(expected), size: expected.length });
        for (const length of lengths) assert.equal(result(length).digest, sha256(expected.slice(0, length)));
      },
    ),
    { numRuns: 3000 },
  );
});

test('long runs cross the windows of the scanner', () => {
  const runs = fc.array(fc.tuple(octet, fc.integer({ min: 1, max: 20_000 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(runs, forms, (parts, form) => {
      const body = parts.map(([text, times]) => text.repeat(Math.ceil(times / text.length))).join('');
      assert.equal(hashed(body, form)().digest, sha256(canonical(body, form)));
    }),
    { numRuns: 60 },
  );
});
