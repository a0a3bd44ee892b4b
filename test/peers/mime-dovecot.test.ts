/**
 * ENVELOPE and BODYSTRUCTURE of every message of two corpora, as Dovecot gives them.
 *
 * Dovecot's `imap` runs by itself on a Maildir of its own, without a server. The corpora stand outside the
 * repository, as for the conformance suites.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import {
  type BodyStructure,
  bodyStructureOf,
  type Envelope,
  type EnvelopeAddress,
  envelopeOf,
  type HeaderFields,
  type MimePart,
  mailboxes,
  parseAddressList,
  scanMime,
} from 'mailwright/mime';
import { parseFetches, type Value } from './imap-response.ts';
import { needing } from './programs.ts';

const corpora = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../shared/conformance');
/** Dovecot's program for one session, which needs no server around it. */
const imap = '/usr/lib/dovecot/imap';
const nobody = 65_534;

/** The fields of an ENVELOPE (RFC 9051 §7.5.2). */
const envelopeFields = 'date subject from sender reply-to to cc bcc in-reply-to message-id'.split(' ');

/** Why Dovecot may tell something else of field `at` of an ENVELOPE; `null`: there is no reason. */
function envelopeReason(header: HeaderFields, at: number): string | null {
  const own = envelopeFields[at]!;
  // Sender and Reply-To are From where they are missing or empty.
  const key = (own === 'sender' || own === 'reply-to') && !header.get(own)?.value ? 'from' : own;
  const values = header.all(key).map(({ value }) => value);
  if (values.length > 1)
    return key === 'from'
      ? 'of several From fields Dovecot joins the addresses, mailwright shows those of the first'
      : 'of several fields Dovecot shows the last, mailwright the first (RFC 5322 §3.6 allows one)';
  const value = values[0] ?? '';
  if (at < 2 || at > 7) return null;
  if (value.includes('('))
    return 'Dovecot takes a comment after an address for a name (RFC 5322 §3.4 has no such meaning)';
  return mailboxes(parseAddressList(value)).some(({ domain }) => domain === '')
    ? 'words without an address: a name for Dovecot, a mailbox for mailwright'
    : null;
}

