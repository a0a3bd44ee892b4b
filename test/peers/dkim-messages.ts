/** Mails that are signed here and by peers: those of the corpora that have a sender, or get one. */
import { type Canonicalization, SigningKey } from 'mailwright/signature';
import { keys } from '../dkim/handmade.ts';
import { corpora, hasLoneCr, oddities, relayable } from './contents.ts';

const sender = Buffer.from('From: Alice <alice@example.com>\r\n');

/** Whole messages with CRLF line ends, each with a From field. */
export const messages: readonly Buffer[] = [...oddities, ...corpora]
  .filter((content) => !hasLoneCr(content))
  .map((content) => relayable(content).wire)
  .map((wire) => (/^from:/im.test(headOf(wire)) ? wire : Buffer.concat([sender, wire])));

/** Keys that sign, by the names under which `zone` of the handmade signatures publishes them. */
export const signingKeys = {
  rsa: new SigningKey({ domain: 'example.com', selector: 'rsa', privateKey: keys.rsa.privateKey }),
  ed25519: new SigningKey({ domain: 'example.com', selector: 'ed', privateKey: keys.ed25519.privateKey }),
};

/** All pairs of forms, of which message `at` gets one. */
export function formsOf(at: number): { readonly header: Canonicalization; readonly body: Canonicalization } {
  return { header: at % 2 === 0 ? 'relaxed' : 'simple', body: at % 4 < 2 ? 'relaxed' : 'simple' };
}

/** The message with one letter of its body or, where it has none, of its sender changed. */
export function spoilt(message: Buffer): Buffer {
  const text = message.toString('latin1');
  const body = text.indexOf('\r\n\r\n') + 4;
  const letter = /[a-m]/.exec(text.slice(body));
  const at = letter === null ? /^from:.*?(?=[a-m])/im.exec(text) : null;
  const place = letter === null ? (at?.index ?? 0) + (at?.[0].length ?? 0) : body + letter.index;
  return Buffer.from(`${text.slice(0, place)}z${text.slice(place + 1)}`, 'latin1');
}

function headOf(message: Buffer): string {
  const text = message.toString('latin1');
  return text.slice(0, text.indexOf('\r\n\r\n'));
}
