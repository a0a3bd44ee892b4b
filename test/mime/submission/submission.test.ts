import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatReceived,
  HeaderFields,
  parseReceived,
  type SubmissionContext,
  submissionFixes,
} from 'mailwright/mime';

const context: SubmissionContext = { now: 880127706000, offset: -360, messageId: '1@mx.example' };
const user = { address: 'a@x.example', owns: (address: string) => address.endsWith('@x.example') };

function fixes(text: string, more: Partial<SubmissionContext> = {}) {
  return submissionFixes(HeaderFields.scan(Buffer.from(`${text}\r\n\r\n`)), { ...context, ...more });
}

const whole = 'From: a@x.example\r\nDate: 1 Jan 2000 00:00:00 +0000\r\nMessage-ID: <2@x.example>';

test('Date and Message-ID are added where they are missing (RFC 6409 §8.2, §8.3)', () => {
  assert.equal(
    fixes('From: a@x.example').add,
    'Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@mx.example>\r\n',
  );
  assert.deepEqual(fixes(whole), { add: '', remove: [], problems: [] });
});

test('Bcc is taken out (RFC 5322 §3.6.3)', () => {
  assert.deepEqual(
    fixes(`${whole}\r\nBcc: b@y.example\r\nbcc:`).remove.map(({ name }) => name),
    ['Bcc', 'bcc'],
  );
});

test('what a submission server may refuse (RFC 6409 §6.1, RFC 5322 §3.6)', () => {
  const cases: [string, string[], Partial<SubmissionContext>?][] = [
    ['Subject: x', ['no-from']],
    [`${whole}\r\nFrom: a@x.example`, ['several from']],
    [`${whole}\r\nSubject: a\r\nSubject: b`, ['several subject']],
    ['From: nobody', ['malformed from']],
    ['From: undisclosed:;', ['malformed from']],
    ['From: a@x.example\r\nDate: now', ['malformed date']],
    ['From: a@x.example\r\nMessage-ID: none', ['malformed message-id']],
    ['From: a@x.example, b@x.example', ['no-sender']],
    ['From: a@x.example, b@x.example\r\nSender: a@x.example', []],
    ['From: a@x.example\r\nSender: a@x.example, b@x.example', ['malformed sender']],
    ['From: a@x.example', [], { user }],
    ['From: a@y.example', ['foreign from a@y.example'], { user }],
    ['From: a@y.example', [], { user, foreignFrom: 'sender' }],
    ['From: a@y.example\r\nSender: a@x.example', ['foreign from a@y.example'], { user }],
    ['From: a@y.example\r\nSender: a@x.example', [], { user, foreignFrom: 'sender' }],
    [
      'From: a@x.example\r\nSender: a@y.example',
      ['foreign sender a@y.example'],
      { user, foreignFrom: 'sender' },
    ],
  ];
  for (const [text, expected, more] of cases) {
    assert.deepEqual(
      fixes(text, more).problems.map((each) => Object.values(each).join(' ')),
      expected,
      text,
    );
  }
});

test('Sender names the user who sends in another name, where that is let (RFC 6409 §8.1)', () => {
  assert.match(fixes('From: a@y.example', { user, foreignFrom: 'sender' }).add, /^Sender: a@x\.example\r\n/m);
  assert.match(
    fixes('From: a@x.example, b@x.example', { user, foreignFrom: 'sender' }).add,
    /^Sender: a@x\.example\r\n/m,
  );
  assert.doesNotMatch(fixes('From: a@x.example', { user, foreignFrom: 'sender' }).add, /Sender/);
});

test('a hop is put on record, and read back (RFC 5321 §4.4, RFC 3848 §1, RFC 8314 §4.3)', () => {
  const written = formatReceived({
    helo: 'a.example',
    host: 'b.example',
    address: '2001:db8::1',
    by: 'mx.example',
    protocol: 'ESMTP',
    cipher: 'TLS_AES_256_GCM_SHA384',
    authenticated: true,
    id: '01J',
    for: 'c@d.example',
    date: 880127706000,
    offset: -360,
  });
  assert.equal(
    written,
    'Received: from a.example (b.example [IPv6:2001:db8::1])\r\n' +
      '\tby mx.example with ESMTPSA id 01J\r\n' +
      '\tfor <c@d.example> tls TLS_AES_256_GCM_SHA384;\r\n' +
      '\tFri, 21 Nov 1997 09:55:06 -0600\r\n',
  );
  const field = HeaderFields.scan(Buffer.from(`${written}\r\n`)).get('received');
  const { date, ...hop } = parseReceived(field?.value ?? '');
  assert.equal(date?.time, 880127706000);
  assert.deepEqual(hop, {
    from: 'a.example',
    fromHost: 'b.example',
    fromAddress: '2001:db8::1',
    by: 'mx.example',
    with: 'ESMTPSA',
    id: '01J',
    for: 'c@d.example',
  });
});

test('a name in the DNS does not pass for an address', () => {
  const written = formatReceived({
    helo: '[203.0.113.1]',
    host: 'x[203.0.113.1]',
    address: '192.0.2.1',
    by: 'mx.example',
    protocol: 'SMTP',
    id: '1',
    date: 0,
  });
  const field = HeaderFields.scan(Buffer.from(`${written}\r\n`)).get('received');
  assert.equal(parseReceived(field?.value ?? '').fromAddress, '192.0.2.1');
});

test('the protocol has a name for each way (RFC 3848 §1, RFC 6531 §4.3)', () => {
  const base = { by: 'x', id: '1', date: 0 };
  const cases: [Parameters<typeof formatReceived>[0], string][] = [
    [{ ...base, protocol: 'SMTP' }, 'SMTP'],
    [{ ...base, protocol: 'ESMTP' }, 'ESMTP'],
    [{ ...base, protocol: 'ESMTP', authenticated: true }, 'ESMTPA'],
    [{ ...base, protocol: 'ESMTP', utf8: true, cipher: 'X' }, 'UTF8SMTPS'],
    [{ ...base, protocol: 'LMTP', utf8: true }, 'UTF8LMTP'],
    [{ ...base, protocol: 'LMTP', cipher: 'X' }, 'LMTPS'],
  ];
  for (const [input, expected] of cases)
    assert.match(formatReceived(input), new RegExp(` with ${expected} id`));
});

test('law: whatever a peer says, it stays one field', () => {
  const any = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(any, any, any, any, fc.boolean(), (helo, host, address, to, utf8) => {
      const written = formatReceived({
        helo,
        host,
        address,
        for: to,
        utf8,
        by: 'mx',
        protocol: 'ESMTP',
        id: '1',
        date: 0,
      });
      const fields = HeaderFields.scan(Buffer.from(`${written}\r\n`));
      assert.equal(fields.length, 1);
      if (!utf8) assert.match(written, /^[\t\r\n\x20-\x7e]*$/);
      assert.deepEqual(fields.defects, []);
      for (const line of written.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998);
      assert.equal(parseReceived(fields.get('received')?.value ?? '').by, 'mx');
    }),
  );
});
