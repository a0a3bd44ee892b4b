/** Debian's python3-dkim as oracle, both ways: signatures over whole corpora, and ARC chains. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ArcSealer, validateArc } from 'mailwright/arc';
import { dkimRecord, signDkim, verifyDkim } from 'mailwright/dkim';
import { keys, zone } from '../dkim/handmade.ts';
import { formsOf, messages, signingKeys, spoilt } from './dkim-messages.ts';
import { run } from './programs.ts';

/** Debian's own: its modules are not seen by another Python that stands before it in PATH. */
const python = '/usr/bin/python3';
const modules = '/usr/lib/python3/dist-packages/dkim';

/** Reads a plan as JSON, and answers it: verdicts, signature fields, chain states, sets. */
const script = `
import base64, dkim, json, sys
plan = json.load(sys.stdin)
def keys(name, timeout=5): return plan["zone"].get(name.decode().rstrip("."), "").encode() or None
def octets(text): return base64.b64decode(text)
def verified(message):
    try: return dkim.verify(message, dnsfunc=keys)
    except dkim.DKIMException as error: return str(error)
def chain(message): return dkim.arc_verify(message, dnsfunc=keys)[0].decode()
def signed(each):
    return dkim.sign(octets(each["message"]), each["selector"].encode(), b"example.com", each["key"].encode(),
        canonicalize=(each["header"].encode(), each["body"].encode()), signature_algorithm=each["algorithm"].encode())
def sealed(each):
    return b"".join(dkim.arc_sign(octets(each["message"]), each["selector"].encode(), b"example.com",
        each["key"].encode(), b"hop.example"))
json.dump({
    "verify": [verified(octets(each)) for each in plan.get("verify", [])],
    "sign": [signed(each).decode() for each in plan.get("sign", [])],
    "chain": [chain(octets(each)) for each in plan.get("chain", [])],
    "seal": [sealed(each).decode() for each in plan.get("seal", [])],
}, sys.stdout)
`;

interface Order {
  readonly message: string;
  readonly selector: string;
  readonly key: string;
  readonly algorithm?: string;
  readonly header?: string;
  readonly body?: string;
}

interface Plan {
  readonly verify?: readonly string[];
  readonly sign?: readonly Order[];
  readonly chain?: readonly string[];
  readonly seal?: readonly Order[];
}

interface Answers {
  readonly verify: readonly (boolean | string)[];
  readonly sign: readonly string[];
  readonly chain: readonly string[];
  readonly seal: readonly string[];
}

const records = {
  'rsa._domainkey.example.com': dkimRecord(keys.rsa.publicKey),
  'ed._domainkey.example.com': dkimRecord(keys.ed25519.publicKey),
};

async function ask(plan: Plan): Promise<Answers> {
  const input = JSON.stringify({ zone: records, ...plan });
  return JSON.parse(await run(python, ['-c', script], { input }));
}

const rsaPem = String(keys.rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }));
/** As python3-dkim wants an Ed25519 key: the 32 octets of its seed. */
const seed = Buffer.from(keys.ed25519.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url').toString(
  'base64',
);

const orderOf = (message: Buffer, at: number): Order => ({
  message: message.toString('base64'),
  ...(at % 3 === 0
    ? { selector: 'ed', key: seed, algorithm: 'ed25519-sha256' }
    : { selector: 'rsa', key: rsaPem, algorithm: 'rsa-sha256' }),
  ...formsOf(at),
});

const optional = process.env['PEERS_OPTIONAL'] === '1' && !existsSync(modules);
const options = {
  timeout: 120_000,
  skip: optional && 'python3-dkim is missing: .ci/peers installs the Debian package of that name',
};

test('python3-dkim: what we sign, it verifies, and sees a letter changed', options, async () => {
  const signed: string[] = [];
  for (const [at, message] of messages.entries()) {
    const field = await signDkim(message, {
      keys: [at % 3 === 0 ? signingKeys.ed25519 : signingKeys.rsa],
      canonicalization: formsOf(at),
    });
    const whole = Buffer.concat([field, message]);
    signed.push(whole.toString('base64'), Buffer.concat([field, spoilt(message)]).toString('base64'));
  }
  const { verify } = await ask({ verify: signed });
  for (const [at, verdict] of verify.entries()) {
    const wanted = at % 2 === 0;
    assert.equal(
      verdict === true,
      wanted,
      `message ${at >> 1}: ${verdict}\n${Buffer.from(signed[at] ?? '', 'base64')
        .toString('latin1')
        .slice(0, 2000)}`,
    );
  }
});

test('python3-dkim: what it signs, we verify, and see a letter changed', options, async () => {
  const { sign } = await ask({ sign: messages.map(orderOf) });
  for (const [at, message] of messages.entries()) {
    const field = Buffer.from(sign[at] ?? '');
    const [verdict] = await verifyDkim(Buffer.concat([field, message]), { resolver: zone });
    assert.equal(verdict?.status, 'pass', `message ${at}: ${verdict?.reason}\n${field}`);
    const [changed] = await verifyDkim(Buffer.concat([field, spoilt(message)]), { resolver: zone });
    assert.equal(changed?.status, 'fail');
  }
});

test('python3-dkim: chains in which its seals and ours alternate', options, async () => {
  const some = messages.filter((_, at) => at % 20 === 0);
  for (const message of some) {
    let sealed: Buffer = message;
    for (let hop = 1; hop <= 4; hop++) {
      const chain = await validateArc(sealed, { resolver: zone });
      const results = `hop.example; arc=${chain.status}; spf=pass smtp.mailfrom=example.com`;
      const field = Buffer.from(`Authentication-Results: ${results}\r\n`);
      if (hop % 2 === 0) {
        const stamped = Buffer.concat([field, sealed]);
        const { seal } = await ask({
          seal: [{ message: stamped.toString('base64'), selector: 'rsa', key: rsaPem }],
        });
        // The field has served its purpose: python3-dkim takes a second one for a forgery.
        sealed = Buffer.concat([Buffer.from(seal[0] ?? ''), sealed]);
      } else {
        const sealer = new ArcSealer({ key: signingKeys.rsa });
        sealer.write(sealed);
        sealed = Buffer.concat([Buffer.from((await sealer.finish({ chain, results })) ?? ''), sealed]);
      }
      const { chain: theirs } = await ask({
        chain: [sealed.toString('base64'), spoilt(sealed).toString('base64')],
      });
      assert.deepEqual(theirs, ['pass', 'fail'], `after hop ${hop}`);
      const ours = await validateArc(sealed, { resolver: zone });
      assert.equal(ours.status, 'pass', `after hop ${hop}: ${ours.reason}`);
      assert.equal(ours.newest, hop);
    }
  }
});
