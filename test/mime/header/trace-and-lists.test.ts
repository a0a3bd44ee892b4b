import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  type AuthorDomain,
  authorDomain,
  HeaderFields,
  isAutomatic,
  parseListId,
  parseListUris,
  parseMessageIds,
  parseReceived,
  unsubscribeWays,
} from 'mailwright/mime';

const scan = (text: string) => HeaderFields.scan(Buffer.from(`${text}\r\n\r\n`));

test('message identifiers and references (RFC 5322 §3.6.4, §4.5.4)', () => {
  const cases: [string, string[]][] = [
    ['<a@b>', ['a@b']],
    ['<a@b> <c@d>', ['a@b', 'c@d']],
    ['<a@b><c@d>,(x) <e@f>', ['a@b', 'c@d', 'e@f']],
    ['Your message of Monday <a@b>', ['a@b']],
    ['<a@\r\n b>', ['a@b']],
    ['<<a@b>', ['a@b']],
    ['<a@b', []],
    ['<>', []],
    ['a@b, c@d', ['a@b', 'c@d']],
    ['nothing', []],
    [`<${'x'.repeat(999)}>`, []],
  ];
  for (const [value, ids] of cases) assert.deepEqual(parseMessageIds(value), ids, value);
});

test('hops (RFC 5321 §4.4)', () => {
  const hop = parseReceived(
    'from a.example (b.example [192.0.2.1]) by c.example (Postfix; x) via TCP with ESMTPS id 1; x' +
      ' for <d@e.example>; Fri, 21 Nov 1997 09:55:06 -0600',
  );
  assert.deepEqual(
    { ...hop, date: hop.date?.time },
    {
      from: 'a.example',
      fromHost: 'b.example',
      fromAddress: '192.0.2.1',
      by: 'c.example',
      via: 'TCP',
      with: 'ESMTPS',
      id: '1',
      for: 'd@e.example',
      date: 880127706000,
    },
  );
  assert.equal(parseReceived('from x ([IPv6:2001:db8::1])').fromAddress, '2001:db8::1');
  assert.equal(parseReceived('from unknown (HELO x) (192.0.2.1) by y').fromAddress, '192.0.2.1');
  assert.equal(parseReceived('from x (unknown [192.0.2.1]) by y').fromHost, undefined);
  assert.deepEqual(parseReceived('from [192.0.2.1] by x'), {
    from: '192.0.2.1',
    fromAddress: '192.0.2.1',
    by: 'x',
    date: null,
  });
  assert.deepEqual(parseReceived('(qmail 1 invoked by uid 2); 1 Jan 2000 00:00:00 -0000').by, undefined);
  assert.deepEqual(parseReceived('by'), { date: null });
});

test('ways in and out of a list (RFC 2369 §2, RFC 2919 §3, RFC 8058 §3.1)', () => {
  assert.deepEqual(parseListUris('<mailto:a@b>,\t(x) <https://c/\r\n d>'), ['mailto:a@b', 'https://c/d']);
  assert.deepEqual(parseListUris('NO'), []);
  assert.deepEqual(parseListUris('<a:b> junk, <c:d>'), ['a:b']);
  assert.deepEqual(parseListId('"Garden, all" <Garden.Example.COM>'), {
    id: 'garden.example.com',
    name: 'Garden, all',
  });
  assert.equal(parseListId('garden.example.com'), null);
  const post = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click';
  const out = 'List-Unsubscribe: <mailto:u@a>, <https://a/u>';
  assert.deepEqual(unsubscribeWays(scan(`${out}\r\n${post}`)), {
    mail: ['mailto:u@a'],
    web: ['https://a/u'],
    oneClick: 'https://a/u',
  });
  assert.equal(unsubscribeWays(scan(out)).oneClick, undefined);
  assert.equal(unsubscribeWays(scan(`${out}, <https://b/u>\r\n${post}`)).oneClick, undefined);
  assert.equal(unsubscribeWays(scan(`List-Unsubscribe: <http://a/u>\r\n${post}`)).oneClick, undefined);
});

test('mail that must get no automatic answer (RFC 3834 §2, §5)', () => {
  for (const text of [
    'Auto-Submitted: auto-generated',
    'Auto-Submitted: auto-replied; owner-email="x@y"',
    'Precedence: bulk',
    'List-Id: <x.example>',
    'Content-Type: multipart/report; report-type=delivery-status',
  ]) {
    assert.equal(isAutomatic(scan(text)), true, text);
  }
  for (const text of [
    'Auto-Submitted: no',
    'Auto-Submitted: (x) NO',
    'Subject: x',
    'Precedence: first-class',
  ]) {
    assert.equal(isAutomatic(scan(text)), false, text);
  }
});

test('the author domain is one or none (RFC 7489 §6.6.1)', () => {
  const cases: [string, string | (AuthorDomain & { ok: false })['why']][] = [
    ['From: a@Example.COM', 'example.com'],
    ['From: "evil@other.example" <a@example.com.>', 'example.com'],
    ['From: a@example.com, b@EXAMPLE.com', 'example.com'],
    ['From: a@bücher.example', 'bücher.example'],
    ['From: a..b@x.example', 'x.example'],
    ['Subject: x', 'no-from'],
    ['From: a@x.example\r\nFrom: a@x.example', 'several-from'],
    ['From: a@x.example\r\nfrom : a@y.example', 'several-from'],
    ['From: a@x.example, b@y.example', 'several-domains'],
    ['From: ', 'no-address'],
    ['From: nobody:;', 'no-address'],
    ['From: a@[192.0.2.1]', 'no-domain'],
    ['From: a@x_.-y', 'no-domain'],
    ['From: a@x..y', 'no-domain'],
    ['From: root', 'malformed'],
    ['From: <a@x.example> <b@y.example>', 'malformed'],
    ['From: a@x.example b@y.example', 'malformed'],
    ['From: <a@x.example@y.example>', 'malformed'],
    ['From : a@x.example', 'malformed'],
    ['rubbish\r\nFrom: a@x.example', 'malformed'],
    ['From: a@x.example\0', 'malformed'],
  ];
  for (const [text, expected] of cases) {
    const found = authorDomain(scan(text));
    assert.equal(found.ok ? found.domain : found.why, expected, text);
  }
  const several = authorDomain(scan('From: a@x.example\r\nFrom: b@y.example'));
  assert.deepEqual(several.ok ? [] : several.domains, ['x.example', 'y.example']);
});
