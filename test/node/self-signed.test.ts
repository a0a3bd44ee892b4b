/** Certificates that vouch for themselves, as OpenSSL reads them. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { selfSignedCertificate } from 'mailwright/node';

test('it names its hosts and addresses (RFC 5280 §4.2.1.6), and its key fits', () => {
  const { cert, key } = selfSignedCertificate({
    names: ['mx.example', '*.mx.example', '192.0.2.1', '2001:db8::1', '2001:db8::ff:0:1'],
  });
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subject, 'CN=mx.example');
  assert.equal(certificate.issuer, 'CN=mx.example');
  for (const host of ['mx.example', 'a.mx.example'])
    assert.equal(certificate.checkHost(host) !== undefined, true);
  for (const ip of ['192.0.2.1', '2001:db8::1', '2001:db8::ff:0:1'])
    assert.equal(certificate.checkIP(ip), ip);
  assert.equal(certificate.checkHost('example'), undefined);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(key)), true);
  assert.equal(certificate.verify(certificate.publicKey), true);
});

test('it is valid from now on for so many days, in both notations of time (RFC 5280 §4.1.2.5)', () => {
  for (const now of [Date.UTC(2026, 0, 31, 1, 2, 3), Date.UTC(2049, 11, 31, 23, 59, 59)]) {
    const certificate = new X509Certificate(
      selfSignedCertificate({ names: ['a.example'], now, days: 2 }).cert,
    );
    assert.equal(certificate.validFromDate.getTime(), now);
    assert.equal(certificate.validToDate.getTime(), now + 2 * 86_400_000);
  }
});

test('serial numbers differ and are positive; a long name is cut in the subject alone', () => {
  const name = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
  const all = [1, 2, 3].map(() => new X509Certificate(selfSignedCertificate({ names: [name] }).cert));
  assert.equal(new Set(all.map(({ serialNumber }) => serialNumber)).size, 3);
  for (const { serialNumber } of all) assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/);
  assert.equal(all[0]?.subject, `CN=${name.slice(0, 64)}`);
  assert.equal(all[0]?.checkHost(name), name);
});
