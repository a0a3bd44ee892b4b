/** Notifications in the plain text of qmail (QSBMF) and Exim, as far as their form is certain. */
import type { Message } from '../mime/index.ts';
import { classifyBounce } from '../smtp/index.ts';
import type { BouncedRecipient } from './bounced-recipient.ts';

/** What follows after so much is the message that came back. */
const mostText = 65_536;
const mostRecipients = 1000;

/** The addresses that such a text names; none where it is anything else. */
export function plainBounces(message: Message): BouncedRecipient[] {
  const isExim = message.header.get('x-failed-recipients') !== undefined;
  const text = message.text?.slice(0, mostText).replaceAll('\r\n', '\n') ?? '';
  // QSBMF: the first line begins so, whatever the program.
  if (text.startsWith('Hi. This is ')) return entries(text, qmailAddress, '--- ');
  return isExim ? entries(text, eximAddress, '------ ') : [];
}

/** `<sam@example.net>:`, and what was said on the next lines. */
function qmailAddress(line: string): string | null {
  return line.startsWith('<') && line.endsWith('>:') ? line.slice(1, -2) : null;
}

/** `  sam@example.net`, and what was said on lines with four spaces. */
function eximAddress(line: string): string | null {
  if (!line.startsWith('  ') || line.startsWith('   ')) return null;
  const address = line.trim();
  return address.includes('@') && !/[\s:]/.test(address) ? address : null;
}

/** An address on a line of its own, then what is said of it up to an empty line or the next address. */
function entries(text: string, addressOn: (line: string) => string | null, copy: string): BouncedRecipient[] {
  const found: BouncedRecipient[] = [];
  let address: string | null = null;
  let said: string[] = [];
  const close = () => {
    if (address?.includes('@')) found.push(failed(address, said.join(' ')));
    address = null;
    said = [];
  };
  for (const line of text.split('\n')) {
    const next = addressOn(line);
    if (next !== null || line === '') close();
    if (line.startsWith(copy) || found.length === mostRecipients) return found;
    if (next !== null) address = next;
    else if (address !== null) said.push(line.trim());
  }
  close();
  return found;
}

function failed(address: string, text: string): BouncedRecipient {
  const bounce = classifyBounce({ text: replyIn(text) });
  return { address, action: 'failed', status: '', text, bounce };
}

/** From the reply on that the text quotes: before it stands what was asked. */
function replyIn(text: string): string {
  return /\b[245]\d\d[ -].*/.exec(text)?.[0] ?? text;
}
