/**
 * What is in this .eml? Prints the tree, the main header fields and the text, and saves the attachments.
 *
 *     npm run example examples/read-mail.ts message.eml [folder]
 *
 * Without a file it reads a message of its own; without a folder nothing is saved.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import {
  decodeEncodedWords,
  htmlToText,
  type MessageFile,
  type MimePart,
  mailboxes,
  parseAddressList,
  parseDate,
  parseMessage,
} from 'mailwright/mime';

const sample = `From: =?utf-8?Q?Ren=C3=A9e?= <renee@example.com>
To: Sam <sam@example.org>
Subject: Holiday pictures
Date: Mon, 2 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Look at the caf=C3=A9!
--=_1
Content-Type: image/gif
Content-Disposition: attachment; filename="../caf=?utf-8?Q?=C3=A9?=.gif"
Content-Transfer-Encoding: base64

R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=
--=_1--
`;

const [file, folder] = process.argv.slice(2);
const octets = file === undefined ? Buffer.from(sample.replaceAll('\n', '\r\n')) : await readFile(file);
const message = parseMessage(octets);
const { header, structure } = message;

const people = (field: string) =>
  mailboxes(parseAddressList(header.get(field)?.value ?? ''))
    .map(({ name, address }) => (name === '' ? address : `${name} <${address}>`))
    .join(', ');
const date = parseDate(header.get('date')?.value ?? '');

console.log(`From:    ${people('from')}`);
console.log(`To:      ${people('to')}`);
console.log(`Subject: ${decodeEncodedWords(header.get('subject')?.value ?? '')}`);
console.log(`Date:    ${date === null ? 'none' : new Date(date.time).toISOString()}`);

console.log('\nParts:');
printTree(structure.root, '  ');
for (const { kind, offset } of structure.defects) console.log(`  defect ${kind} at octet ${offset}`);

console.log('\nText:');
console.log(message.text ?? htmlToText(message.html ?? ''));

console.log('Files:');
for (const [index, attachment] of message.files.entries()) {
  console.log(`  ${attachment.name} (${attachment.mediaType}, ${attachment.octets.length} octets)`);
  if (folder !== undefined) await save(attachment, index);
}

function printTree(part: MimePart, indent: string): void {
  const size = part.bodyEnd - part.bodyStart;
  console.log(`${indent}${part.type}/${part.subtype}, ${size} octets from ${part.bodyStart}`);
  for (const child of part.children) printTree(child, `${indent}  `);
}

/** Two files of a message may have one name; `wx` never writes over anything. */
async function save({ name, octets }: MessageFile, index: number): Promise<void> {
  await mkdir(folder!, { recursive: true });
  const extension = extname(name);
  const other = `${name.slice(0, name.length - extension.length)}-${index + 1}${extension}`;
  await writeFile(join(folder!, name), octets, { flag: 'wx' }).catch(() =>
    writeFile(join(folder!, other), octets, { flag: 'wx' }),
  );
}
