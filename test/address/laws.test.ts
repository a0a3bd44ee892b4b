/**
 * What holds for every address, of which the tables show instances.
 */
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  diagnoseAddress,
  formatMailbox,
  formatPath,
  normalizeDomain,
  parseHeloName,
  parseMailbox,
  parsePath,
  toALabel,
  toULabel,
} from 'mailwright/address';
import { parseIpv6 } from '../../src/address/ip.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  // Unpaired surrogates too.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  // What gets further into the grammar.
  fc
    .array(
      fc.constantFrom(
        'a',
        '1',
        '-',
        '.',
        '@',
        '<',
        '>',
        '"',
        '\\',
        '[',
        ']',
        ':',
        '(',
        ')',
        ' ',
        '\r\n',
        'é',
        'xn--',
        'IPv6:',
        'א',
      ),
    )
    .map((parts) => parts.join('')),
);
const options = fc.record({
  utf8: fc.boolean(),
  brackets: fc.constantFrom('required', 'optional'),
  leadingSpace: fc.constantFrom('refuse', 'accept'),
});
const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  .filter((text) => !text.startsWith('xn--'));
const mailbox = fc.record(
  {
    localPart: fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 31,
    }),
    domain: fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
  },
  { noNullPrototype: true },
);

test('no text makes a parser throw, and each answers within the text', () => {
  fc.assert(
    fc.property(anyText, options, (text, choice) => {
      const parsed = parsePath(text, 0, choice);
      const place = parsed.ok ? parsed.end : parsed.at;
      assert.ok(place >= 0 && place <= text.length);
      parseHeloName(text, { oddNames: 'accept' });
      diagnoseAddress(text, choice);
      toULabel(text);
      normalizeDomain(text);
    }),
    { numRuns: 5000 },
  );
});

test('a mailbox is read as it was written', () => {
  fc.assert(
    fc.property(mailbox, (given) => {
      assert.deepEqual(parseMailbox(formatMailbox(given)), { ok: true, mailbox: given });
      assert.deepEqual(diagnoseAddress(formatMailbox(given)).mailbox, given);
    }),
    { numRuns: 2000 },
  );
});

test('what is read can be written, and is read the same again', () => {
  fc.assert(
    fc.property(anyText, options, (text, choice) => {
      const parsed = parsePath(`<${text}>`, 0, choice);
      if (!parsed.ok) return;
      const written = formatPath(parsed.path);
      assert.deepEqual(parsePath(written, 0, choice), { ...parsed, end: written.length, sourceRoute: false });
      assert.ok(written.length <= text.length + 2);
    }),
    { numRuns: 5000 },
  );
});

test('whatever SMTP reads, RFC 5322 reads too', () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, utf8) => {
      if (parseMailbox(text, { utf8 }).ok)
        assert.notEqual(diagnoseAddress(text, { utf8 }).standing, 'invalid');
    }),
    { numRuns: 5000 },
  );
});

test('the two forms of a domain lead to each other', () => {
  const letters = fc.string({
    unit: fc.constantFrom('a', 'Z', '0', '-', 'ü', 'ß', 'é', '例', 'え', 'я', 'א', 'ב'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 3 }), (labels) => {
      const ascii = toALabel(labels.join('.'));
      if (!ascii.ok) return;
      assert.match(ascii.domain, /^[a-z0-9.-]+$/);
      assert.deepEqual(toALabel(ascii.domain), ascii);
      const unicode = toULabel(labels.join('.'));
      assert.deepEqual(toULabel(ascii.domain), unicode);
      assert.deepEqual(toALabel(unicode.ok ? unicode.domain : ''), ascii);
    }),
    { numRuns: 2000 },
  );
});

test('IPv6 addresses come out in the form of RFC 5952', () => {
  const group = fc.oneof(fc.constant('0'), fc.stringMatching(/^[0-9a-fA-F]{1,4}$/));
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 0, maxLength: 9 }),
      fc.integer({ min: -1, max: 9 }),
      (groups, at) => {
        const text =
          at < 0 ? groups.join(':') : `${groups.slice(0, at).join(':')}::${groups.slice(at).join(':')}`;
        const parsed = parseIpv6(text);
        assert.equal(parsed.ok, isIPv6(text), text);
        // The URL standard prints RFC 5952 too, but for the dotted end of mapped addresses.
        if (!parsed.ok || parsed.address.includes('.')) return;
        assert.equal(`[${parsed.address}]`, new URL(`http://[${text}]`).hostname);
      },
    ),
    { numRuns: 3000 },
  );
});
