/**
 * Reading whole messages: structure, main header fields, decoded text, HTML and attachments, beside
 * mailparser, postal-mime and letterparser; and the structure alone beside a bare search for each line
 * feed. Lines are counted when their number is asked for: with that, no scanner can beat the search.
 */
import { extract } from 'letterparser';
import { simpleParser } from 'mailparser';
import { decodeEncodedWords, parseAddressList, parseDate, parseMessage, scanMime } from 'mailwright/mime';
import PostalMime from 'postal-mime';
import { printComparison } from './measure/lines.ts';
import { perSecond, rounds, type Spread } from './measure/rounds.ts';

const received = [1, 2, 3]
  .map(
    (hop) =>
      `Received: from mx${hop}.example.net (mx${hop}.example.net [192.0.2.${hop}])\r\n\tby mx${hop + 1}.example.org with ESMTPS id 4Qx${hop}\r\n\tfor <bob@example.org>; Mon, 2 Nov 2026 10:0${hop}:00 +0100\r\n`,
  )
  .join('');
const header = `${received}From: =?utf-8?Q?Alice_Ex=C3=A4mple?= <alice@example.net>\r\nTo: Bob <bob@example.org>, carol@example.org\r\nSubject: The minutes of the meeting\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <4711@example.net>\r\nMIME-Version: 1.0\r\n`;
const sentence = 'This is a line of text, about as long as people write in mail.\r\n';

/** Part `n` of a multipart: its header fields and its encoded body. */
const part = (boundary: string, fields: string, body: string) =>
  `--${boundary}\r\n${fields}\r\n\r\n${body}\r\n`;

function quotedPrintable(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[=\x80-\xff]/g, (octet) => `=${octet.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/[^\r\n]{73}(?![\r\n])/g, '$&=\r\n');
}

const text2k = `${header}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${sentence.repeat(18)}`;

const plain = `Grüße aus Köln. ${sentence}`.repeat(160);
const html = `<p style="margin: 0; color: #333333">Grüße aus Köln. ${sentence.trim()}</p>\r\n`.repeat(250);
const alternative50k = `${header}Content-Type: multipart/alternative; boundary="=_alternative"\r\n\r\n${part('=_alternative', 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable', quotedPrintable(plain))}${part('=_alternative', 'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable', quotedPrintable(html))}--=_alternative--\r\n`;

const octets = Buffer.from(Uint8Array.from({ length: 1_220_000 }, (_, at) => (at * 2_654_435_761) >>> 13));
const base64 = octets.toString('base64').replace(/.{76}/g, '$&\r\n');
const attachments5m = `${header}Content-Type: multipart/mixed; boundary="=_mixed"\r\n\r\n${part('=_mixed', 'Content-Type: text/plain; charset=utf-8', sentence.repeat(20))}${['one', 'two', 'three'].map((name) => part('=_mixed', `Content-Type: application/pdf; name="${name}.pdf"\r\nContent-Disposition: attachment; filename="${name}.pdf"\r\nContent-Transfer-Encoding: base64`, base64)).join('')}--=_mixed--\r\n`;

/** 500 entities: 83 multiparts, each within the one before (letterparser stops at 99), and texts of ten lines. */
function nested(): string {
  let open = header;
  let close = '';
  for (let level = 0; level < 83; level++) {
    const boundary = `=_level${level}`;
    const texts = part(boundary, 'Content-Type: text/plain', sentence.repeat(10)).repeat(5);
    open += `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${texts}--${boundary}\r\n`;
    close = `--${boundary}--\r\n${close}`;
  }
  return `${open}Content-Type: text/plain\r\n\r\nThe last text.\r\n${close}`;
}

/** The same work for everybody: main fields, text, HTML, and the octets of all attachments. */
function ours(message: Buffer): number {
  const mail = parseMessage(message);
  const { header } = mail;
  const subject = decodeEncodedWords(header.get('subject')?.value ?? '');
  const from = parseAddressList(header.get('from')?.value ?? '');
  const to = parseAddressList(header.get('to')?.value ?? '');
  const date = parseDate(header.get('date')?.value ?? '');
  let size = subject.length + from.addresses.length + to.addresses.length + (date === null ? 0 : 1);
  size += (mail.text ?? '').length + (mail.html ?? '').length;
  for (const file of mail.files) size += file.octets.length;
  return size;
}

const settings: Record<string, Buffer> = {
  'mime 2k': Buffer.from(text2k),
  'mime 50k': Buffer.from(alternative50k),
  'mime 5m': Buffer.from(attachments5m, 'latin1'),
  'mime nested': Buffer.from(nested()),
};

/** Steady speed: the collection of rubbish before each round drops compiled code, which comes back first. */
async function steady(work: () => unknown, ms: number): Promise<number> {
  await perSecond(work, ms);
  return perSecond(work, ms);
}

for (const [name, message] of Object.entries(settings)) {
  const times = message.length > 1_000_000 ? 800 : 400;
  const { mailwright, ...peers } = await rounds({
    mailwright: () => steady(() => ours(message), times),
    mailparser: () =>
      steady(
        () => simpleParser(message, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true }),
        times,
      ),
    'postal-mime': () => steady(() => PostalMime.parse(message), times),
    letterparser: () => steady(() => extract(message.toString()), times),
  });
  const best = Object.values(peers).reduce((a: Spread, b) => (b.median > a.median ? b : a));
  printComparison({ name, unit: 'messages/s', ours: mailwright, peers: { ...peers, best } });
}

const large = settings['mime 5m']!;
const gigabytes = (perSecondOf: number) => (perSecondOf * large.length) / 1e9;
const { structure, lines, native } = await rounds({
  structure: async () => gigabytes(await perSecond(() => scanMime(large))),
  lines: async () => gigabytes(await perSecond(() => scanMime(large).root.lines)),
  native: async () => gigabytes(await perSecond(() => lineFeeds(large))),
});
for (const [name, ours] of Object.entries({ 'mime scan': structure, 'mime scan with line counts': lines })) {
  printComparison({ name, unit: 'GB/s', ours, peers: { 'native-scan': native } });
}

function lineFeeds(message: Buffer): number {
  let lines = 0;
  for (let at = message.indexOf(10); at !== -1; at = message.indexOf(10, at + 1)) lines++;
  return lines;
}
