/**
 * Checking and making DKIM signatures beside mailauth and bare `node:crypto`: RSA-2048, relaxed
 * canonicalization, keys in memory, one core, except where several messages are signed at once.
 */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { dkimRecord, signDkim, verifyDkim } from 'mailwright/dkim';
import { ZoneResolver } from 'mailwright/dns';
import { SigningKey } from 'mailwright/signature';
import { printComparison } from '../measure/lines.ts';
import { perSecond, rounds } from '../measure/rounds.ts';
import { ordinaryHeader } from './ordinary-header.ts';

const domain = 'example.com';
const selector = 'bench';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const record = dkimRecord(publicKey);
const name = `${selector}._domainkey.${domain}`;
const zone = new ZoneResolver({ [name]: { TXT: [record] } });
const stub = async () => [[record]];

const header = [
  ...ordinaryHeader,
  'MIME-Version: 1.0',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
];
const lines = [
  'This is a line of text, about as long as people write in mail.',
  '<p style="margin: 0;  color: #333">Some of it is HTML.</p>',
  '    <td>And some of  that is indented.</td> ',
  '',
];

/** A message of about so many octets, signed. */
async function signed(size: number): Promise<{ readonly bare: Buffer; readonly whole: Buffer }> {
  const head = `${header.join('\r\n')}\r\n\r\n`;
  const text = `${lines.join('\r\n')}\r\n`;
  const bare = Buffer.from(head + text.repeat(Math.ceil((size - head.length) / text.length)));
  const key = new SigningKey({ domain, selector, privateKey });
  return { bare, whole: Buffer.concat([await signDkim(bare, { keys: [key] }), bare]) };
}

async function ours(message: Buffer): Promise<void> {
  const [verdict] = await verifyDkim(message, { resolver: zone });
  if (verdict?.status !== 'pass') throw new Error(`our verdict: ${verdict?.reason}`);
}

async function theirs(message: Buffer): Promise<void> {
  const { results } = await dkimVerify(message, { resolver: stub });
  if (results[0]?.status.result !== 'pass') throw new Error("mailauth's verdict is not pass");
}

/** Speed once the heap, made small by the collection before each measurement, has the size that the work wants. */
async function steady(work: () => unknown): Promise<number> {
  await perSecond(work, 300);
  return perSecond(work);
}

const small = await signed(2000);
const large = await signed(100_000);
const data = small.bare.subarray(0, 700);
const signature = sign('sha256', data, privateKey);
const body = large.bare.subarray(large.bare.indexOf('\r\n\r\n') + 4);

{
  const { mailwright, ...peers } = await rounds({
    mailwright: () => steady(() => ours(small.whole)),
    mailauth: () => steady(() => theirs(small.whole)),
    raw: () => steady(() => verify('sha256', data, publicKey, signature)),
  });
  printComparison({ name: 'auth verify 2k', unit: 'messages/s', ours: mailwright, peers });
}
{
  const { mailwright, ...peers } = await rounds({
    mailwright: () => steady(() => ours(large.whole)),
    mailauth: () => steady(() => theirs(large.whole)),
    raw: () =>
      steady(() => {
        createHash('sha256').update(body).digest();
        return verify('sha256', data, publicKey, signature);
      }),
  });
  printComparison({ name: 'auth verify 100k', unit: 'messages/s', ours: mailwright, peers });
}

const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const key = new SigningKey({ domain, selector, privateKey });
const signOurs = () => signDkim(small.bare, { keys: [key] });
const signTheirs = async () => {
  const by = { signingDomain: domain, selector, privateKey: pem };
  const { errors } = await dkimSign(small.bare, { ...by, signatureData: [by] });
  if (errors.length > 0) throw new Error('mailauth could not sign');
};

for (const atOnce of [1, 8]) {
  const together = (work: () => unknown) => async () =>
    atOnce * (await steady(() => Promise.all(Array.from({ length: atOnce }, work))));
  const { mailwright, ...peers } = await rounds({
    mailwright: together(signOurs),
    mailauth: together(signTheirs),
    raw: together(() => sign('sha256', data, privateKey)),
  });
  const setting = atOnce === 1 ? '' : `, ${atOnce} at once`;
  printComparison({ name: `auth sign 2k${setting}`, unit: 'messages/s', ours: mailwright, peers });
}
