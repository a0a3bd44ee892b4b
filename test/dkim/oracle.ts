/** What mailauth is given where it is the oracle: our keys and our zone in its own forms. */
import { SigningKey } from 'mailwright/signature';
import { keys, zone } from './handmade.ts';

export const domain = 'example.com';
export const selectors = { rsa: 'rsa', ed25519: 'ed' } as const;
export type Kind = keyof typeof selectors;

/** The zone as mailauth asks for it. */
export async function resolver(name: string, type: string): Promise<string[][]> {
  const answer = zone.resolve(name, 'TXT');
  if (type === 'TXT' && answer.status === 'ok') return answer.records.map((text) => [text]);
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
}

export const pem = (kind: Kind) => String(keys[kind].privateKey.export({ type: 'pkcs8', format: 'pem' }));
export const ourKey = (kind: Kind) =>
  new SigningKey({ domain, selector: selectors[kind], privateKey: keys[kind].privateKey });