/** The same for a BODYSTRUCTURE. */
function bodyReason(root: MimePart): string | null {
  const parts = everyPart(root);
  if (parts.some(({ contentType }) => contentType !== null && !(contentType.type && contentType.subtype)))
    return 'Dovecot shows an invalid type as empty, mailwright as text/plain (RFC 2045 §5.2)';
  if (!root.header.get('mime-version') && parts.some(({ header }) => header.get('content-transfer-encoding')))
    return 'without MIME-Version Dovecot passes over Content-Transfer-Encoding';
  if (parts.some(({ header }) => /boundary=[^";]*=/i.test(header.get('content-type')?.value ?? '')))
    return 'Dovecot ends an unquoted boundary at an equals sign; all senders that write such mean the whole';
  const inner = parts.filter(({ kind }) => kind === 'message').map(({ children }) => children[0]!);
  if (inner.some(({ closing, bodyStart, bodyEnd }) => closing?.end === bodyEnd || bodyStart === bodyEnd))
    return 'Dovecot counts the line end before a delimiter to a message that has just ended (RFC 2046 §5.1.1)';
  const reasons = inner.flatMap(({ header }) => envelopeFields.map((_, at) => envelopeReason(header, at)));
  return reasons.find((reason) => reason !== null) ?? null;
}

function everyPart(part: MimePart): MimePart[] {
  return [part, ...part.children.flatMap(everyPart)];
}

function list<T>(items: readonly T[] | null, of: (item: T) => Value): Value {
  return items === null || items.length === 0 ? null : items.map(of);
}

function ofEnvelope(envelope: Envelope): Value {
  const address = ({ name, route, mailbox, host }: EnvelopeAddress): Value => [name, route, mailbox, host];
  const { date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId } = envelope;
  return [
    ...[date, subject],
    ...[from, sender, replyTo, to, cc, bcc].map((addresses) => list(addresses, address)),
    ...[inReplyTo, messageId],
  ];
}

function ofBody(body: BodyStructure): Value {
  const parameters = (of: BodyStructure['parameters']) =>
    list(
      of.flatMap(({ name, value }) => [name, value]),
      (text) => text,
    );
  const { disposition, language, location } = body;
  const extension: Value[] = [
    disposition === null ? null : [disposition.type, parameters(disposition.parameters)],
    list(language, (tag) => tag),
    location,
  ];
  if (body.kind === 'multipart')
    return [...body.parts.map(ofBody), body.subtype, parameters(body.parameters), ...extension];
  const { type, subtype, id, description, encoding, octets, lines, message, md5 } = body;
  return [
    ...[type, subtype, parameters(body.parameters), id, description, encoding, String(octets)],
    ...(message === null ? [] : [ofEnvelope(message.envelope), ofBody(message.body)]),
    ...(lines === null ? [] : [String(lines)]),
    md5,
    ...extension,
  ];
}

/** Case tells nothing in types, encodings and parameter names; white space differs by how fields are unfolded. */
function comparable(value: Value): Value {
  // Dovecot has names for what an address lacks.
  if (value === null || value === 'MISSING_MAILBOX' || value === 'MISSING_DOMAIN') return value && '';
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().toLowerCase() : value.map(comparable);
}

function messages(): { name: string; octets: Buffer }[] {
  return globSync(['mime-rspamd/**/*.eml', 'mime-spamassassin/{nice,spam}/**/*'], { cwd: corpora })
    .sort()
    .filter((name) => statSync(join(corpora, name)).isFile())
    .map((name) => {
      const text = readFileSync(join(corpora, name), 'latin1');
      return { name, octets: Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1') };
    });
}

/** Has Dovecot read a folder with these messages; gives what it tells of each. */
function dovecot(doveconf: string, mails: readonly { octets: Buffer }[]): Map<string, Value>[] {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-dovecot-'));
  const own = (path: string) => (process.getuid?.() === 0 ? chownSync(path, nobody, nobody) : undefined);
  for (const each of ['', 'mail', 'mail/cur', 'mail/new', 'mail/tmp', 'run']) {
    mkdirSync(join(folder, each), { recursive: true });
    own(join(folder, each));
  }
  for (const [at, { octets }] of mails.entries()) {
    const file = join(folder, 'mail/cur', `${1_000_000_000 + at}.M1P1.host:2,S`);
    writeFileSync(file, octets);
    own(file);
  }
  const configuration = join(folder, 'dovecot.conf');
  writeFileSync(
    configuration,
    `base_dir = ${folder}/run\nmail_location = maildir:${folder}/mail\nfirst_valid_uid = 1\nssl = no\nprotocols = imap
stats_writer_socket_path =\nnamespace inbox {\n  inbox = yes\n}\n`,
  );
  chmodSync(configuration, 0o644);
  const script = 'a SELECT INBOX\r\nb FETCH 1:* (RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\nc LOGOUT\r\n';
  const { stdout, stderr } = spawnSync(
    doveconf,
    ['-f', 'service=imap', '-c', configuration, '-m', 'imap', '-e', imap],
    {
      input: script,
      env: { USER: 'nobody', HOME: folder, PATH: '/usr/bin' },
      maxBuffer: 100_000_000,
      ...(process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}),
    },
  );
  rmSync(folder, { recursive: true });
  const fetches = parseFetches(stdout.toString('latin1'));
  assert.equal(fetches.length, mails.length, stderr.toString());
  return fetches;
}

/** The places of the items of two lists that differ. */
function differing(mine: Value, theirs: Value): number[] {
  assert.ok(Array.isArray(mine) && Array.isArray(theirs));
  const places = mine.length < theirs.length ? theirs.keys() : mine.keys();
  return [...places].filter((at) => JSON.stringify(mine[at]) !== JSON.stringify(theirs[at]));
}

test(
  ...needing('doveconf', 'ENVELOPE and BODYSTRUCTURE as Dovecot gives them', async (doveconf) => {
    assert.ok(existsSync(imap), `${imap} is missing: the Debian package dovecot-imapd gives it`);
    const mails = messages();
    const told = mails.length === 0 ? [] : dovecot(doveconf, mails);
    const failures: string[] = [];
    const differences: string[] = [];
    for (const [at, { name, octets }] of mails.entries()) {
      const { root } = scanMime(octets);
      const fetch = told[at]!;
      assert.equal(fetch.get('RFC822.SIZE'), String(octets.length), name);
      const compare = (item: string, ours: Value, reasonsOf: (places: number[]) => (string | null)[]) => {
        const [mine, theirs] = [comparable(ours), comparable(fetch.get(item)!)];
        const reasons = new Set(reasonsOf(differing(mine, theirs)));
        if (reasons.has(null))
          failures.push(`${name} ${item}\n  ${JSON.stringify(mine)}\n  ${JSON.stringify(theirs)}`);
        else if (reasons.size > 0) differences.push(`  ${name} ${item}: ${[...reasons].join('; ')}`);
      };
      compare('ENVELOPE', ofEnvelope(envelopeOf(root.header)), (places) =>
        places.map((place) => envelopeReason(root.header, place)),
      );
      compare('BODYSTRUCTURE', ofBody(bodyStructureOf(root)), (places) => places.map(() => bodyReason(root)));
    }
    const alike = 2 * mails.length - differences.length - failures.length;
    console.log(
      `Dovecot: ${mails.length} messages, ${alike} items alike, ${differences.length} not, with reason`,
    );
    for (const difference of differences) console.log(difference);
    assert.equal(failures.length, 0, failures.join('\n'));
  }),
);
