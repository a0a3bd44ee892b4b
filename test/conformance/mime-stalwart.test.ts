/**
 * Structure, offsets, decoded bodies and the choice of texts and attachments, as stalwart's
 * mail-parser has them. Its typed header values are compared in `mime-stalwart-headers.test.ts`.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { latin1Text } from 'mailwright/bytes';
import type { Bytes } from 'mailwright/machine';
import { chooseBodyParts, type Message, type MimePart, parseMessage } from 'mailwright/mime';
import { type Case, suite } from './suite.ts';

interface StalwartMessage {
  readonly text_body: readonly number[];
  readonly html_body: readonly number[];
  readonly attachments: readonly number[];
  readonly parts: readonly StalwartPart[];
}

interface StalwartPart {
  readonly body:
    | { readonly Text: string }
    | { readonly Html: string }
    | { readonly Binary: readonly number[] }
    | { readonly InlineBinary: readonly number[] }
    | { readonly Multipart: readonly number[] }
    | { readonly Message: StalwartMessage };
  readonly is_encoding_problem: boolean;
  readonly offset_header: number;
  readonly offset_body: number;
  readonly offset_end: number;
}

/** Parts in stalwart's order, each before its children; a message within has a list of its own. */
function listed(root: MimePart): MimePart[] {
  return [root, ...(root.kind === 'multipart' ? root.children.flatMap(listed) : [])];
}

function compare(message: Message, root: MimePart, expected: StalwartMessage): void {
  const parts = listed(root);
  assert.equal(parts.length, expected.parts.length, 'number of parts');
  for (const [at, want] of expected.parts.entries()) comparePart(message, parts, at, want);
  // What it could not decode, or found cut off, stalwart offers as an attachment, whatever it is.
  if (expected.parts.some((part) => part.is_encoding_problem)) return;
  const { text, html, attachments } = chooseBodyParts(root);
  const places = (list: readonly MimePart[]) => list.map((part) => parts.indexOf(part));
  assert.deepEqual(places(text), expected.text_body, 'text parts');
  assert.deepEqual(places(html), expected.html_body, 'html parts');
  // RFC 8621 §4.1.4: a picture that is in both lists is no attachment; stalwart counts it as one as well.
  const shown = (at: number) => expected.text_body.includes(at) && expected.html_body.includes(at);
  assert.deepEqual(
    places(attachments),
    expected.attachments.filter((at) => !shown(at)),
    'attachments',
  );
}

function comparePart(message: Message, parts: readonly MimePart[], at: number, want: StalwartPart): void {
  const part = parts[at]!;
  assert.equal(part.headerStart, want.offset_header, `part ${at}: where the header begins`);
  assert.equal(part.bodyStart, want.offset_body, `part ${at}: where the body begins`);
  if (part.kind === 'leaf') assert.equal(part.bodyEnd, want.offset_end, `part ${at}: where the body ends`);
  const { body } = want;
  if ('Multipart' in body) {
    assert.deepEqual(
      part.children.map((child) => parts.indexOf(child)),
      body.Multipart,
      `part ${at}: children`,
    );
  } else if ('Message' in body) {
    const within = part.kind === 'message' ? message : parseMessage(message.contentOf(part).octets);
    compare(within, part.kind === 'message' ? part.children[0]! : within.root, body.Message);
  } else if (want.is_encoding_problem && part.encoding !== '7bit') {
    // It then shows the encoded octets; mailwright gives what could be decoded, and names the faults.
    assert.notEqual(message.contentOf(part).faults.size, 0, `part ${at}: faults`);
  } else if ('Text' in body || 'Html' in body) {
    const expected = 'Text' in body ? body.Text : body.Html;
    const found = text(message, part);
    // RFC 2045 §6.8: padding ends base64; stalwart reads on.
    const padded = message.contentOf(part).faults.has('data-after-padding');
    compareText(found, padded ? expected.slice(0, found.length) : expected);
  } else {
    const octets = 'Binary' in body ? body.Binary : body.InlineBinary;
    assert.deepEqual([...content(message, part)], octets, `part ${at}: octets`);
  }
}

/** stalwart does not guess a charset: where it has U+FFFD, any character will do. */
function compareText(text: string, expected: string): void {
  const wanted = [...expected];
  assert.equal([...text].map((each, at) => (wanted[at] === '\uFFFD' ? '\uFFFD' : each)).join(''), expected);
}

function text(message: Message, part: MimePart): string {
  return part.encoding.includes('uu') ? latin1Text(message.bodyOf(part)) : message.textOf(part);
}

/** stalwart takes no notice of uuencode as a transfer encoding. */
function content(message: Message, part: MimePart): Bytes {
  return part.encoding.includes('uu') ? message.bodyOf(part) : message.contentOf(part).octets;
}

/** The offsets expected are those of the messages with LF alone. */
function withLineFeeds(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

/** Where stalwart reads a structure otherwise, and why mailwright does not. */
function habit(message: Message): string | undefined {
  const { defects, size } = message.structure;
  if (defects.some(({ kind, offset }) => kind === 'header-cut' && offset < size)) {
    return 'stalwart reads a header section past a delimiter (RFC 2046 §5.1.1: it ends the part)';
  }
  if (defects.some(({ kind }) => kind === 'duplicate-field')) {
    return 'of two Content-Type fields stalwart takes the last (no RFC decides; the first is what most take)';
  }
  for (const part of everyPart(message.root)) {
    const { delimiter, parent } = part;
    if (delimiter !== null) {
      if (delimiter.end === size) return 'after a last delimiter stalwart has no part, not even an empty one';
      const line = latin1Text(message.octets, delimiter.start, delimiter.end).trimEnd();
      if (line !== `--${parent?.boundary}`) {
        return 'stalwart begins a header within a delimiter line that goes on after the boundary';
      }
    }
    const { boundary } = part;
    const shorter = ({ boundary: inner }: MimePart) =>
      inner !== null && inner !== boundary && boundary?.startsWith(inner);
    if (everyPart(part).some(shorter)) {
      return 'of two boundaries that begin a line stalwart takes the inner, not the longer one';
    }
    const cut = part.kind === 'multipart' && part.closing === null && part.bodyEnd < size;
    if (cut && everyPart(part).some(({ kind }) => kind === 'message')) {
      return 'stalwart looks for no outer boundary within a message (RFC 2046 §5.1.2 asks for it)';
    }
  }
  return undefined;
}

function everyPart(part: MimePart): MimePart[] {
  return [part, ...part.children.flatMap(everyPart)];
}

function* cases(folder: string): Iterable<Case> {
  for (const file of globSync('**/*.eml', { cwd: folder }).sort()) {
    const message = parseMessage(withLineFeeds(readFileSync(join(folder, file))));
    yield {
      name: file,
      skip: habit(message),
      check: () => {
        const expected = JSON.parse(readFileSync(join(folder, file.replace(/eml$/, 'json')), 'utf8'));
        compare(message, message.root, expected);
      },
    };
  }
}

suite('mime-stalwart structure', 'mime-stalwart', cases);
