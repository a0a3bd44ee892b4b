/**
 * Corpora without expected output. Of each message must be true: any split gives the same tree, its
 * spans tile the octets, what BODYSTRUCTURE tells agrees with the octets of the sections, texts and files
 * can be read, and ordinary dates and addresses are the same by both ways that there are to read them.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BodyStructure,
  bodyStructureOf,
  type MimePart,
  parseMessage,
  partAt,
  scanMime,
  sectionOctets,
} from 'mailwright/mime';
import { sameAddresses, sameDate } from '../mime/header/both-ways.ts';
import { cutAt, facts, scanChunks } from '../mime/outline.ts';
import { type Case, suite } from './suite.ts';

const notMessages = /(^|\/)(LICENSE|NOTICE|COPYING)|\.(json|md)$/;

function* messages(folder: string): Iterable<Case> {
  for (const file of globSync('**/*', { cwd: folder }).sort()) {
    const path = join(folder, file);
    if (notMessages.test(file) || statSync(path).isDirectory()) continue;
    yield { name: file, check: () => checkMessage(readFileSync(path)) };
  }
}

function checkMessage(octets: Buffer): void {
  const structure = scanMime(octets);
  const whole = facts(structure);
  const splits = [1, 2, 3, 64, 1000, 65_536].filter((size) => octets.length / size < 50_000);
  for (const size of splits) {
    const places = Array.from({ length: Math.floor(octets.length / size) }, (_, at) => at * size);
    assert.deepEqual(facts(scanChunks(cutAt(octets, places)).structure), whole, `in chunks of ${size}`);
  }
  checkTiles(octets, structure.root);
  checkSizes(octets, structure.root, bodyStructureOf(structure.root), []);

  const message = parseMessage(octets);
  for (const { value } of message.header) {
    sameDate(value);
    sameAddresses(value);
  }
  assert.ok((message.text ?? message.html ?? '').length <= octets.length * 3);
  for (const { name, octets: file } of message.files) {
    assert.match(name, /^[^/\\\p{Cc}]{1,255}$/u);
    assert.ok(file.length <= octets.length);
  }
}

/** A multipart is its preamble, delimiters, parts and epilogue; a line end stands before a delimiter. */
function checkTiles(octets: Buffer, part: MimePart): void {
  if (part.kind === 'message') {
    checkTiles(octets, part.children[0]!);
    return;
  }
  let at = part.bodyStart;
  for (const [index, child] of part.children.entries()) {
    const { start, end } = child.delimiter!;
    if (index > 0) assert.match(octets.toString('latin1', at, start), /^(\r?\n)?$/);
    assert.ok(octets.toString('latin1', start, end).startsWith(`--${part.boundary}`));
    assert.equal(child.headerStart, end);
    checkTiles(octets, child);
    at = child.bodyEnd;
  }
  if (part.closing === null || part.children.length === 0) return;
  assert.match(octets.toString('latin1', at, part.closing.start), /^(\r?\n)?$/);
  assert.ok(
    octets.toString('latin1', part.closing.start, part.closing.end).startsWith(`--${part.boundary}--`),
  );
}

function checkSizes(octets: Buffer, root: MimePart, body: BodyStructure, number: number[]): void {
  if (body.kind === 'multipart') {
    for (const [at, part] of body.parts.entries()) checkSizes(octets, root, part, [...number, at + 1]);
    return;
  }
  const address = number.length === 0 ? [1] : number;
  // A multipart without parts is told as one empty part, which no section is.
  if (partAt(root, address) === null) {
    assert.equal(body.octets, 0);
    return;
  }
  const section = sectionOctets(octets, root, { part: address, what: { kind: 'all' } });
  assert.equal(body.octets, section?.length);
  const feeds = section?.reduce((count, octet) => count + (octet === 10 ? 1 : 0), 0);
  if (body.lines !== null) assert.equal(body.lines, feeds);
  if (body.message === null) return;
  const within = body.message.body;
  checkSizes(octets, root, within, within.kind === 'multipart' ? address : [...address, 1]);
}

suite('mime-rspamd', 'mime-rspamd', messages);
suite('mime-spamassassin', 'mime-spamassassin', messages);
suite('mime-mimekit messages', 'mime-mimekit/messages', messages);
suite('mime-mailparser bounded', 'mime-mailparser', messages);
