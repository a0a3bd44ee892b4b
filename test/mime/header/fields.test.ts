import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderFields } from 'mailwright/mime';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString('latin1');

test('fields keep order, duplicates, spelling and offsets', () => {
  const text = 'Received: a\r\nreceived: b\r\nSubject: x\r\n\r\nSubject: body\r\n';
  const fields = HeaderFields.scan(bytes(text));
  assert.deepEqual(
    [...fields].map(({ name, key, value }) => [name, key, value]),
    [
      ['Received', 'received', 'a'],
      ['received', 'received', 'b'],
      ['Subject', 'subject', 'x'],
    ],
  );
  assert.equal(fields.length, 3);
  assert.deepEqual(
    fields.all('received').map(({ start, valueStart, end }) => [start, valueStart, end]),
    [
      [0, 9, 13],
      [13, 22, 26],
    ],
  );
  assert.equal(fields.end, 38);
  assert.equal(fields.bodyStart, 40);
  assert.deepEqual(fields.defects, []);
  assert.equal(fields.get('to'), undefined);
});

test('folding is undone and the raw octets stay (RFC 5322 §2.2.3)', () => {
  for (const eol of ['\n', '\r\n']) {
    const text = `Subject: one${eol}\ttwo${eol} ${eol}${eol}`;
    const field = HeaderFields.scan(bytes(text)).get('subject');
    assert.equal(field?.value, 'one\ttwo');
    assert.equal(latin1(field?.raw ?? bytes('')), `Subject: one${eol}\ttwo${eol} ${eol}`);
    assert.equal(latin1(field?.rawValue ?? bytes('')), ` one${eol}\ttwo${eol} ${eol}`);
  }
});

test('octets above 127 are UTF-8 (RFC 6532 §3.2), or else latin1', () => {
  const octets = Buffer.concat([bytes('A: é\r\nB: '), Buffer.from([0xe9]), bytes('\r\n\r\n')]);
  assert.deepEqual(
    [...HeaderFields.scan(octets)].map((field) => field.value),
    ['é', 'é'],
  );
});

test('what is wrong is told, and the rest is read', () => {
  const cases: [string, string[], string[]][] = [
    ['A: 1\r\nrubbish\r\nB: 2\r\n\r\n', ['no-colon'], ['a', 'b']],
    ['From a@b Thu\nA: 1\n\n', ['no-colon'], ['a']],
    [' lost\r\nA: 1\r\n\r\n', ['stray-continuation'], ['a']],
    ['A : 1\r\n\r\n', ['space-before-colon'], ['a']],
    ['A b: 1\r\n: 2\r\n\r\n', ['bad-name', 'bad-name'], ['a b', '']],
    ['A: 1\r\nB: 2', ['no-empty-line'], ['a', 'b']],
    ['A: 1\r\nB: 2\r\n', ['no-empty-line'], ['a', 'b']],
    ['', ['no-empty-line'], []],
    ['\r\nbody', [], []],
    ['\nbody', [], []],
  ];
  for (const [text, kinds, keys] of cases) {
    const fields = HeaderFields.scan(bytes(text));
    assert.deepEqual(
      fields.defects.map(({ kind }) => kind),
      kinds,
      text,
    );
    assert.deepEqual(
      [...fields].map(({ key }) => key),
      keys,
      text,
    );
  }
});

test('fields and octets are bounded', () => {
  const many = HeaderFields.scan(bytes(`${'A: 1\r\n'.repeat(50)}\r\n`), { fields: 10 });
  assert.equal(many.length, 10);
  assert.equal(many.defects[0]?.kind, 'too-many-fields');
  assert.equal(many.bodyStart, 302);
  const large = HeaderFields.scan(bytes('A: 1\r\n'.repeat(50)), { bytes: 100 });
  assert.equal(large.end, 100);
  assert.equal(large.defects[0]?.kind, 'too-large');
  assert.ok(HeaderFields.scan(bytes('x\n'.repeat(100_000))).defects.length <= 101);
});

test('a section of any size ends at its empty line, wherever a reading step falls', () => {
  for (let size = 2030; size < 2050; size++) {
    for (const eol of ['\n', '\r\n']) {
      const header = `A: ${'x'.repeat(size)}${eol}B: 2${eol}`;
      const fields = HeaderFields.scan(bytes(`${header}${eol}body`));
      assert.equal(fields.end, header.length);
      assert.equal(fields.get('b')?.value, '2');
    }
  }
});

test('law: fields and what lies between them cover the section, for any octets', () => {
  const piece = fc.constantFrom('A', ': ', ':', '\r\n', '\n', '\r', ' ', '\t', 'é', '\0', 'Subject: x\r\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const octets = bytes(pieces.join(''));
      const fields = HeaderFields.scan(octets);
      let at = 0;
      for (const field of fields) {
        assert.ok(field.start >= at && field.end > field.start);
        assert.equal(fields.get(field.key)?.key, field.key);
        assert.ok(!field.value.includes('\n'));
        at = field.end;
      }
      assert.ok(at <= fields.end && fields.end <= fields.bodyStart);
    }),
  );
});
