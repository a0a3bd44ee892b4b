/**
 * mime-stalwart, the header fields: names, offsets and typed values of each part's section. (Structure and
 * bodies are in mime-stalwart.test.ts.)
 *
 * The offsets are those of the messages with LF line ends. Where the expected value shows a habit of that
 * parser rather than the field, the comparison below says so.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeEncodedWords,
  type HeaderField,
  HeaderFields,
  type MailDate,
  mailboxes,
  parseAddressList,
  parseContentType,
  parseDate,
  parseListId,
  parseListUris,
  parseMessageIds,
  parseReceived,
} from 'mailwright/mime';
import { filesOf, suite } from './suite.ts';

suite('mime-stalwart (header fields)', 'mime-stalwart', function* (folder) {
  for (const file of filesOf(folder, '.json')) {
    yield {
      name: file,
      check() {
        const octets = readFileSync(join(folder, file.replace(/json$/, 'eml')));
        const message = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Message;
        checkMessage(message, Buffer.from(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'));
      },
    };
  }
});

interface Message {
  readonly parts: readonly Part[];
}

interface Part {
  readonly headers: readonly Header[];
  readonly offset_header: number;
  readonly offset_body: number;
  readonly offset_end: number;
  readonly body: unknown;
}

interface Header {
  readonly name: string | { readonly other: string };
  readonly value: string | Readonly<Record<string, unknown>>;
  readonly offset_field: number;
  readonly offset_start: number;
  readonly offset_end: number;
}

function checkMessage(message: Message, octets: Buffer): void {
  for (const part of message.parts) {
    const fields = HeaderFields.scan(octets.subarray(part.offset_header, part.offset_body));
    const places = new Map([...fields].map((field) => [field.start + part.offset_header, field]));
    for (const header of part.headers) {
      const field = places.get(header.offset_field);
      assert.ok(field, `no field at ${header.offset_field}`);
      assert.equal(field.valueStart + part.offset_header, header.offset_start);
      assert.equal(field.end + part.offset_header, header.offset_end);
      if (typeof header.name === 'string') assert.equal(field.key, header.name.replaceAll('_', '-'));
      else assert.equal(field.name, header.name.other);
      checkValue(field, header);
    }
    if (isRecord(part.body) && isRecord(part.body['Message'])) {
      const encoding = fields.get('content-transfer-encoding')?.value.toLowerCase();
      const nested = part.body['Message'] as unknown as Message;
      const body = octets.subarray(part.offset_body, part.offset_end).toString('latin1');
      checkMessage(nested, encoding === 'base64' ? Buffer.from(body, 'base64') : octets);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function checkValue(field: HeaderField, { name, value }: Header): void {
  if (value === 'Empty') {
    assert.equal(field.value, '');
    return;
  }
  assert.ok(isRecord(value));
  const [kind, expected] = Object.entries(value)[0] as [string, unknown];
  const where = `${field.name}: ${field.value}`;
  const check = checks[kind];
  assert.ok(check !== undefined, `unknown kind ${kind} of value`);
  check(field, expected, where, name);
}

type Check = (field: HeaderField, expected: unknown, where: string, name: Header['name']) => void;

const checks: Readonly<Record<string, Check>> = {
  Text: (field, expected, where, name) => sameText(textOf(field, name), expected as string, where),
  TextList: (field, expected, where) => {
    const ids = parseMessageIds(field.value);
    const words = decodeEncodedWords(field.value)
      .split(',')
      .map((word) => word.trim());
    sameText((ids.length > 0 ? ids : words).join(), (expected as string[]).join(), where);
  },
  DateTime: (field, expected, where) => sameDate(parseDate(field.value), expected as DateTime, where),
  ContentType: (field, expected, where) => sameContentType(field, expected as ContentType, where),
  Address: (field, expected, where, name) => sameAddresses(field, name, expected as Addresses, where),
  Received: (field, expected, where) => sameReceived(field, expected as Received, where),
};

function textOf(field: HeaderField, name: Header['name']): string {
  const ids = new Set(['message_id', 'content_id', 'return_path', 'in_reply_to', 'references']);
  if (typeof name !== 'string' || !ids.has(name)) return decodeEncodedWords(field.value);
  return name === 'return_path'
    ? (mailboxes(parseAddressList(field.value))[0]?.address ?? '')
    : parseMessageIds(field.value).join();
}

/** U+FFFD there stands for an octet that is no UTF-8: here it is read as latin1. */
function sameText(text: string, expected: string, where: string): void {
  const pattern = expected
    .trim()
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replace(/\s+/g, '\\s+')
    .replaceAll('\ufffd', '[\\s\\S]{1,3}');
  assert.match(text, new RegExp(`^${pattern}$`), where);
}

interface DateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly tz_before_gmt: boolean;
  readonly tz_hour: number;
  readonly tz_minute: number;
}

