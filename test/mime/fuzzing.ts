/** Mutants of messages, read in every way there is. */
import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  addToTexts,
  binaryContent,
  bodyStructureOf,
  envelopeOf,
  findInlineFiles,
  jmapBody,
  jmapBodyValue,
  type MimePart,
  MimeScanner,
  type MimeStructure,
  parseMessage,
  previewOf,
  scanMime,
  spliceMessage,
  toSevenBit,
} from 'mailwright/mime';
import { type FuzzReport, fuzz, type Probe } from 'mailwright/testing';
import { decodedLeaves, message } from './outline.ts';

const dictionary = [
  ...['--a', '--a--', '--ab\r\n', '\r\n\r\n', '\n--', 'Content-Type: multipart/mixed; boundary=a\r\n\r\n'],
  ...['Content-Type: message/rfc822\r\n\r\n', 'Content-Type: text/html; charset=utf-16\r\n', 'boundary*0=a;'],
  ...[
    'Content-Transfer-Encoding: base64\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    '=\r\n',
    '=3D',
  ],
  ...['Content-Disposition: attachment; filename="../a"\r\n', '=?utf-8?B?', '?=', 'begin 644 x\n', '\nend\n'],
  ...[
    '=ybegin line=1 size=1 name=x\n',
    '\n=yend size=1\n',
    '(((',
    '<a@b',
    'multipart/digest',
    '-----',
    '\r\n.\r\n',
  ],
].map((word) => Buffer.from(word, 'latin1'));

const own = [
  message(
    'From: Alice <a@example.com>, team: b@example.com;',
    'Subject: =?utf-8?Q?h=C3=A9?=',
    'Content-Type: multipart/mixed; boundary=a',
    '',
    'preamble',
    '--a',
    'Content-Type: multipart/alternative; boundary=ab',
    '',
    '--ab',
    'Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'h=C3=A9 ',
    'llo=',
    '--ab',
    'Content-Type: text/html; charset=iso-2022-jp',
    'Content-Transfer-Encoding: base64',
    '',
    'PHA+SGVsbG88L3A+',
    '--ab--',
    '--a',
    'Content-Type: message/rfc822',
    '',
    'Content-Type: multipart/digest; boundary=d',
    '',
    '--d',
    '',
    'Subject: within',
    '',
    'begin 644 x',
    '#0V%T',
    '`',
    'end',
    '--d--',
    '--a',
    "Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename*1=.pdf",
    '',
    'x',
    '--a--',
    'epilogue',
  ),
];

/** The corpora's smaller messages, where they are at hand. */
function corpora(): Buffer[] {
  const root = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../shared/conformance');
  if (!existsSync(root)) return [];
  const patterns = ['mime-*/**/*.{eml,msg}', 'mime-spamassassin/{nice,spam}/**/*', 'mime-mimekit/messages/*'];
  return globSync(patterns, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    .filter((octets) => octets.length <= 6000);
}

/** Tries so many mutants; each is scanned at two splits and read in every way. */
export function fuzzMessages(runs: number, seed = 1): FuzzReport {
  const seeds = [...own, ...corpora()];
  return fuzz({ name: 'mime', runs, seed, seeds, dictionary, maxLength: 8192 }, probe);
}

const limits = { depth: 10, parts: 40, headerBytes: 4000, headerFields: 50 };

const probe: Probe = (input, random) => {
  const structure = scanMime(input, { limits });
  const scanner = new MimeScanner({ limits });
  for (let at = 0; at < input.length; ) {
    const size = 1 + random.below(random.below(3) === 0 ? 8 : 2000);
    scanner.push(input.subarray(at, at + size));
    at += size;
  }
  if (signature(scanner.end()) !== signature(structure)) return 'a split changes the tree';

  const parts = everyPart(structure.root);
  if (parts.length > limits.parts) return 'more parts than the limit';
  const kept = parts.reduce(
    (sum, part) => sum + [...part.header].reduce((all, { raw }) => all + raw.length, 0),
    0,
  );
  if (kept > limits.headerBytes) return 'more header octets than the limit';

  readAll(input);
  return undefined;
};

function readAll(input: Uint8Array): void {
  const mail = parseMessage(input);
  const { root } = mail;
  assert.ok((mail.text ?? '').length + (mail.html ?? '').length <= 4 * input.length + 100);
  for (const file of mail.files) assert.ok(file.name.length > 0 && file.octets.length <= input.length);
  previewOf(mail);
  findInlineFiles(input);
  bodyStructureOf(root);
  jmapBody(input, root);
  binaryContent(input, root, [1, 2]);
  for (const part of everyPart(root)) {
    envelopeOf(part.header);
    if (part.type === 'text') jmapBodyValue(input, part, 50);
  }
  const { size, undo } = spliceMessage(input, addToTexts(input, root, { text: 'é', html: '<p>é' }));
  assert.ok(size >= input.length || undo.length > 0);
  fitSevenBits(input);
}

/** Each part decodes to the same octets on a way of seven bits. */
function fitSevenBits(input: Uint8Array): void {
  const octets = Buffer.from(Buffer.from(input).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  const fitting = toSevenBit(octets);
  if (!fitting.ok || fitting.octets === octets) return;
  const result = Buffer.from(fitting.octets);
  assert.ok(isAscii(result));
  const leaves = decodedLeaves(octets, scanMime(octets).root);
  assert.deepEqual(decodedLeaves(result, scanMime(result).root), leaves);
}

function signature({ root, size, defects }: MimeStructure): string {
  const of = (part: MimePart): string =>
    `${part.kind} ${part.type}/${part.subtype} ${part.encoding} ${part.boundary} ${part.headerStart} ${part.bodyStart} ` +
    `${part.bodyEnd} ${part.headerLines} ${part.lines} ${part.closing?.start} ${part.closing?.end} ` +
    `${part.header.length} (${part.children.map(of).join()})`;
  return `${of(root)} ${size} ${defects.map(({ kind, offset }) => kind + offset).join()}`;
}

function everyPart(part: MimePart): MimePart[] {
  return [part, ...part.children.flatMap(everyPart)];
}
