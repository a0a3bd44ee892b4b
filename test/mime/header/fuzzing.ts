/** Mutants of header sections, of which each field is read in every way there is. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  authorDomain,
  baseSubject,
  ComposeMisuse,
  decodeEncodedWords,
  formatAddress,
  formatField,
  formatReceived,
  HeaderFields,
  htmlToText,
  isAutomatic,
  LineEnds,
  MboxReader,
  mailboxes,
  parseAddressList,
  parseContentDisposition,
  parseContentType,
  parseDate,
  parseListId,
  parseListUris,
  parseMessageIds,
  parseMimeVersion,
  parseReceived,
  parseToken,
  snippet,
  submissionFixes,
  textToHtml,
  threadMessage,
  unsubscribeWays,
} from 'mailwright/mime';
import { type FuzzReport, fuzz, type Probe } from 'mailwright/testing';
import { sameAddresses, sameDate } from './both-ways.ts';

const seeds = [
  'From: =?utf-8?Q?Zo=C3=AB?= <zoe@example.com>, Team: a@b, "c \\" d" <e@[IPv6:::1]>;\r\nTo: (x) a . b @ c (d)\r\n',
  'Date: Fri, 21 Nov 1997 09:55:06 -0600 (CST)\r\nReceived: from a ([192.0.2.1]) by b with ESMTP id 1 for <c@d>; 1 Jan 00 0:0 GMT\r\n',
  'Content-Type: text/plain; charset="utf-8"; name*0*=utf-8\'en\'a%20b; name*1="c\\"d" (e)\r\nMIME-Version: 1.(x)0\r\n',
  'Subject: Re: [list] =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n =?utf-8?Q?_a?= (fwd)\r\nReferences: <a@b> <c@d>\r\n',
  'List-Id: x <l.example>\r\nList-Unsubscribe: <mailto:a@b>,\r\n <https://c/d>\r\nAuto-Submitted: auto-replied\r\n\r\n',
  'From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\n>From here\n\n<p>a<blockquote>b &amp; <a href="http://c">d</a>\n',
].map((text) => Buffer.from(text));

const dictionary =
  '=?utf-8?q? ?= =?x?B? (( )) "\\ << >> ,, ;; :: @@ *0*= *=utf-8\'\' %C3 \\" \r\n\t \n\n \0 \xff é <a@b> From: +0000 Feb <!-- </p> &#x; []'
    .split(' ')
    .map((word) => Buffer.from(word, 'latin1'));

/** Tries so many mutants. */
export function fuzzValues(runs: number, seed = 1): FuzzReport {
  return fuzz({ name: 'header values', runs, seed, seeds, dictionary, maxLength: 2048 }, probe);
}

const probe: Probe = (input, random) => {
  const fields = HeaderFields.scan(input, { fields: 100 });
  let at = 0;
  for (const field of fields) {
    assert.ok(field.start >= at && field.valueStart <= field.end && field.end <= fields.end);
    assert.equal(field.raw.length, field.end - field.start);
    at = field.end;
    readValue(field.value);
  }
  const author = authorDomain(fields);
  if (author.ok) assert.ok(author.domain.length > 0 && fields.all('from').length === 1);
  isAutomatic(fields);
  unsubscribeWays(fields);
  threadMessage(1, fields, 0);
  const { add } = submissionFixes(fields, { now: 0, messageId: 'a@b.example' });
  assert.deepEqual(HeaderFields.scan(Buffer.from(`${add}\r\n`)).defects, []);
  readText(Buffer.from(input).toString('latin1'));
  return splitsDiffer(input, 1 + random.below(300)) ? 'a split changes the messages' : undefined;
};

function readValue(value: string): void {
  parseContentType(value);
  parseContentDisposition(value);
  parseToken(value);
  parseMimeVersion(value);
  parseListId(value);
  for (const uri of parseListUris(value)) assert.ok(!/\s/.test(uri));
  for (const id of parseMessageIds(value)) assert.ok(id.length > 0 && !/[\s<>]/.test(id));
  assert.ok(Number.isFinite(parseDate(value)?.time ?? 0));
  parseReceived(value);
  sameDate(value);
  sameAddresses(value);
  assert.ok(baseSubject(value).base.length <= decodeEncodedWords(value).length);
  const list = parseAddressList(value);
  assert.ok(mailboxes(list).length <= value.length);
  for (const { name, address } of mailboxes(list)) rewrite(name, address);
  const text = HeaderFields.scan(
    Buffer.from(`${formatField({ name: 'X', value: { text: value } })}\r\n`),
  ).get('x')?.value;
  assert.equal(decodeEncodedWords(text ?? ''), value.toWellFormed().replace(/[\0\r\n]+/g, ' '));
  const hop = formatReceived({ helo: value, for: value, by: 'b', protocol: 'ESMTP', id: '1', date: 0 });
  assert.equal(HeaderFields.scan(Buffer.from(`${hop}\r\n`)).length, 1);
}

/** What was read from a stranger may be written again, or refused, and is then read as the same. */
function rewrite(name: string, address: string): void {
  let written: string;
  try {
    written = formatAddress({ name, address }, true);
  } catch (error) {
    assert.ok(error instanceof ComposeMisuse);
    return;
  }
  const again = parseAddressList(written);
  assert.deepEqual(again.defects, [], written);
  assert.equal(mailboxes(again).length, 1, written);
}

function readText(text: string): void {
  assert.ok(htmlToText(text).length <= 40 * text.length + 100);
  assert.ok(snippet(text, 'html').length <= 400);
  assert.doesNotMatch(textToHtml(text).replace(/<br>|<a href="[^"]*" rel="[^"]*">|<\/a>/g, ''), /[<>]/);
}

function splitsDiffer(input: Uint8Array, size: number): boolean {
  return (
    outline(input, input.length || 1) !== outline(input, size) ||
    converted(input, input.length || 1) !== converted(input, size)
  );
}

function outline(input: Uint8Array, size: number): string {
  const reader = new MboxReader();
  let shown = '';
  for (let at = 0; at <= input.length; at += size) {
    const events =
      at + size > input.length
        ? [...reader.push(input.subarray(at)), ...reader.end()]
        : reader.push(input.subarray(at, at + size));
    for (const event of events) {
      if (event.kind === 'data') shown += Buffer.from(event.octets).toString('latin1');
      else if (event.kind === 'end') shown += `|${event.end}|`;
      else shown += `|${event.marker} ${event.start} ${event.sender}|`;
    }
  }
  return shown;
}

function converted(input: Uint8Array, size: number): string {
  const lines = new LineEnds('\r\n');
  let shown = '';
  for (let at = 0; at < input.length; at += size)
    shown += Buffer.from(lines.push(input.subarray(at, at + size))).toString('latin1');
  return shown + Buffer.from(lines.end()).toString('latin1');
}