function sameDate(date: MailDate | null, expected: DateTime, where: string): void {
  const { year, month, day, hour, minute, second } = expected;
  // Digits that make no time, such as a letter l for a one, give no date here.
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    assert.equal(date, null, where);
    return;
  }
  const offset = (expected.tz_hour * 60 + expected.tz_minute) * (expected.tz_before_gmt ? -1 : 1);
  assert.deepEqual(
    [date?.year, date?.month, date?.day, date?.hour, date?.minute, date?.second, (date?.offset ?? 0) + 0],
    [year, month, day, hour, minute, second, offset + 0],
    where,
  );
}

interface ContentType {
  readonly c_type: string;
  readonly c_subtype: string | null;
  readonly attributes: readonly { readonly name: string; readonly value: string }[] | null;
}

function sameContentType(field: HeaderField, expected: ContentType, where: string): void {
  const { type, subtype, parameters, written, defects } = parseContentType(field.value);
  assert.equal(type, expected.c_type.toLowerCase(), where);
  assert.equal(subtype, (expected.c_subtype ?? '').toLowerCase(), where);
  const attributes = expected.attributes ?? [];
  // Empty values are left out there.
  const names = [...parameters].filter(([, value]) => value !== '').map(([name]) => name);
  const told = new Set(attributes.map((each) => each.name.toLowerCase()));
  assert.deepEqual(
    names.filter((name) => !told.has(name)),
    [],
    where,
  );
  // Of a parameter given twice the first counts here, the last that is not empty there.
  const twice = new Set(defects.filter(({ kind }) => kind === 'duplicate').map(({ name }) => name));
  for (const each of attributes) {
    const name = each.name.toLowerCase();
    const value = twice.has(name)
      ? written.findLast((one) => one.name === name)?.value
      : parameters.get(name);
    sameText(value ?? '', each.value, where);
  }
}

interface Address {
  readonly name: string | null;
  readonly address: string | null;
}

interface Addresses {
  readonly List?: readonly Address[];
  readonly Group?: readonly { readonly name: string | null; readonly addresses: readonly Address[] }[];
}

function sameAddresses(field: HeaderField, name: Header['name'], expected: Addresses, where: string): void {
  const list = expected.List ?? (expected.Group ?? []).flatMap(({ addresses }) => addresses);
  if (typeof name === 'string' && name.startsWith('list_')) {
    const ids = name === 'list_id' ? [parseListId(field.value)?.id] : parseListUris(field.value);
    assert.deepEqual(
      ids,
      list.map(({ address }) => address),
      where,
    );
    return;
  }
  const parsed = parseAddressList(field.value);
  const groups = parsed.addresses
    .filter(({ kind, name }) => kind === 'group' && name !== '')
    .map((each) => each.name);
  const names = (expected.Group ?? []).map((group) => group.name).filter((each) => each !== null);
  assert.deepEqual(groups, names, where);
  // A comment alone is no address (RFC 5322 §3.4).
  const real = list.filter((each) => each.address !== null || !/^\s*\(.*\)\s*$/.test(field.value));
  const found = mailboxes(parsed);
  assert.equal(found.length, real.length, where);
  for (const [index, mailbox] of found.entries()) {
    const { name, address } = real[index] as Address;
    // A word without a domain: a name there, an address without a domain here.
    sameText(mailbox.address, address ?? name ?? '', where);
    if (address !== null) assert.equal(bag(mailbox.name), bag(name ?? ''), where);
  }
}

/** A name's words in any order: comments among them go to the end there. */
function bag(name: string): string {
  return name
    .replace(/[^\0-\x7f]+/g, '?')
    .replace(/[()]/g, '')
    .split(/\s+/)
    .sort()
    .join(' ');
}

type Host = { readonly Name?: string; readonly IpAddr?: string } | null;

interface Received {
  readonly from: Host;
  readonly from_ip: string | null;
  readonly from_iprev: string | null;
  readonly by: Host;
  readonly for_: string | null;
  readonly with: string | null;
  readonly id?: string | null;
  readonly via: string | null;
  readonly date: DateTime | null;
}

/** What that parser finds must be found; where it finds nothing, a clause may be there all the same. */
function sameReceived(field: HeaderField, expected: Received, where: string): void {
  const hop = parseReceived(field.value);
  const { from, by, date } = expected;
  const pairs: [string | undefined, string | null | undefined][] = [
    [hop.from, from?.Name ?? from?.IpAddr],
    [hop.fromAddress, expected.from_ip],
    [hop.fromHost, expected.from_iprev === 'unknown' ? null : expected.from_iprev],
    [hop.by, by?.Name ?? by?.IpAddr],
    [hop.for, expected.for_],
    [hop.with, expected.with],
    [hop.id, expected.id],
    [hop.via, expected.via],
  ];
  for (const [found, told] of pairs) {
    if (typeof told === 'string') assert.equal(found?.toLowerCase(), told.trim().toLowerCase(), where);
  }
  if (date !== null) sameDate(hop.date, date, where);
}
