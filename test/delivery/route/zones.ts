/** Zones that several tests have in common. */
import { createHash, X509Certificate } from 'node:crypto';
import type { TlsaData, Zone, ZoneRecords } from 'mailwright/dns';

export const mx = (...hosts: [preference: number, exchange: string][]): ZoneRecords => ({
  MX: hosts.map(([preference, exchange]) => ({ preference, exchange })),
});

/** Mail servers of all kinds. */
export const hosts: Zone = {
  'mx1.example': { A: ['192.0.2.1'] },
  'mx2.example': { A: ['192.0.2.2'] },
  'mx3.example': { A: ['192.0.2.3'], AAAA: ['2001:db8::3'] },
  'us.example': { A: ['192.0.2.99'] },
  'other-name-of-us.example': { A: ['192.0.2.99'] },
  'alias.example': { CNAME: ['mx1.example'] },
  'dead.example': 'SERVFAIL',
  'slow.example': 'TIMEOUT',
  'here.example': { A: ['127.0.0.1'] },
  'inside.example': { A: ['10.0.0.1', '192.0.2.7'] },
  'textless.example': { TXT: ['no address'] },
};

/** Of an answer that DNSSEC vouches for. */
export const proved = { authentic: true };

export const tlsa = (usage: number): TlsaData => ({
  usage,
  selector: 1,
  matching: 1,
  data: new Uint8Array(32),
});

/** The record that vouches for a certificate's key. */
export function tlsaOf({ cert }: { readonly cert: string }): TlsaData {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return { usage: 3, selector: 1, matching: 1, data: createHash('sha256').update(key).digest() };
}

/** `example.org` with one server, all of it signed. */
export const signed: Zone = {
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }], ...proved },
  'mx.example.org': { A: ['192.0.2.1'], ...proved },
  '_25._tcp.mx.example.org': { TLSA: [tlsa(3)], ...proved },
};
