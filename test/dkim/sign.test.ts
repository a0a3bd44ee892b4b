/** What is signed, how the field looks, and that every verifier here agrees. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DkimSigner,
  type DkimSignOptions,
  DkimVerifier,
  dkimRecord,
  generateDkimKey,
  signDkim,
  verifyDkim,
  zoneStrings,
} from 'mailwright/dkim';
import { ZoneResolver } from 'mailwright/dns';
import { HeaderFields } from 'mailwright/mime';
import { MessagePass, parseKeyRecord, parseTagList, SignatureMisuse, SigningKey } from 'mailwright/signature';
import { keys, zone } from './handmade.ts';

const rsa = new SigningKey({ domain: 'example.com', selector: 'rsa', privateKey: keys.rsa.privateKey });
const ed25519 = new SigningKey({
  domain: 'example.com',
  selector: 'ed',
  privateKey: keys.ed25519.privateKey,
});
const now = () => 1_800_000_000_000;

const message = Buffer.from(
  'Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0100\r\n' +
    'From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: The minutes\r\n of the  meeting\r\n' +
    'List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n' +
    'Comments: nobody signs this\r\n\r\nHello  Bob \r\n\r\n\r\n',
);

async function signedWith(options: Partial<DkimSignOptions> = {}, of = message): Promise<Buffer> {
  return Buffer.concat([await signDkim(of, { keys: [rsa], now, ...options }), of]);
}

const statuses = async (of: Buffer) =>
  (await verifyDkim(of, { resolver: zone, now })).map(({ status, reason }) => reason ?? status);

function tagsOf(of: Buffer): ReadonlyMap<string, string> {
  const tags = parseTagList(HeaderFields.scan(of).get('dkim-signature')?.value ?? '');
  assert.ok(tags);
  return tags;
}

test('every key makes a signature, in the order of the keys', async () => {
  const signed = await signedWith({ keys: [rsa, ed25519] });
  assert.deepEqual(await statuses(signed), ['pass', 'pass']);
  assert.deepEqual(
    HeaderFields.scan(signed)
      .all('dkim-signature')
      .map(({ value }) => parseTagList(value)?.get('a')),
    ['rsa-sha256', 'ed25519-sha256'],
  );
});

test('by default: what readers see, once more than it is there, and the ways out of a list', async () => {
  const h = tagsOf(await signedWith())
    .get('h')
    ?.replace(/\s/g, '');
  assert.equal(
    h,
    'from:from:reply-to:subject:subject:to:to:cc:list-unsubscribe:list-unsubscribe-post', // RFC 8058 §4
  );
});

test('a field added later under an oversigned name spoils the signature; another does not', async () => {
  const signed = await signedWith();
  const adding = (field: string) => statuses(Buffer.concat([Buffer.from(`${field}\r\n`), signed]));
  assert.deepEqual(await adding('Received: from c by d'), ['pass']);
  assert.deepEqual(await adding('Sender: list@example.net'), ['pass']);
  for (const name of ['From', 'Reply-To', 'Subject', 'To', 'Cc']) {
    assert.deepEqual(await adding(`${name}: x@example.net`), ['signature'], name);
  }
});

test('the tags that a host asks for', async () => {
  const tags = tagsOf(await signedWith({ lifetime: 3600, identity: 'älice@mail.example.com' }));
  assert.equal(tags.get('t'), '1800000000');
  assert.equal(tags.get('x'), '1800003600');
  assert.equal(tags.get('i'), '=C3=A4lice@mail.example.com');
  assert.equal(tags.get('c'), 'relaxed/relaxed');
});

test('no line of a signature is longer than 78, with a key of 4096 bits and many names', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const key = new SigningKey({ domain: 'example.com', selector: 'rsa', privateKey });
  const headers = () => Array.from({ length: 50 }, (_, at) => (at === 0 ? 'from' : `x-number-${at}`));
  const field = (await signDkim(message, { keys: [key], headers })).toString('latin1');
  assert.ok(field.endsWith('\r\n'));
  assert.ok(field.split('\r\n').every((line) => line.length <= 78));
});

test('simple canonicalization survives nothing, relaxed what relays do to white space', async () => {
  const relaid = (of: Buffer) =>
    Buffer.from(
      of
        .toString('latin1')
        .replace('The minutes\r\n of', 'The\r\n minutes of')
        .replace('Hello  Bob ', 'Hello Bob'),
    );
  assert.deepEqual(await statuses(relaid(await signedWith())), ['pass']);
  const simple = await signedWith({ canonicalization: { header: 'simple', body: 'simple' } });
  assert.deepEqual(await statuses(simple), ['pass']);
  assert.deepEqual(await statuses(relaid(simple)), ['body-hash']);
});

test('misuse is told at once', async () => {
  assert.throws(() => new DkimSigner({ keys: [] }), SignatureMisuse);
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = { domain: 'example.com', selector: 'a' };
  assert.throws(() => new SigningKey({ ...name, privateKey: ec }), SignatureMisuse);
  assert.throws(() => new SigningKey({ ...name, privateKey: keys.rsa768.privateKey }), SignatureMisuse);
  assert.throws(() => new SigningKey({ ...name, privateKey: keys.rsa.publicKey }), SignatureMisuse);
  assert.throws(
    () => new SigningKey({ ...name, privateKey: 'secret' }),
    /^SignatureMisuse: not a private key in PEM$/,
  );
  assert.throws(
    () => new SigningKey({ ...name, domain: 'a;b', privateKey: keys.rsa.privateKey }),
    SignatureMisuse,
  );
  await assert.rejects(signDkim(Buffer.from('To: a\r\n\r\n'), { keys: [rsa] }), SignatureMisuse);
  await assert.rejects(signDkim(message, { keys: [rsa], headers: () => ['to'] }), SignatureMisuse);
  await assert.rejects(signDkim(message, { keys: [rsa], identity: 'a@example.org' }), SignatureMisuse);
  await assert.rejects(
    signDkim(message, { keys: [rsa], headers: () => ['from', 'x; b=y'] }),
    SignatureMisuse,
  );
  await assert.rejects(signDkim(message, { keys: [rsa], lifetime: 0 }), SignatureMisuse);
});

test('a new key, its record, and what a zone file has of it', async () => {
  for (const kind of ['rsa', 'ed25519'] as const) {
    const { privateKey, record } = await generateDkimKey(kind, { strict: true });
    const key = parseKeyRecord(record);
    assert.ok(typeof key === 'object' && key.kind === kind && key.strict && !key.testing);
    assert.equal(dkimRecord(privateKey, { strict: true }), record);
    assert.equal(JSON.parse(`[${zoneStrings(record).replaceAll('" "', '","')}]`).join(''), record);
    const resolver = new ZoneResolver({ 'new._domainkey.example.com': { TXT: [record] } });
    const signer = new SigningKey({ domain: 'example.com', selector: 'new', privateKey });
    const [verdict] = await verifyDkim(await signedWith({ keys: [signer] }), { resolver, now });
    assert.equal(verdict?.status, 'pass');
  }
  assert.throws(() => dkimRecord('no key'), SignatureMisuse);
  assert.throws(() => dkimRecord(generateKeyPairSync('x25519').publicKey), SignatureMisuse);
});

test('signing and checking share a pass, and keep nothing of the chunks', async () => {
  const signed = await signedWith();
  const pass = new MessagePass({ scan: HeaderFields.scan });
  const verifier = new DkimVerifier({ resolver: zone, now, pass });
  const signer = new DkimSigner({ keys: [ed25519], now, pass });
  for (let at = 0; at < signed.length; at += 7) {
    const chunk = Buffer.from(signed.subarray(at, at + 7));
    pass.write(chunk);
    chunk.fill(0);
  }
  pass.end();
  assert.equal((await verifier.finish())[0]?.status, 'pass');
  const twice = Buffer.concat([Buffer.from((await signer.finish()).join('')), signed]);
  assert.deepEqual(await statuses(twice), ['pass', 'pass']);
});

test('a stream is checked as its chunks come', async () => {
  const signed = await signedWith();
  async function* chunks() {
    for (const octet of signed) yield Uint8Array.of(octet);
  }
  const [verdict] = await verifyDkim(chunks(), { resolver: zone, now });
  assert.equal(verdict?.status, 'pass');
});

const word = fc.constantFrom('a', 'b ', ' ', '\t', '\r\n', '\r\n ', '=', ';', '\r', '\n', '\xe9');
const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(''));
/** What a header field can hold: a line end only before white space. */
const value = text.map((raw) => raw.replace(/\r\n(?![ \t])|\n|\r(?!\n)/g, ''));
const form = fc.constantFrom('simple' as const, 'relaxed' as const);

test('what is signed passes, and with an octet changed it does not', async () => {
  await fc.assert(
    fc.asyncProperty(value, text, form, form, fc.nat(), async (subject, body, header, bodyForm, at) => {
      const bare = Buffer.from(`From: a@example.com\r\nSubject: x${subject}\r\n\r\n${body}`, 'latin1');
      const signed = await signedWith(
        { keys: [ed25519], canonicalization: { header, body: bodyForm } },
        bare,
      );
      assert.deepEqual(await statuses(signed), ['pass']);
      // A letter of what is signed, never of white space that relaxed forms forgive.
      const changed = Buffer.from(signed);
      const letters = [...changed.keys()]
        .slice(signed.length - bare.length)
        .filter((i) => changed[i] === 0x61);
      const place = letters[at % letters.length];
      assert.ok(place !== undefined);
      changed[place] = 0x7a;
      const [reason] = await statuses(changed);
      assert.ok(reason === 'signature' || reason === 'body-hash', reason);
    }),
    { numRuns: 300 },
  );
});
