/** mailauth as oracle, both ways: chains in which its seals and ours alternate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticate, sealMessage } from 'mailauth';
import { ArcSealer, validateArc } from 'mailwright/arc';
import { zone } from '../dkim/handmade.ts';
import { domain, type Kind, ourKey, pem, resolver, selectors } from '../dkim/oracle.ts';

const message = Buffer.from(
  'From: alice@example.com\r\nTo: bob@example.org\r\nSubject: The  minutes\r\n\r\nHello  Bob \r\n\r\n',
);
const results = 'hop.example; spf=pass smtp.mailfrom=example.com; dkim=none';

async function sealedByUs(of: Buffer, kind: Kind): Promise<Buffer> {
  const sealer = new ArcSealer({ key: ourKey(kind) });
  sealer.write(of);
  const chain = await validateArc(of, { resolver: zone });
  return Buffer.concat([Buffer.from((await sealer.finish({ chain, results })) ?? ''), of]);
}

async function sealedByThem(of: Buffer, kind: Kind): Promise<Buffer> {
  const { status } = await validateArc(of, { resolver: zone });
  const set = await sealMessage(of, {
    signingDomain: domain,
    selector: selectors[kind],
    privateKey: pem(kind),
    authResults: results,
    cv: status,
  });
  return Buffer.concat([set, of]);
}

async function verdicts(of: Buffer): Promise<readonly [ours: string, theirs: string]> {
  const { status } = await validateArc(of, { resolver: zone });
  const facts = { ip: '192.0.2.1', helo: 'hop.example', sender: 'alice@example.com', mta: 'mx.example.org' };
  const { arc } = await authenticate(of, { ...facts, resolver });
  return [status, arc === false ? 'not looked at' : arc.status.result];
}

for (const kinds of [
  ['rsa', 'rsa'],
  ['ed25519', 'ed25519'],
  ['rsa', 'ed25519'],
] as const) {
  test(`a chain of four hops, by us and by mailauth in turns, ${kinds.join(' and ')}`, async () => {
    let sealed: Buffer = message;
    assert.deepEqual(await verdicts(sealed), ['none', 'none']);
    for (let hop = 0; hop < 4; hop++) {
      sealed = await (hop % 2 === 0 ? sealedByUs : sealedByThem)(sealed, kinds[hop % 2]!);
      assert.deepEqual(await verdicts(sealed), ['pass', 'pass'], `after hop ${hop + 1}`);
    }
    const changed = Buffer.from(sealed.toString('latin1').replace('Hello', 'Hullo'), 'latin1');
    assert.deepEqual(await verdicts(changed), ['fail', 'fail']);
    const marked = await sealedByUs(changed, 'rsa');
    assert.deepEqual(await verdicts(marked), ['fail', 'fail']);
  });
}
