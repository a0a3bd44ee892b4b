/** Mails ready to be checked, for tests of what a host does about verdicts. */
import { Buffer } from 'node:buffer';
import { createPrivateKey } from 'node:crypto';
import { ArcSealer } from '../arc/index.ts';
import { dkimRecord, signDkim } from '../dkim/index.ts';
import type { Zone } from '../dns/index.ts';
import { SigningKey } from '../signature/index.ts';

/** A mail, and all that its checks ask for. */
export interface ReadyMail {
  /** The whole message, with CRLF line ends. */
  readonly message: Buffer;
  /** Where it comes from: the connection facts of `authenticate` in `mailwright/policy`. */
  readonly facts: { readonly ip: string; readonly helo: string; readonly mailFrom: string };
  /** For a `ZoneResolver`: SPF, DKIM key and DMARC policy (`p=reject`) of all domains concerned. */
  readonly zone: Zone;
}

/** Mails in the name of one sender; each has the same zone. */
export interface ReadyMails {
  /** As its author sent it: SPF, DKIM and DMARC pass. */
  readonly signed: ReadyMail;
  /** Its body was changed on the way: DKIM fails, SPF and DMARC pass. */
  readonly changed: ReadyMail;
  /** From somebody else, and not signed: SPF and DMARC fail. */
  readonly forged: ReadyMail;
  /**
   * By way of a mailing list that changed and sealed it: SPF passes for the list alone, DKIM and DMARC
   * fail, the ARC chain passes and tells that DMARC passed before.
   */
  readonly forwarded: ReadyMail;
}

/** The key of RFC 8463 §A.2, which the whole world knows: good for tests and nothing else. */
const privateKey = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b657004220420' + '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});
const selector = 'ready';
const list = 'lists.example.net';
const now = () => Date.UTC(2026, 0, 1);

/**
 * Makes mails from `alice@` a domain, always the same for the same domain.
 *
 * @param domain - `example.com` by default
 * @example
 * ```ts
 * import { authenticate } from 'mailwright/policy';
 * import { readyMails, ZoneResolver } from 'mailwright/testing';
 *
 * const { message, facts, zone } = (await readyMails()).forged;
 * const options = { authservId: 'mx.example.org' };
 * const { dmarc } = await authenticate(message, facts, new ZoneResolver(zone), options);
 * dmarc.disposition; // 'reject'
 * ```
 */
export async function readyMails(domain = 'example.com'): Promise<ReadyMails> {
  const record = dkimRecord(privateKey);
  const publicKey = { TXT: [record] };
  const zone: Zone = {
    [domain]: { TXT: ['v=spf1 ip4:192.0.2.25 -all'] },
    [`_dmarc.${domain}`]: { TXT: ['v=DMARC1; p=reject'] },
    [`${selector}._domainkey.${domain}`]: publicKey,
    [list]: { TXT: ['v=spf1 ip4:198.51.100.25 -all'] },
    [`${selector}._domainkey.${list}`]: publicKey,
  };
  const facts = { ip: '192.0.2.25', helo: `mx.${domain}`, mailFrom: `alice@${domain}` };
  const bare = Buffer.from(
    [
      `From: Alice <alice@${domain}>`,
      'To: bob@example.org',
      'Subject: Minutes',
      'Date: Thu, 1 Jan 2026 00:00:00 +0000',
      `Message-ID: <1@${domain}>`,
      '',
      'Here they are.',
      '',
    ].join('\r\n'),
  );
  const fields = await signDkim(bare, { keys: [new SigningKey({ domain, selector, privateKey })], now });
  const signed = Buffer.concat([fields, bare]);
  const changed = Buffer.concat([signed, Buffer.from('-- \r\nBuy more!\r\n')]);

  const sealer = new ArcSealer({ key: new SigningKey({ domain: list, selector, privateKey }), now });
  sealer.write(changed);
  const set = await sealer.finish({
    chain: { status: 'none', sets: [], newest: 0 },
    results: `${list}; spf=pass smtp.mailfrom=${domain}; dkim=pass header.d=${domain}; dmarc=pass header.from=${domain}`,
  });
  const forwarded = Buffer.concat([Buffer.from(set ?? ''), changed]);
  return {
    signed: { message: signed, facts, zone },
    changed: { message: changed, facts, zone },
    forged: { message: bare, facts: { ...facts, ip: '203.0.113.66', helo: 'mallory.example' }, zone },
    forwarded: {
      message: forwarded,
      facts: { ip: '198.51.100.25', helo: list, mailFrom: `minutes@${list}` },
      zone,
    },
  };
}
