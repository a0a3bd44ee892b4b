/**
 * header-go: Go's tables for RFC 2047, RFC 2231 and RFC 5322.
 *
 * Go refuses what is not to the letter; these parsers read on and report a defect. So "error" in a table
 * stands for "at least one defect", and where Go drops a parameter ours carries a defect of its name.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  type AddressList,
  ComposeMisuse,
  decodeEncodedWords,
  encodeWords,
  formatAddress,
  formatParameters,
  HeaderFields,
  mailboxes,
  parseAddressList,
  parseContentType,
  parseDate,
} from 'mailwright/mime';
import { type Case, jsonLines, suite } from './suite.ts';

suite('header-go', 'header-go', function* (folder) {
  yield* named('content-type-params', jsonLines<Params>(folder, 'content-type-params.jsonl'), contentType);
  yield* named('content-type-bogus', jsonLines<Params>(folder, 'content-type-bogus.jsonl'), contentType);
  yield* named(
    'content-type-format',
    jsonLines<Format>(folder, 'content-type-format.jsonl'),
    contentTypeFormat,
  );
  yield* named('rfc2047-decode-header', jsonLines<Word>(folder, 'rfc2047-decode-header.jsonl'), (each) => ({
    check: () => assert.equal(decodeEncodedWords(each.in), each.out),
  }));
  yield* named('rfc2047-decode-word', jsonLines<Word>(folder, 'rfc2047-decode-word.jsonl'), (each) => ({
    // RFC 2047 §6.3: a word that cannot be decoded is shown as it is written.
    check: () => assert.equal(decodeEncodedWords(each.in), each.error ? each.in : each.out),
  }));
  yield* named('rfc2047-encode-word', jsonLines<Word>(folder, 'rfc2047-encode-word.jsonl'), (each) => ({
    check() {
      const text = each.in;
      assert.equal(decodeEncodedWords(encodeWords(text)), text);
      // Go takes the octets it is given for those of the charset; only in UTF-8 are these the text's.
      if (each.charset === 'utf-8') assert.equal(decodeEncodedWords(each.out), text);
    },
  }));
  yield* named('rfc5322-date', jsonLines<DateCase>(folder, 'rfc5322-date.jsonl'), date);
  yield* named('rfc5322-address-list', jsonLines<ListCase>(folder, 'rfc5322-address-list.jsonl'), (each) => ({
    check: () => assert.deepEqual(nameAndAddress(parseAddressList(each.in)), each.out),
  }));
  yield* named(
    'rfc5322-address-format',
    jsonLines<FormatCase>(folder, 'rfc5322-address-format.jsonl'),
    addressFormat,
  );
  yield* named(
    'rfc5322-address-error',
    jsonLines<ErrorCase>(folder, 'rfc5322-address-error.jsonl'),
    addressError,
  );
});

function* named<T>(
  table: string,
  lines: readonly T[],
  make: (each: T) => Omit<Case, 'name'>,
): Generator<Case> {
  for (const [index, line] of lines.entries()) yield { name: `${table}:${index + 1}`, ...make(line) };
}

interface Params {
  readonly in: string;
  readonly type: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly error?: string;
}

function contentType(each: Params): Omit<Case, 'name'> {
  const { type, subtype, parameters, defects } = parseContentType(each.in);
  const charset = /\*=["\s]*([^'"]+)'/.exec(each.in)?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'us-ascii') {
    return { skip: 'Go reads UTF-8 and US-ASCII only', check: () => {} };
  }
  return {
    check() {
      if (each.error !== undefined || each.type === '') {
        assert.ok(defects.length > 0 || type === '', `no defect in ${each.in}`);
        return;
      }
      assert.equal(subtype === '' ? type : `${type}/${subtype}`, each.type);
      const broken = new Set(defects.filter(({ kind }) => kind === 'bad-charset').map(({ name }) => name));
      const kept = [...parameters].filter(([name]) => !broken.has(name));
      // RFC 2047 §5 forbids encoded words here; they are met all the same, and decoded.
      const meant = Object.entries(each.params ?? {}).map(([name, value]) => [
        name,
        decodeEncodedWords(value),
      ]);
      assert.deepEqual(Object.fromEntries(kept), Object.fromEntries(meant));
    },
  };
}

interface Format {
  readonly out: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>> | null;
}

function contentTypeFormat(each: Format): Omit<Case, 'name'> {
  return {
    check() {
      const params = Object.entries(each.params ?? {});
      if (each.out === '') {
        assert.throws(() => formatParameters(each.type, params), ComposeMisuse);
        return;
      }
      for (const text of [formatParameters(each.type, params), each.out]) {
        const { type, subtype, parameters, defects } = parseContentType(text);
        assert.equal(subtype === '' ? type : `${type}/${subtype}`, each.type.toLowerCase());
        const lower = params.map(([name, value]) => [name.toLowerCase(), value]);
        assert.deepEqual([...parameters], lower);
        assert.deepEqual(defects, []);
      }
    },
  };
}

interface Word {
  readonly in: string;
  readonly out: string;
  readonly error?: boolean;
  readonly charset?: string;
}

interface DateCase {
  readonly in: string;
  readonly unix: number;
  readonly valid: boolean;
  readonly unixKnown?: boolean;
}

function date(each: DateCase): Omit<Case, 'name'> {
  const parsed = parseDate(each.in);
  // A weekday that does not fit is no fault of the grammar, and Go does not look.
  const defects = parsed?.defects.filter((defect) => defect !== 'weekday') ?? [];
  if (!each.valid && /\b(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\b/.test(each.in)) {
    return { skip: 'names in a grammar are case-insensitive (RFC 5234 §2.3)', check: () => {} };
  }
  return {
    check() {
      assert.equal(parsed !== null && defects.length === 0, each.valid, `${each.in}: ${defects}`);
      if (each.valid && each.unixKnown !== false) assert.equal((parsed?.time ?? 0) / 1000, each.unix);
    },
  };
}

interface ListCase {
  readonly in: string;
  readonly out: readonly { readonly Name: string; readonly Address: string }[];
}

/** Go's addresses have no quotes. */
function nameAndAddress(list: AddressList): ListCase['out'] {
  return mailboxes(list).map(({ name, localPart, domain }) => ({
    Name: name,
    Address: `${localPart}@${domain}`,
  }));
}

