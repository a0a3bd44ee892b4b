import assert from 'node:assert/strict';
import { test } from 'node:test';
import { citationsIn, standardsTable } from '../../.config/citations.ts';

const forms: readonly (readonly [text: string, citations: readonly string[]])[] = [
  ['RFC 5321 §4.5.2', ['5321 4.5.2']],
  ['(RFC 5321 §4.1.2, §4.1.3)', ['5321 4.1.2', '5321 4.1.3']],
  ['RFC 3461 §4.1 and §5', ['3461 4.1', '3461 5']],
  ['RFC 2047 §2 and RFC 2231 §4: words', ['2047 2', '2231 4']],
  ['RFC 5322 §A.1.', ['5322 A.1']],
  ['as RFC 6531 says', ['6531 ']],
  [' * of RFC\n * 5321 §4.5.3.1\n * §4', ['5321 4.5.3.1', '5321 4']],
  ['rfc5321, RFC5321 and §4.1', []],
];

test('citations of every form are found', () => {
  for (const [text, expected] of forms) {
    const found = citationsIn(text).map(({ rfc, section }) => `${rfc} ${section}`);
    assert.deepEqual(found, expected, text);
  }
});

test('the table orders RFCs and sections by number, and tells code from tests', () => {
  const table = standardsTable([
    { path: 'test/smtp/b.test.ts', citations: [{ rfc: 5321, section: '4.5' }] },
    {
      path: 'src/smtp/a.ts',
      citations: [
        { rfc: 5321, section: '4.10' },
        { rfc: 5321, section: '4.5' },
        { rfc: 822, section: '' },
      ],
    },
  ]);
  assert.match(table, /2 RFCs, 3 sections,\n1 of them/);
  const rows = table.split('\n').filter((line) => /^(?:## |\| [§w])/.test(line));
  assert.deepEqual(rows, [
    '## [RFC 822](https://www.rfc-editor.org/rfc/rfc822)',
    '| whole | `smtp/a.ts` |  |',
    '## [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)',
    '| §4.5 | `smtp/a.ts` | `smtp/b.test.ts` |',
    '| §4.10 | `smtp/a.ts` |  |',
  ]);
});
