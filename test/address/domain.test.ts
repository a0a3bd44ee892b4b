import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DomainFault, type IdnaOptions, normalizeDomain, toALabel, toULabel } from 'mailwright/address';

describe('A-labels and U-labels (UTS 46 §4, non-transitional)', () => {
  const table: [string, string, string][] = [
    ['example.org', 'example.org', 'example.org'],
    ['EXAMPLE.org', 'example.org', 'example.org'],
    ['example.org.', 'example.org.', 'example.org.'],
    ['Bücher.example', 'xn--bcher-kva.example', 'bücher.example'],
    ['XN--bcher-kva.example', 'xn--bcher-kva.example', 'bücher.example'],
    // The deviation characters are letters of their own.
    ['faß.de', 'xn--fa-hia.de', 'faß.de'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah', '例え.テスト'],
    ['ｅｘａｍｐｌｅ.org', 'example.org', 'example.org'],
    ['אב.example', 'xn--4dbc.example', 'אב.example'],
    // Nothing that a URL takes for an IPv4 address is one here.
    ['0x7f.1', '0x7f.1', '0x7f.1'],
    ['999.999.999.999', '999.999.999.999', '999.999.999.999'],
  ];
  for (const [given, ascii, unicode] of table) {
    test(given, () => {
      assert.deepEqual(toALabel(given), { ok: true, domain: ascii });
      assert.deepEqual(toULabel(given), { ok: true, domain: unicode });
    });
  }
});

describe('refused', () => {
  const table: [string, DomainFault][] = [
    ['', 'empty'],
    ['.', 'empty'],
    ['.example', 'empty'],
    ['a..example', 'empty'],
    ['a..', 'empty'],
    ['a b', 'label'],
    ['a_b.example', 'label'],
    ['-a.example', 'label'],
    ['a-.example', 'label'],
    ['ab--c.example', 'label'],
    ['ü--.example', 'label'],
    // What a URL would cut off, decode or drop.
    ['user@example.org', 'label'],
    ['example.org:25', 'label'],
    ['example.org/path', 'label'],
    ['%61.example', 'label'],
    ['a\tb.example', 'label'],
    ['[::1]', 'label'],
    ['ex％61mple', 'idna'],
    ['a＿b', 'label'],
    ['xn--.example', 'idna'],
    ['xn--a.example', 'idna'],
    ['xn--abc.example', 'idna'],
    ['xn--\u00FC.example', 'idna'],
    // An A-label must be what its decoded form encodes to: here `u` with U+0308, which is `ü`.
    ['xn--u-ccb.example', 'idna'],
    // RFC 5892 appendix A.1: a joiner out of context.
    ['a\u200Cb.example', 'idna'],
    // RFC 5893 §2: mixed directions within a label, and a label that begins with a digit beside one.
    ['aא.example', 'idna'],
    ['0a.א', 'idna'],
    ['א1٠.example', 'idna'],
    ['a'.repeat(1001), 'length'],
  ];
  for (const [given, why] of table) {
    test(`${JSON.stringify(given.slice(0, 40))} ${why}`, () => {
      assert.deepEqual(toALabel(given), { ok: false, why });
      assert.deepEqual(toULabel(given), { ok: false, why });
    });
  }

  test('lengths, by A-labels alone (RFC 1035 §2.3.4)', () => {
    const label = 'a'.repeat(63);
    const longest = [label, label, label, 'a'.repeat(61)].join('.');
    assert.deepEqual(toALabel(`${longest}.`), { ok: true, domain: `${longest}.` });
    assert.deepEqual(toALabel(`${longest}a`), { ok: false, why: 'length' });
    assert.deepEqual(toALabel(`${label}a`), { ok: false, why: 'length' });
    assert.deepEqual(toALabel('ü'.repeat(60)), { ok: false, why: 'length' });
    assert.ok(toULabel('ü'.repeat(60)).ok);
  });
});

test('reserved labels are refused unless accepted, and never in U-labels (RFC 5890 §2.3.1)', () => {
  const accept: IdnaOptions = { reservedLabels: 'accept' };
  assert.deepEqual(toALabel('r3---sn-abc.example', accept), { ok: true, domain: 'r3---sn-abc.example' });
  assert.deepEqual(toALabel('ab--ü.example', accept), { ok: false, why: 'label' });
});

describe('the form for comparison', () => {
  const table: [string, string | DomainFault][] = [
    ['EXAMPLE.org', 'example.org'],
    ['example.org.', 'example.org'],
    ['r3---SN-abc.example', 'r3---sn-abc.example'],
    ['BÜCHER.example。', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    [`${'a.'.repeat(60)}EXAMPLE`, `${'a.'.repeat(60)}example`],
    ['', 'empty'],
    ['a..', 'empty'],
    ['-bad.example', 'label'],
    ['xn--a.example', 'idna'],
    ['a'.repeat(64), 'length'],
  ];
  for (const [given, expected] of table) {
    test(JSON.stringify(given.slice(0, 40)), () => {
      const parsed = normalizeDomain(given);
      assert.equal(parsed.ok ? parsed.domain : parsed.why, expected);
    });
  }
});
