/** Signatures made without the signer under test: simple canonicalization, and any tags one likes. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { dkimRecord } from 'mailwright/dkim';
import { type ZoneRecords, ZoneResolver } from 'mailwright/dns';

/** Key pairs by what they are. */
export const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  rsa1024: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  rsa768: generateKeyPairSync('rsa', { modulusLength: 768 }),
  ed25519: generateKeyPairSync('ed25519'),
};

const published = (key: KeyObject): ZoneRecords => ({ TXT: [dkimRecord(key)] });

const rsaRecord = dkimRecord(keys.rsa.publicKey);
const p = rsaRecord.slice(rsaRecord.indexOf('p='));

/** A zone of keys in every state. */
export const zone = new ZoneResolver({
  'rsa._domainkey.example.com': published(keys.rsa.publicKey),
  'small._domainkey.example.com': published(keys.rsa1024.publicKey),
  'tiny._domainkey.example.com': published(keys.rsa768.publicKey),
  'ed._domainkey.example.com': published(keys.ed25519.publicKey),
  'pkcs1._domainkey.example.com': {
    TXT: [`p=${keys.rsa.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64')}`],
  },
  'trying._domainkey.example.com': { TXT: [dkimRecord(keys.rsa.publicKey, { testing: true })] },
  'strict._domainkey.example.com': { TXT: [dkimRecord(keys.rsa.publicKey, { strict: true })] },
  'sha256only._domainkey.example.com': { TXT: [dkimRecord(keys.rsa.publicKey, { hashes: ['sha256'] })] },
  'sha1only._domainkey.example.com': { TXT: [dkimRecord(keys.rsa.publicKey, { hashes: ['sha1'] })] },
  'chat._domainkey.example.com': { TXT: [`v=DKIM1; s=chat; ${p}`] },
  'late-v._domainkey.example.com': { TXT: [`k=rsa; v=DKIM1; ${p}`] },
  'revoked._domainkey.example.com': { TXT: ['v=DKIM1; p='] },
  'spf._domainkey.example.com': { TXT: ['v=spf1 -all'] },
  'beside-spf._domainkey.example.com': { TXT: ['v=spf1 -all', rsaRecord] },
  'two._domainkey.example.com': { TXT: [rsaRecord, dkimRecord(keys.rsa1024.publicKey)] },
  'odd-kind._domainkey.example.com': { TXT: ['v=DKIM1; k=dsa; p=AAAA'] },
  'garbage._domainkey.example.com': { TXT: ['v=DKIM1; p=AAAA'] },
  'not-base64._domainkey.example.com': { TXT: ['v=DKIM1; p=***'] },
  'short-ed._domainkey.example.com': { TXT: ['v=DKIM1; k=ed25519; p=AAAA'] },
  'huge._domainkey.example.com': { TXT: [`v=DKIM1; p=${'A'.repeat(10_000)}`] },
  'silent._domainkey.example.com': 'TIMEOUT',
  'broken._domainkey.example.com': 'SERVFAIL',
});

/** The message that all of these sign. */
export const fields = ['From: Alice <alice@example.com>\r\n', 'Subject: Minutes\r\n'];
/** Its body. */
export const body = 'Hello Bob\r\n';

/** What to make differently. */
export interface Handmade {
  /** Tags to put in the place of the usual ones; `null` leaves one out. */
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly key?: keyof typeof keys;
  /** What the body hash is of; the body by default. */
  readonly hashed?: string;
  /** What is put after the signature's value. */
  readonly spoil?: (field: string) => string;
}

/** A message whose signature has these tags and fits, wherever that is possible. */
export function handmade({
  tags = {},
  key = 'rsa',
  hashed = body,
  spoil = (same) => same,
}: Handmade): Buffer {
  const hash = tags['a'] === 'rsa-sha1' ? 'sha1' : 'sha256';
  const all: Record<string, string | null> = {
    v: '1',
    a: key === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256',
    d: 'example.com',
    s: 'rsa',
    h: 'from:subject',
    bh: createHash(hash).update(hashed).digest('base64'),
    ...tags,
  };
  const text = Object.entries(all)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}; `)
    .join('');
  const field = `DKIM-Signature: ${text}b=`;
  const data = Buffer.from(fields.join('') + field, 'latin1');
  const { privateKey } = keys[key];
  const signature =
    key === 'ed25519'
      ? sign(null, createHash('sha256').update(data).digest(), privateKey)
      : sign(hash, data, privateKey);
  const signed = spoil(`${field}${signature.toString('base64')}\r\n`);
  return Buffer.from(`${signed}${fields.join('')}\r\n${body}`, 'latin1');
}