interface FormatCase {
  readonly name: string;
  readonly address: string;
  readonly out: string;
}

function addressFormat(each: FormatCase): Omit<Case, 'name'> {
  const at = each.address.lastIndexOf('@');
  if (at <= 0 || at === each.address.length - 1) {
    return {
      skip: 'Go writes an address without a domain; here that is the misuse of a host',
      check: () => {},
    };
  }
  return {
    check() {
      const localPart = each.address.slice(0, at);
      const domain = each.address.slice(at + 1);
      const address = `"${localPart.replace(/["\\]/g, '\\$&')}"@${domain}`;
      for (const text of [formatAddress({ name: each.name, address }), each.out]) {
        const [mailbox] = mailboxes(parseAddressList(text));
        assert.deepEqual(
          [mailbox?.name, mailbox?.localPart, mailbox?.domain],
          [each.name, localPart, domain],
        );
      }
    },
  };
}

interface ErrorCase {
  readonly error: string;
  readonly inBytes: string;
}

function addressError(each: ErrorCase): Omit<Case, 'name'> {
  const octets = Buffer.from(each.inBytes, 'base64');
  const field = HeaderFields.scan(Buffer.concat([Buffer.from('From: '), octets])).get('from');
  const list = parseAddressList(field?.value ?? '');
  if (each.error === 'charset not supported') {
    return { skip: 'Go knows three charsets', check: () => {} };
  }
  return {
    check() {
      // Go's function reads one address; a list of another length is its error too.
      const one = mailboxes(list).length === 1;
      assert.ok(list.defects.length > 0 || !one || field?.charset === 'unknown-8bit', String(octets));
    },
  };
}
