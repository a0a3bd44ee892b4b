import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { joinPartials } from 'mailwright/mime';

const piece = (parameters: string, body = '') =>
  Buffer.from(`From: a@x\r\nSubject: outer\r\nContent-Type: message/partial; ${parameters}\r\n\r\n${body}`);

test('pieces are joined in order, with the fields that are due of each (RFC 2046 §5.2.2.1)', () => {
  const joined = joinPartials([
    piece('id=i; number=2; total=2', 'two\r\n'),
    piece('id=i; number=1', 'To: b@x\r\nSubject: inner\r\nContent-Type: text/x\r\n\r\none\r\n'),
    piece('id=i; number=2', 'again'),
  ]);
  assert.ok(joined.ok);
  assert.equal(
    String(joined.octets),
    'From: a@x\r\nSubject: inner\r\nContent-Type: text/x\r\n\r\none\r\ntwo\r\n',
  );
});

test('why there is no message yet', () => {
  const cases: [Buffer[], string, number[]][] = [
    [[], 'no-total', []],
    [[piece('id=i; number=1')], 'no-total', []],
    [[piece('id=i; number=2; total=4'), piece('id=i; number=4')], 'missing', [1, 3]],
    [[piece('id=i; number=1; total=1'), piece('id=j; number=1')], 'different-id', []],
    [[piece('id=i; number=0')], 'not-partial', []],
    [[piece('id=i; number=99999')], 'not-partial', []],
    [[piece('number=1')], 'not-partial', []],
    [[Buffer.from('Content-Type: text/plain; id=i; number=1\r\n\r\n')], 'not-partial', []],
  ];
  for (const [pieces, why, missing] of cases)
    assert.deepEqual(joinPartials(pieces), { ok: false, why, missing });
});
