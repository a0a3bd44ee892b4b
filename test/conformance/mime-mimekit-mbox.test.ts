/**
 * mime-mimekit, the mbox files with their offsets and the messages in pieces. (The single messages are in
 * mime-mimekit.test.ts.)
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeEncodedWords,
  HeaderFields,
  joinPartials,
  type MboxEvent,
  MboxReader,
  type MimePart,
  scanMime,
} from 'mailwright/mime';
import { filesOf, suite } from './suite.ts';

suite('mime-mimekit (mbox)', 'mime-mimekit/mbox', function* (folder) {
  for (const file of filesOf(folder, '-offsets.json')) {
    yield { name: file, check: () => checkOffsets(folder, file) };
  }
  for (const file of filesOf(folder, '-summary.txt')) {
    yield { name: file, check: () => checkSummary(folder, file) };
  }
  for (const file of filesOf(folder, '.mbox.txt')) {
    yield { name: file, check: () => checkSplits(readFileSync(join(folder, file))) };
  }
});

suite('mime-mimekit (partial)', 'mime-mimekit/partial', function* (folder) {
  const files = filesOf(folder, '.eml');
  for (const whole of files.filter((file) => !/\.\d+\.eml$/.test(file))) {
    const stem = whole.replace(/\.eml$/, '.');
    const pieces = files.filter(
      (file) => file.startsWith(stem) && /^\d+\.eml$/.test(file.slice(stem.length)),
    );
    yield {
      name: whole,
      check() {
        const joined = joinPartials(pieces.map((file) => readFileSync(join(folder, file))).toReversed());
        assert.ok(joined.ok);
        assert.equal(normal(joined.octets), normal(readFileSync(join(folder, whole))));
      },
    };
  }
});

/** RFC 2046 §5.2.2.1 appends the inner message's fields; MimeKit puts some in the place of the outer ones. */
function normal(octets: Uint8Array): string {
  const text = Buffer.from(octets).toString('latin1').replaceAll('\r\n', '\n');
  const { bodyStart } = HeaderFields.scan(Buffer.from(text, 'latin1'));
  return `${text
    .slice(0, bodyStart)
    .split(/\n(?![ \t])/)
    .sort()
    .join('\n')}\n${text.slice(bodyStart)}`;
}

interface Entity {
  readonly mimeType: string;
  readonly beginOffset: number;
  readonly headersEndOffset: number;
  readonly endOffset: number;
  readonly octets: number;
  readonly body?: Entity;
  /** Of a message/rfc822. */
  readonly message?: Entity;
  readonly children?: readonly Entity[];
}

interface Entry extends Entity {
  readonly mboxMarkerOffset: number;
  readonly body: Entity;
}

interface Found {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

function messagesOf(file: Buffer, size = file.length): Found[] {
  const reader = new MboxReader({ format: 'mboxo' });
  const events: MboxEvent[] = [];
  for (let at = 0; at < file.length; at += size) events.push(...reader.push(file.subarray(at, at + size)));
  events.push(...reader.end());
  const found: Found[] = [];
  let begun: Extract<MboxEvent, { kind: 'message' }> | undefined;
  for (const event of events) {
    if (event.kind === 'message') begun = event;
    else if (event.kind === 'end' && begun)
      found.push({ marker: begun.marker, start: begun.start, end: event.end });
  }
  return found;
}

function checkOffsets(folder: string, file: string): void {
  const [, name, style] = /^(.*)\.(unix|dos)-offsets\.json$/.exec(file) as unknown as [
    string,
    string,
    string,
  ];
  const text = readFileSync(join(folder, `${name}.mbox.txt`), 'latin1').replaceAll('\r\n', '\n');
  const octets = Buffer.from(style === 'dos' ? text.replaceAll('\n', '\r\n') : text, 'latin1');
  const expected = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Entry[];
  const found = messagesOf(octets);
  assert.equal(found.length, expected.length);
  for (const [index, entry] of expected.entries()) {
    const { marker, start, end } = found[index] as Found;
    assert.deepEqual([marker, start], [entry.mboxMarkerOffset, entry.beginOffset]);
    // An empty line at the end of the file is of the file (RFC 4155 Appendix A); there it is of the message.
    const rest = octets.toString('latin1', end, entry.endOffset);
    assert.ok(
      rest === '' || (index === expected.length - 1 && rest.trim() === ''),
      `end ${end}, ${entry.endOffset}`,
    );
    checkEntity(scanMime(octets.subarray(start, entry.endOffset)).root, entry.body, octets, start);
  }
}

function checkEntity(part: MimePart, expected: Entity, octets: Buffer, base: number): void {
  assert.equal(`${part.type}/${part.subtype}`, expected.mimeType.toLowerCase());
  assert.equal(part.headerStart + base, expected.beginOffset);
  // A line end between two delimiters, or between an empty line and a delimiter, is the second's there.
  for (const [ours, theirs] of [
    [part.bodyStart, expected.headersEndOffset],
    [part.bodyEnd, expected.endOffset],
  ] as const) {
    assert.match(octets.toString('latin1', theirs, ours + base), /^(\r?\n)?$/, `${ours + base}, ${theirs}`);
    assert.ok(ours + base >= theirs);
  }
  const inner = expected.message?.body ?? expected.body;
  const children = expected.children ?? (inner === undefined ? [] : [inner]);
  if (part.kind === 'message' && children.length === 0) return;
  assert.equal(part.children.length, children.length);
  for (const [index, child] of children.entries()) {
    checkEntity(part.children[index] as MimePart, child, octets, base);
  }
}

function checkSummary(folder: string, file: string): void {
  const octets = readFileSync(join(folder, file.replace('-summary.txt', '.mbox.txt')));
  const lines: string[] = [];
  for (const { marker, start, end } of messagesOf(octets)) {
    lines.push(octets.toString('latin1', marker, start).trim());
    const { root } = scanMime(octets.subarray(start, end));
    for (const name of ['From', 'To', 'Subject', 'Date']) {
      const field = root.header.get(name.toLowerCase());
      if (field) lines.push(`${name}: ${unquoted(decodeEncodedWords(field.value))}`);
    }
    lines.push(...outline(root, 0));
  }
  const expected = readFileSync(join(folder, file), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  assert.deepEqual(
    lines,
    expected.map((line) => unquoted(line.trimEnd())),
  );
}

/** All names are quoted there. */
function unquoted(text: string): string {
  return text.replaceAll('"', '');
}

function outline(part: MimePart, depth: number): string[] {
  const line = `${'   '.repeat(depth)}Content-Type: ${part.type}/${part.subtype}`;
  return [line, ...part.children.flatMap((child) => outline(child, depth + 1))];
}

function checkSplits(octets: Buffer): void {
  const whole = messagesOf(octets);
  assert.ok(whole.length > 0);
  for (const size of [1, 7, 64, 1000])
    assert.deepEqual(messagesOf(octets, size), whole, `in pieces of ${size}`);
}
