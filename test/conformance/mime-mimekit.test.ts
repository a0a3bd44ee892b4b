/**
 * Offsets, sizes and line counts of the entities within the messages of MimeKit's mboxes. (Where the
 * messages themselves begin and end is compared in `mime-mimekit-mbox.test.ts`.)
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MimePart, scanMime } from 'mailwright/mime';
import { type Case, suite } from './suite.ts';

interface Entity {
  readonly mimeType: string;
  readonly beginOffset: number;
  readonly headersEndOffset: number;
  readonly endOffset: number;
  readonly octets: number;
  readonly lines: number;
  readonly children?: readonly Entity[];
}

interface MboxMessage {
  readonly beginOffset: number;
  readonly endOffset: number;
  readonly body: Entity;
}

function* cases(folder: string): Iterable<Case> {
  for (const file of globSync('**/*-offsets.json', { cwd: folder }).sort()) {
    const match = /^(.*)\.(dos|unix)-offsets\.json$/.exec(file);
    if (match === null) continue;
    const [, name, lineEnds] = match;
    const mbox = readFileSync(join(folder, `${name}.mbox.txt`), 'latin1').replaceAll('\r\n', '\n');
    const octets = Buffer.from(lineEnds === 'dos' ? mbox.replaceAll('\n', '\r\n') : mbox, 'latin1');
    const messages: MboxMessage[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const [at, message] of messages.entries()) {
      yield {
        name: `${file} ${at}`,
        check: () => {
          const { beginOffset, endOffset, body } = message;
          const within = octets.subarray(beginOffset, endOffset);
          compare(within, scanMime(within).root, body, beginOffset);
        },
      };
    }
  }
}

function compare(octets: Buffer, part: MimePart, entity: Entity, before: number): void {
  assert.equal(`${part.type}/${part.subtype}`, entity.mimeType);
  assert.equal(part.headerStart + before, entity.beginOffset);
  // The empty line before a part without body is the delimiter's for MimeKit, the header's for mailwright.
  const isEmpty = part.bodyStart === part.bodyEnd && part.closing === null;
  const emptyLine = isEmpty ? part.bodyStart + before - entity.headersEndOffset : 0;
  assert.ok(emptyLine >= 0 && emptyLine <= 2);
  assert.equal(part.bodyStart + before - emptyLine, entity.headersEndOffset);
  assert.equal(part.bodyEnd + before - emptyLine, entity.endOffset);
  assert.equal(part.bodyEnd - part.bodyStart, entity.octets);
  // MimeKit counts lines, mailwright line feeds: a last line without one makes the difference.
  const isOpen = part.bodyEnd > part.bodyStart && octets[part.bodyEnd - 1] !== 10;
  assert.equal(part.lines + (isOpen ? 1 : 0), entity.lines);
  const children = entity.children ?? [];
  assert.equal(part.children.length, children.length);
  for (const [at, child] of part.children.entries()) compare(octets, child, children[at]!, before);
}

suite('mime-mimekit entities', 'mime-mimekit', cases);
