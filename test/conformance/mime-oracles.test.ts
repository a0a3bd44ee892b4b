/**
 * Texts, HTML and attachments of the messages of postal-mime and mailparser, as these two libraries read
 * them. White space is left out: each joins parts and ends lines in its own way.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import {
  declaredFileName,
  decodeEncodedWords,
  flowedText,
  type Message,
  parseMessage,
} from 'mailwright/mime';
import PostalMime from 'postal-mime';
import { type Case, suite } from './suite.ts';

interface File {
  readonly name: string | null;
  readonly type: string;
  readonly octets: string;
}

interface Reading {
  readonly text: string;
  readonly html: string;
  readonly files: readonly File[];
}

const bare = (text: string) => text.replace(/\s+/g, '');
const octetsText = (octets: Uint8Array | string) =>
  bare(Buffer.from(octets as Uint8Array).toString('latin1'));

function files(message: Message): File[] {
  return message.files.map(({ part, mediaType, octets }) => {
    const name = declaredFileName(part);
    return { name: name && decodeEncodedWords(name), type: mediaType, octets: octetsText(octets) };
  });
}

/** Both add to the one text what they make of the parts of the other kind; ours must all be there. */
function compare(message: Message, reading: Reading): void {
  for (const [subtype, theirs] of [
    ['plain', reading.text],
    ['html', reading.html],
  ] as const) {
    let from = 0;
    for (const part of message.bodyParts[subtype === 'plain' ? 'text' : 'html']) {
      if (part.type !== 'text' || part.subtype !== subtype) continue;
      const text = bare(flowedText(part, message.textOf(part)));
      const at = theirs.indexOf(text, from);
      assert.notEqual(at, -1, `${subtype} text ${text.slice(0, 60)}`);
      from = at + text.length;
    }
  }
  assert.deepEqual(files(message), reading.files);
}

async function postalMime(octets: Buffer): Promise<Reading> {
  const { text, html, attachments } = await PostalMime.parse(octets, { forceRfc822Attachments: true });
  const files = attachments.map(({ filename, mimeType, content }) => ({
    name: filename,
    type: mimeType,
    octets: octetsText(content as Uint8Array | string),
  }));
  return { text: bare(text ?? ''), html: bare(html ?? ''), files };
}

async function mailparser(octets: Buffer): Promise<Reading> {
  const options = {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    keepDeliveryStatus: true,
  };
  const { text, html, attachments } = await simpleParser(octets, options);
  const files = attachments.map(({ filename, contentType, content }) => ({
    name: filename ?? null,
    type: contentType,
    octets: octetsText(content),
  }));
  return { text: bare(text ?? ''), html: bare(html || ''), files };
}

function* cases(folder: string): Iterable<Case> {
  for (const file of globSync('**/*.eml', { cwd: folder }).sort()) {
    const octets = readFileSync(join(folder, file));
    const message = parseMessage(octets);
    const reports = message.files.some(({ part }) => part.type === 'message');
    yield { name: `${file} as postal-mime`, check: async () => compare(message, await postalMime(octets)) };
    yield {
      name: `${file} as mailparser`,
      skip: reports ? 'mailparser shows messages within a message as its own text' : undefined,
      check: async () => compare(message, await mailparser(octets)),
    };
  }
}

suite('mime-postal-mime', 'mime-postal-mime', cases);
suite('mime-mailparser', 'mime-mailparser', cases);
