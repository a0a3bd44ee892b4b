/** Made-up signatures and damaged messages, of which each gets verdicts in the words of RFC 8601. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dkimReasons, verifyDkim } from 'mailwright/dkim';
import { handmade, zone } from './handmade.ts';

const signed = handmade({});

const scrap = fc.constantFrom(
  ...['v=1', 'a=rsa-sha256', 'd=example.com', 's=rsa', 'h=from', 'bh=', 'b=', 'l=0', 'x=1', 'i=@'],
  ...['c=relaxed/simple', '; ', ';', '=', '"', '\r\n ', '\t', '\0', '\xff', 'AAAA', '===='],
  ...['From: a\r\n', 'DKIM-Signature:', '\r\n', '\r\n\r\n'],
);

async function judged(message: Buffer): Promise<void> {
  const verdicts = await verifyDkim(message, { resolver: zone });
  assert.ok(verdicts.length > 0);
  for (const { status, reason } of verdicts) {
    assert.equal(status, reason === undefined ? 'pass' : dkimReasons[reason][0]);
  }
}

/** Checks messages whose signature is put together from scraps. */
export function fuzzSignatures(numRuns: number): Promise<void> {
  const scraps = fc.array(scrap, { maxLength: 60 });
  const message = (parts: string[]) =>
    Buffer.from(`From: a@example.com\r\nDKIM-Signature: ${parts.join('')}`, 'latin1');
  const property = fc.asyncProperty(scraps, (parts) => judged(message(parts)));
  return fc.assert(property, { numRuns });
}

/** Checks a signed message of which some octets are others. */
export function fuzzMessages(numRuns: number): Promise<void> {
  const change = fc.tuple(fc.nat(signed.length - 1), fc.nat(255));
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    const message = Buffer.from(signed);
    for (const [at, octet] of changes) message[at] = octet;
    return judged(message);
  });
  return fc.assert(property, { numRuns });
}
