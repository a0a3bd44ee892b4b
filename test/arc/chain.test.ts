/** Chains that grow hop by hop, and what breaks them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  type ArcReason,
  ArcSealer,
  ArcValidator,
  type ArcVerdict,
  arcReasons,
  validateArc,
} from 'mailwright/arc';
import { DkimVerifier, dkimRecord } from 'mailwright/dkim';
import { ZoneResolver } from 'mailwright/dns';
import { HeaderFields } from 'mailwright/mime';
import { MessagePass, SignatureMisuse, SigningKey } from 'mailwright/signature';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const zone = new ZoneResolver({
  'a._domainkey.hop.example': { TXT: [dkimRecord(publicKey)] },
  'rsa._domainkey.hop.example': { TXT: [dkimRecord(rsa.publicKey)] },
  'silent._domainkey.hop.example': 'TIMEOUT',
});
const key = new SigningKey({ domain: 'hop.example', selector: 'a', privateKey });
const message = Buffer.from('From: alice@example.com\r\nSubject: Minutes\r\n\r\nHello  Bob\r\n');

const validate = (of: Buffer): Promise<ArcVerdict> => validateArc(of, { resolver: zone });

/** The message as the next hop sends it on, or `null` where that hop may not seal. */
async function hop(of: Buffer, by = key, results = 'hop.example; spf=pass'): Promise<Buffer | null> {
  const sealer = new ArcSealer({ key: by, now: () => 1_800_000_000_000 });
  sealer.write(of);
  const set = await sealer.finish({ chain: await validate(of), results });
  return set === null ? null : Buffer.concat([Buffer.from(set), of]);
}

async function hops(count: number): Promise<Buffer> {
  let sealed: Buffer = message;
  for (let each = 0; each < count; each++) sealed = (await hop(sealed)) ?? assert.fail('no seal');
  return sealed;
}

const three = await hops(3);
const change = (of: Buffer, from: string | RegExp, to: string) => {
  const changed = of.toString('latin1').replace(from, to);
  assert.notEqual(changed, of.toString('latin1'));
  return Buffer.from(changed, 'latin1');
};

test('a message without ARC fields has no chain', async () => {
  assert.deepEqual(await validate(message), { status: 'none', sets: [], newest: 0 });
});

test('a chain that grows passes, and tells what each hop found', async () => {
  const verdict = await validate(three);
  assert.equal(verdict.status, 'pass');
  assert.equal(verdict.oldestPass, 0);
  assert.deepEqual(
    verdict.sets.map(({ instance, status, results }) => [instance, status, results]),
    [
      [1, 'none', 'hop.example; spf=pass'],
      [2, 'pass', 'hop.example; spf=pass'],
      [3, 'pass', 'hop.example; spf=pass'],
    ],
  );
});

test('RSA keys seal too, and results are folded as they are given', async () => {
  const by = new SigningKey({ domain: 'hop.example', selector: 'rsa', privateKey: rsa.privateKey });
  const sealed = await hop(three, by, 'hop.example;\r\n\tspf=pass;\r\n\tdkim=none');
  assert.equal((await validate(sealed ?? message)).status, 'pass');
});

test('RFC 8617 §4.2.1: fifty sets, and not one more', async () => {
  const fifty = await hops(50);
  assert.equal((await validate(fifty)).status, 'pass');
  assert.equal(await hop(fifty), null);
});

test('RFC 8617 §5.2: what changed on the way shows in the oldest message signature that still fits', async () => {
  const listed = Buffer.concat([
    Buffer.from('Received: from a by list\r\n'),
    change(await hops(2), 'Subject: Minutes', 'Subject: [list] Minutes'),
  ]);
  const broken = await validate(listed);
  assert.equal(broken.reason, 'signature');
  // The list that changes the message validates before it does, and seals what it sends.
  const sealer = new ArcSealer({ key });
  sealer.write(listed);
  const set = await sealer.finish({ chain: await validate(await hops(2)), results: 'hop.example; none' });
  const verdict = await validate(Buffer.concat([Buffer.from(set ?? ''), listed]));
  assert.equal(verdict.status, 'pass');
  assert.equal(verdict.oldestPass, 3);
});

test('RFC 8617 §5.1.2: a chain that fails is sealed as such once, then never again', async () => {
  const broken = change(three, 'spf=pass', 'spf=fail');
  const marked = (await hop(broken)) ?? assert.fail('no seal');
  const verdict = await validate(marked);
  assert.deepEqual([verdict.status, verdict.reason], ['fail', 'failed-before']);
  assert.equal(await hop(marked), null);
});

