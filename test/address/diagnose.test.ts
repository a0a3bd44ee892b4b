import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Diagnosis, diagnoseAddress, diagnoses, type Mailbox } from 'mailwright/address';

const plain: Mailbox = { localPart: 'a', domain: 'b.example' };

describe('the worst finding, and the mailbox without its trimmings (RFC 5322 §3.4.1, §4.4)', () => {
  const table: [string, Diagnosis, Mailbox | null][] = [
    ['a@b.example', 'valid', plain],
    ['a@localhost', 'top-level-domain', { localPart: 'a', domain: 'localhost' }],
    ['a@b.1a', 'numeric-top-level-domain', { localPart: 'a', domain: 'b.1a' }],
    ['"a\\ b"@b.example', 'quoted-string', { localPart: 'a b', domain: 'b.example' }],
    ['a@[192.0.2.1]', 'address-literal', { localPart: 'a', domain: { kind: 'ipv4', address: '192.0.2.1' } }],
    [
      'a@[IPv6:1:2:3:4:5:6:7::]',
      'ipv6-single-elision',
      { localPart: 'a', domain: { kind: 'ipv6', address: '1:2:3:4:5:6:7:0' } },
    ],
    ['a@b.example(work)', 'comment', plain],
    [' a@b.example', 'folding-white-space', plain],
    ['a\r\n @b.example', 'comment-near-at', plain],
    ['"a\r\n b"@b.example', 'folding-white-space', { localPart: 'a b', domain: 'b.example' }],
    ['"x".a@b.example', 'obsolete-local-part', { localPart: 'x.a', domain: 'b.example' }],
    ['x . a@b.example', 'obsolete-folding', { localPart: 'x.a', domain: 'b.example' }],
    ['a@b(c).example', 'comment', plain],
    ['a@b.(c)example', 'obsolete-comment', plain],
    ['"\u0007"@b.example', 'obsolete-quoted-text', null],
    ['"\\\u0007"@b.example', 'obsolete-quoted-pair', null],
    ['(\u0007)a@b.example', 'obsolete-comment-text', plain],
    ['a@(c(d\\))e)b.example', 'comment-near-at', plain],
    ['a@b_c.example', 'domain-characters', null],
    [`${'a'.repeat(65)}@b.example`, 'local-part-length', null],
    [`a@${'b'.repeat(64)}.example`, 'label-length', null],
    ['a@[x:y]', 'domain-literal', null],
    ['a@[1.2.\\3.4]', 'obsolete-domain-literal', null],
    ['a@[IPv6:g::]', 'ipv6-bad-group', null],
    ['', 'no-domain', null],
    ['a', 'no-domain', null],
    ['a@', 'no-domain', null],
    ['(c)@b.example', 'no-local-part', null],
    ['"a"b@b.example', 'text-after-quoted-string', null],
    ['a b@b.example', 'text-after-comment', null],
    ['a@[1.2.3.4]b', 'text-after-literal', null],
    ['a@b.example\\', 'bad-character', null],
    ['a@b.example(\\', 'trailing-backslash', null],
    ['a@b.example(c ', 'unclosed-comment', null],
    ['a@b.example\r\n', 'trailing-fold', null],
    ['a@b.example\r', 'bare-cr', null],
    ['é@b.example', 'bad-character', null],
  ];
  for (const [text, diagnosis, mailbox] of table) {
    test(`${JSON.stringify(text.slice(0, 40))} ${diagnosis}`, () => {
      assert.deepEqual(diagnoseAddress(text), { standing: diagnoses[diagnosis], diagnosis, mailbox });
    });
  }
});

describe('with UTF-8 (RFC 6532 §3.2)', () => {
  const table: [string, Diagnosis][] = [
    ['jürgen@bücher.example', 'valid'],
    ['"用 户"@例え.テスト', 'quoted-string'],
    ['a(é)@b.example', 'comment-near-at'],
    ['a@a\u200Cb.example', 'domain-characters'],
    [`${'😀'.repeat(16)}@b.example`, 'valid'],
    [`${'😀'.repeat(17)}@b.example`, 'local-part-length'],
    ['\uD800@b.example', 'bad-character'],
  ];
  for (const [text, diagnosis] of table) {
    test(`${text.slice(0, 20)} ${diagnosis}`, () => {
      assert.equal(diagnoseAddress(text, { utf8: true }).diagnosis, diagnosis);
    });
  }
});
