/**
 * Trees, header fields, preambles, epilogues and decoded bodies of the MIME::tools torture messages,
 * as Apache mime4j has them (`NAME_decoded.xml`).
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Message, type MimePart, parseMessage } from 'mailwright/mime';
import { type Case, suite } from './suite.ts';

/** An element of these simple documents: no attributes but `name`, text only in leaves. */
interface Element {
  readonly tag: string;
  readonly name: string | undefined;
  readonly children: Element[];
  text: string;
}

function parseXml(xml: string): Element {
  const root: Element = { tag: '', name: undefined, children: [], text: '' };
  const open = [root];
  for (const [, text = '', close, tag = '', name, empty] of xml.matchAll(
    /([^<]*)<(\/?)([\w-]+)(?: name="([^"]*)")?(\/?)>/g,
  )) {
    const top = open.at(-1)!;
    top.text += text;
    if (close) {
      open.pop();
      continue;
    }
    const element: Element = { tag, name, children: [], text: '' };
    top.children.push(element);
    if (!empty) open.push(element);
  }
  return root.children[0]!;
}

function plainText(element: Element): string {
  const text = element.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"');
  // Each text begins on a line of its own.
  return lineFeeds(text.replaceAll('&amp;', '&')).slice(1);
}

function lineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

class Comparison {
  readonly message: Message;
  readonly folder: string;

  constructor(message: Message, folder: string) {
    this.message = message;
    this.folder = folder;
  }

  entity(part: MimePart, expected: Element): void {
    const [header, body, ...others] = expected.children;
    assert.ok(header !== undefined && body !== undefined && others.length === 0);
    assert.deepEqual(
      // mime4j takes the separator line of an mbox off a message.
      [...part.header]
        .filter((field) => !field.name.startsWith('From '))
        .map((field) => lineFeeds(latin1(field.raw).replace(/\r?\n$/, ''))),
      header.children.map(plainText),
    );
    if (body.tag === 'multipart') {
      this.multipart(part, body);
      return;
    }
    if (body.tag === 'message' && part.kind === 'message') {
      this.entity(part.children[0]!, body);
      return;
    }
    if (body.tag === 'message') {
      // An encoded message: RFC 2045 §6.4 forbids it, and it is not in the tree.
      const within = parseMessage(this.message.contentOf(part).octets);
      new Comparison(within, this.folder).entity(within.root, body);
      return;
    }
    const { octets, faults } = this.message.contentOf(part);
    const wanted = lineFeeds(readFileSync(join(this.folder, body.name!), 'latin1'));
    const decoded = lineFeeds(latin1(octets));
    // mime4j drops the last unit of base64 without padding; mailwright keeps its one or two octets.
    const tail = faults.has('truncated') ? decoded.length - wanted.length : 0;
    assert.ok(tail >= 0 && tail <= 2);
    assert.equal(decoded.slice(0, decoded.length - tail), wanted, body.name);
  }

  multipart(part: MimePart, expected: Element): void {
    const parts = expected.children.filter(({ tag }) => tag === 'body-part');
    assert.equal(part.kind, 'multipart');
    assert.equal(part.children.length, parts.length, 'number of parts');
    for (const [at, child] of part.children.entries()) this.entity(child, parts[at]!);
    const first = part.children[0];
    const preamble = latin1(
      this.message.octets.subarray(part.bodyStart, first?.delimiter?.start ?? part.bodyEnd),
    );
    const epilogue = latin1(this.message.octets.subarray(part.closing?.end ?? part.bodyEnd, part.bodyEnd));
    this.outside('preamble', preamble.replace(first ? /\r?\n$/ : '', ''), expected);
    this.outside('epilogue', epilogue.replace(/^\r?\n/, ''), expected);
  }

  outside(tag: string, text: string, multipart: Element): void {
    const element = multipart.children.find((child) => child.tag === tag);
    const expected = element === undefined ? '' : plainText(element);
    // The line end of a closing delimiter is epilogue for mime4j where it is LF alone.
    assert.ok([expected, expected.slice(1)].includes(lineFeeds(text)), `${tag} ${JSON.stringify(expected)}`);
  }
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}

function* cases(folder: string): Iterable<Case> {
  for (const file of globSync('*.msg', { cwd: folder }).sort()) {
    const xml = join(folder, file.replace(/\.msg$/, '_decoded.xml'));
    if (!existsSync(xml)) continue;
    yield {
      name: file,
      check: () => {
        const message = parseMessage(readFileSync(join(folder, file)));
        new Comparison(message, folder).entity(message.root, parseXml(readFileSync(xml, 'latin1')));
      },
    };
  }
}

suite('mime-mime4j-mimetools', 'mime-mime4j-mimetools', cases);
