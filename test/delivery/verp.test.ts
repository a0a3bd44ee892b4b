import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseMailbox } from 'mailwright/address';
import { verp } from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';

const day = 86_400_000;
const now = Date.UTC(2026, 4, 1);
const domain = 'our.example';
const secret = new Secret('a long random text');
const unsigned = verp({ domain });
const signed = verp({ domain, secret });

describe('return paths for each recipient', () => {
  const cases: readonly (readonly [recipient: string, path: string])[] = [
    ['sam@example.net', 'bounces+sam=example.net@our.example'],
    ['Sam+news@EXAMPLE.net', 'bounces+Sam+2bnews=example.net@our.example'],
    ['a=b@example.net', 'bounces+a=b=example.net@our.example'],
    ['"odd one"@example.net', 'bounces++22odd+20one+22=example.net@our.example'],
    ['"a..b."@example.net', 'bounces++22a+2e.b.+22=example.net@our.example'],
    ['zoë@example.net', 'bounces+zo+c3+ab=example.net@our.example'],
    ['sam@[192.0.2.1]', 'bounces+sam=+5b192.0.2.1+5d@our.example'],
    ['Postmaster', 'bounces+Postmaster=@our.example'],
  ];
  for (const [recipient, path] of cases) {
    test(recipient, () => {
      assert.equal(unsigned.encode(recipient, now), path);
      const decoded = unsigned.decode(path, now);
      assert.ok(decoded.ok && decoded.matches(recipient));
      const at = recipient.lastIndexOf('@');
      const expected = at === -1 ? recipient : recipient.slice(0, at) + recipient.slice(at).toLowerCase();
      assert.equal(decoded.recipient, expected);
    });
  }

  test('signed and dated, to the letter', () => {
    const path = signed.encode('sam@example.net', now);
    assert.match(path, /^bounces\+574[a-z2-7]{8}-sam=example\.net@our\.example$/);
    assert.equal(signed.encode('sam@example.net', now + day - 1), path);
    assert.notEqual(signed.encode('sam@example.net', now + day), path);
    assert.deepEqual(signed.decode('bounces+sam=example.net@our.example', now), { ok: false, why: 'forged' });
  });

  test('good for thirty days, or as many as the host says; a year that turns over is no matter', () => {
    const path = signed.encode('sam@example.net', now);
    assert.ok(signed.decode(path, now + 30 * day).ok);
    assert.deepEqual(signed.decode(path, now + 31 * day), { ok: false, why: 'expired' });
    assert.deepEqual(signed.decode(path, now - day), { ok: false, why: 'expired' });
    const brief = verp({ domain, secret, days: 1 });
    assert.deepEqual(brief.decode(path, now + 2 * day), { ok: false, why: 'expired' });
    const late = Math.ceil(now / day / 1000) * 1000 * day - day; // day 999
    assert.ok(signed.decode(signed.encode('sam@example.net', late), late + 2 * day).ok);
  });

  test('a recipient that is too long stands in it as a hash (RFC 5321 §4.5.3.1.1)', () => {
    const long = `${'a'.repeat(60)}@example.net`;
    const decoded = signed.decode(signed.encode(long, now), now);
    assert.ok(decoded.ok);
    assert.equal(decoded.recipient, null);
    assert.ok(decoded.matches(long));
    assert.ok(!decoded.matches(`b${long}`));
  });

  test('other addresses are none', () => {
    const others = ['', 'bounces', 'sam@our.example', 'bounces+@our.example', 'bounces+sam@our.example'];
    for (const path of [...others, 'bounces+sam=example.net@other.example', 'bounces-sam=x@our.example']) {
      assert.deepEqual(unsigned.decode(path, now), { ok: false, why: 'other' }, path);
    }
    assert.deepEqual(unsigned.decode(`bounces+${'a'.repeat(1e6)}=b@our.example`, now), {
      ok: false,
      why: 'other',
    });
  });

  test('what cannot stand in a local part, or leaves no room, is misuse', () => {
    for (const prefix of ['a b', 'a@b', '', 'x'.repeat(40)]) {
      assert.throws(() => verp({ domain, prefix, separator: '', secret }), RangeError, prefix);
    }
  });
});

const address = fc
  .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), fc.domain())
  .filter(([localPart]) => !/[\p{C}"\\@]/u.test(localPart))
  .map(([localPart, host]) => `"${localPart}"@${host}`);

test('law: a path is a mailbox that fits, and gives its recipient back, whatever the case it comes back in', () => {
  fc.assert(
    fc.property(address, fc.boolean(), fc.boolean(), (recipient, isSigned, upper) => {
      const paths = isSigned ? signed : unsigned;
      const path = paths.encode(recipient, now);
      assert.ok(parseMailbox(path).ok, path);
      assert.ok(path.indexOf('@') <= 64, path);
      const decoded = paths.decode(upper ? path.toUpperCase() : path, now);
      assert.ok(decoded.ok && decoded.matches(recipient), path);
      if (decoded.recipient !== null && !upper) assert.equal(decoded.recipient, recipient);
    }),
  );
});

test('law: one character changed, and it is forged', () => {
  const path = signed.encode('sam@example.net', now);
  fc.assert(
    fc.property(fc.nat(path.indexOf('@') - 9), fc.constantFrom(...'abcdefgh234567'), (at, character) => {
      const place = at + 8;
      const changed = path.slice(0, place) + character + path.slice(place + 1);
      if (changed !== path) assert.equal(signed.decode(changed, now).ok, false, changed);
    }),
  );
});
