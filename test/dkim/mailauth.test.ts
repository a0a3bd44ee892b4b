/** mailauth as oracle, both ways: what either signs or seals, the other verifies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { signDkim, verifyDkim } from 'mailwright/dkim';
import type { Canonicalization } from 'mailwright/signature';
import { zone } from './handmade.ts';
import { domain, type Kind, ourKey, pem, resolver, selectors } from './oracle.ts';

const ours = async (message: Buffer) =>
  (await verifyDkim(message, { resolver: zone })).map(({ status }) => status);
const theirs = async (message: Buffer) =>
  (await dkimVerify(message, { resolver })).results.map(({ status }) => status.result);

const white = fc.constantFrom(' ', '  ', '\t', '\r\n', '\r\n\r\n', 'a', 'word', '.', '\xe9');
const body = fc.array(white, { maxLength: 40 }).map((parts) => parts.join(''));
const subject = fc
  .array(fc.constantFrom('a', ' ', '\t', '\r\n b', ':'), { maxLength: 10 })
  .map((parts) => `x${parts.join('')}`);
const form = fc.constantFrom<Canonicalization>('simple', 'relaxed');
const kinds = fc.constantFrom<Kind>('rsa', 'ed25519');

const messageOf = (subjectText: string, bodyText: string) =>
  Buffer.from(
    `From: alice@example.com\r\nTo: bob@example.org\r\nSubject: ${subjectText}\r\n\r\n${bodyText}`,
    'latin1',
  );

test('what we sign, mailauth verifies', async () => {
  await fc.assert(
    fc.asyncProperty(
      subject,
      body,
      form,
      form,
      kinds,
      async (subjectText, bodyText, header, bodyForm, kind) => {
        const message = messageOf(subjectText, bodyText);
        const field = await signDkim(message, {
          keys: [ourKey(kind)],
          canonicalization: { header, body: bodyForm },
        });
        assert.deepEqual(await theirs(Buffer.concat([field, message])), ['pass']);
      },
    ),
    { numRuns: 60 },
  );
});

test('what mailauth signs, we verify', async () => {
  await fc.assert(
    fc.asyncProperty(
      subject,
      body,
      form,
      form,
      kinds,
      async (subjectText, bodyText, header, bodyForm, kind) => {
        const message = messageOf(subjectText, bodyText);
        const by = { signingDomain: domain, selector: selectors[kind], privateKey: pem(kind) };
        const canonicalization = `${header}/${bodyForm}`;
        const { signatures } = await dkimSign(message, { ...by, canonicalization, signatureData: [by] });
        assert.deepEqual(await ours(Buffer.concat([Buffer.from(signatures), message])), ['pass']);
      },
    ),
    { numRuns: 60 },
  );
});

test('both agree on a message with an octet changed', async () => {
  const bare = messageOf('The minutes', 'Hello  Bob \r\n\r\nBye\r\n\r\n');
  const signed = Buffer.concat([await signDkim(bare, { keys: [ourKey('ed25519')] }), bare]);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: signed.length - bare.length, max: signed.length - 1 }),
      fc.constantFrom('x', ' ', '\t', 'Y'),
      async (at, octet) => {
        // A message whose line ends are broken is taken for another by everybody.
        if (signed[at] === 13 || signed[at] === 10) return;
        const changed = Buffer.from(signed);
        changed.write(octet, at, 'latin1');
        const [own] = await ours(changed);
        const [their] = await theirs(changed);
        assert.equal(own === 'pass', their === 'pass', `${JSON.stringify(octet)} at ${at}: ${own}, ${their}`);
      },
    ),
    { numRuns: 150 },
  );
});
