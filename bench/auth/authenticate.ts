/**
 * SPF, DKIM, ARC and DMARC of a message of 2 kB in one call, beside mailauth: RSA-2048, records in memory
 * through a Promise for each question, one core. Neither looks at reverse DNS or BIMI.
 */
import { generateKeyPairSync } from 'node:crypto';
import { authenticate as mailauth } from 'mailauth';
import { dkimRecord, signDkim } from 'mailwright/dkim';
import { type Resolver, ZoneResolver } from 'mailwright/dns';
import { authenticate } from 'mailwright/policy';
import { SigningKey } from 'mailwright/signature';
import { printComparison } from '../measure/lines.ts';
import { perSecond, rounds } from '../measure/rounds.ts';
import { ordinaryHeader } from './ordinary-header.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const texts: Readonly<Record<string, string>> = {
  'example.com': 'v=spf1 ip4:192.0.2.0/24 -all',
  'bench._domainkey.example.com': dkimRecord(publicKey),
  '_dmarc.example.com': 'v=DMARC1; p=reject',
};

const zone = new ZoneResolver(
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { TXT: [text] }])),
);
const resolver: Resolver = { resolve: async (name, type) => zone.resolve(name, type) };

/** As mailauth wants it: TXT records as lists of strings. */
async function stub(name: string, type: string): Promise<string[][]> {
  const text = type === 'TXT' ? texts[name] : undefined;
  if (text === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  return [[text]];
}

const line = 'This is a line of text, about as long as people write in mail.\r\n';
const bare = Buffer.from(`${ordinaryHeader.join('\r\n')}\r\n\r\n${line.repeat(24)}`);
const key = new SigningKey({ domain: 'example.com', selector: 'bench', privateKey });
const message = Buffer.concat([await signDkim(bare, { keys: [key] }), bare]);

const ip = '192.0.2.1';
const helo = 'mx1.example.net';
const sender = 'alice@example.com';
const mta = 'mx2.example.org';

async function ours(): Promise<void> {
  const facts = { ip, helo, mailFrom: sender };
  const { dmarc, spf } = await authenticate(message, facts, resolver, { authservId: mta, iprev: false });
  if (dmarc.result !== 'pass' || spf.result !== 'pass') throw new Error('our verdict is not pass');
}

async function theirs(): Promise<void> {
  const { dmarc, spf } = await mailauth(message, {
    ip,
    helo,
    sender,
    mta,
    resolver: stub,
    disableBimi: true,
  });
  const results = [dmarc, spf].map((each) => (each || undefined)?.status.result);
  if (results.some((result) => result !== 'pass')) throw new Error("mailauth's verdict is not pass");
}

const { mailwright, ...peers } = await rounds({
  mailwright: () => perSecond(ours),
  mailauth: () => perSecond(theirs),
});
printComparison({ name: 'auth authenticate 2k', unit: 'messages/s', ours: mailwright, peers });