/** What is wrong with the three sets, and where. */
const broken: readonly (readonly [reason: ArcReason, at: string, make: (of: Buffer) => Buffer])[] = [
  ['signature', '3 message-signature', (of) => change(of, 'Subject: M', 'Subject: m')],
  ['body-hash', '3 message-signature', (of) => change(of, 'Bob', 'bob')],
  ['signature', '3 seal', (of) => change(of, 'i=1; hop', 'i=1;  Hop')],
  ['signature', '3 seal', (of) => change(of, 'i=3; hop', 'i=3; Hop')],
  ['incomplete-set', '', (of) => change(of, /ARC-Seal:(.|\r\n )*?i=2(.|\r\n )*?\r\n(?! )/, '')],
  ['incomplete-set', '', (of) => change(of, /i=1; hop/, 'i=2; hop')],
  ['incomplete-set', '', (of) => change(of, 'From:', 'ARC-Authentication-Results: i=1; x; none\r\nFrom:')],
  ['incomplete-set', '', (of) => change(of, 'From:', 'ARC-Authentication-Results: i=50; x; none\r\nFrom:')],
  ['bad-instance', '', (of) => change(of, 'From:', 'ARC-Authentication-Results: i=51; x; none\r\nFrom:')],
  ['bad-instance', '', (of) => change(of, 'From:', 'ARC-Seal: i=0\r\nFrom:')],
  ['bad-instance', '', (of) => change(of, 'From:', 'ARC-Seal: \r\nFrom:')],
  ['too-many-sets', '', (of) => change(of, 'From:', `${'ARC-Seal: i=1\r\n'.repeat(51)}From:`)],
  ['bad-status', '1 seal', (of) => change(of, 'cv=none', 'cv=pass')],
  ['bad-status', '3 seal', (of) => change(of, 'cv=pass', 'cv=none')],
  ['bad-status', '3 seal', (of) => change(of, 'cv=pass', 'cv=maybe')],
  ['failed-before', '3 seal', (of) => change(of, 'cv=pass', 'cv=fail')],
  ['surplus-tag', '3 seal', (of) => change(of, 'cv=pass', 'h=from; cv=pass')],
  ['surplus-tag', '3 message-signature', (of) => change(of, 'h=from:', 'h=arc-seal:from:')],
  ['weak-hash', '3 seal', (of) => change(of, 'ARC-Seal: a=ed25519-sha256', 'ARC-Seal: a=rsa-sha1')],
  ['unknown-algorithm', '3 seal', (of) => change(of, 'ARC-Seal: a=ed25519-sha256', 'ARC-Seal: a=x')],
  ['key-kind', '3 seal', (of) => change(of, 'ARC-Seal: a=ed25519-sha256', 'ARC-Seal: a=rsa-sha256')],
  ['no-key', '3 seal', (of) => change(of, /(ARC-Seal:(?:.|\r\n )*?)s=a;/, '$1s=b;')],
  ['lookup', '3 message-signature', (of) => change(of, /(ARC-Message-S(?:.|\r\n )*?)s=a;/, '$1s=silent;')],
  ['missing-tag', '3 message-signature', (of) => change(of, /(ARC-Message-S(?:.|\r\n )*?)s=a;/, '$1x=0;')],
];

for (const [reason, at, make] of broken) {
  test(`${reason} ${at}`, async () => {
    const verdict = await validate(make(three));
    assert.equal(verdict.status, 'fail');
    assert.deepEqual(
      [verdict.reason, verdict.at && `${verdict.at.instance} ${verdict.at.field}`],
      [reason, at || undefined],
    );
    assert.ok(arcReasons[reason].length > 0);
  });
}

test('keys are asked for once each, however long the chain', async () => {
  const resolver = new ZoneResolver({ 'a._domainkey.hop.example': { TXT: [dkimRecord(publicKey)] } });
  assert.equal((await validateArc(await hops(20), { resolver })).status, 'pass');
  assert.deepEqual([...resolver.queries.values()], [1]);
});

test('a header section without end has no chain that passes', async () => {
  async function* endless() {
    yield three.subarray(0, -14);
    for (let count = 0; count < 20; count++) yield Buffer.alloc(65_536, 'a');
  }
  assert.equal((await validateArc(endless(), { resolver: zone })).reason, 'header-too-large');
});

test('a chain of another message is misuse', async () => {
  const sealer = new ArcSealer({ key });
  sealer.write(three);
  const chain = await validate(message);
  await assert.rejects(sealer.finish({ chain, results: 'hop.example; none' }), SignatureMisuse);
});

test('results that would break out of their field are misuse', async () => {
  for (const results of ['a; none\r\nX-Evil: yes', 'a; none\rb', 'a;\n none']) {
    await assert.rejects(hop(message, key, results), SignatureMisuse);
  }
});

test('checking, validating and sealing share a pass', async () => {
  const pass = new MessagePass({ scan: HeaderFields.scan });
  const dkim = new DkimVerifier({ resolver: zone, pass });
  const arc = new ArcValidator({ resolver: zone, pass });
  const sealer = new ArcSealer({ key, pass });
  for (const octet of three) pass.write(Uint8Array.of(octet));
  pass.end();
  assert.equal((await dkim.finish())[0]?.status, 'none');
  const chain = await arc.finish();
  const set = await sealer.finish({ chain, results: 'hop.example; none' });
  assert.equal((await validate(Buffer.concat([Buffer.from(set ?? ''), three]))).newest, 4);
});
