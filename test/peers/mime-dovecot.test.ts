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
  scanMime,
} from 'mailwright/mime';
import { parseFetches, type Value } from './imap-response.ts';
import { needing } from './programs.ts';

const corpora = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../shared/conformance');
/** Dovecot's program for one session, which needs no server around it. */
const imap = '/usr/lib/dovecot/imap';
const nobody = 65_534;

const nameInComment =
  'Dovecot takes a comment after an address for a name (RFC 5322 §3.4 has no such meaning)';
const severalFrom = 'of several From fields Dovecot joins the addresses, mailwright shows those of the first';
const lastField = 'of several fields Dovecot shows the last, mailwright the first (RFC 5322 §3.6 allows one)';
const noType = 'Dovecot shows an invalid type as empty, mailwright as text/plain (RFC 2045 §5.2)';

/** What Dovecot tells otherwise, and why. */
const differences: Readonly<Record<string, string>> = {
  'mime-rspamd/phish_sender.eml ENVELOPE': severalFrom,
  'mime-rspamd/phish_sender3.eml ENVELOPE': severalFrom,
  'mime-spamassassin/nice/cjk/big5-base64.1 ENVELOPE': lastField,
  'mime-spamassassin/spam/dmarc/quarko.eml ENVELOPE': lastField,
  'mime-spamassassin/nice/mime2 ENVELOPE': nameInComment,
  'mime-spamassassin/nice/mime4 ENVELOPE': nameInComment,
  'mime-spamassassin/nice/mime6 ENVELOPE': nameInComment,
  'mime-spamassassin/nice/unicode2 ENVELOPE':
    'words without an address: a name for Dovecot, a mailbox for mailwright',
  'mime-spamassassin/nice/mime8 BODYSTRUCTURE': noType,
  'mime-spamassassin/spam/badctype1 BODYSTRUCTURE': noType,
  'mime-spamassassin/spam/003 BODYSTRUCTURE':
    'without MIME-Version Dovecot passes over Content-Transfer-Encoding',
  'mime-spamassassin/spam/utf16.eml BODYSTRUCTURE':
    'Dovecot ends an unquoted boundary at an equals sign; all senders that write such mean the whole',
};

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

function compare(doveconf: string): void {
  const mails = messages();
  if (mails.length === 0) {
    console.log('no corpora under CONFORMANCE_DIR: Dovecot has nothing to read');
    return;
  }
  const listed = Object.keys(differences).filter((item) =>
    mails.some(({ name }) => item.startsWith(`${name} `)),
  );
  const told = dovecot(doveconf, mails);
  const failures: string[] = [];
  let different = 0;
  for (const [at, { name, octets }] of mails.entries()) {
    const { root } = scanMime(octets);
    const fetch = told[at]!;
    assert.equal(fetch.get('RFC822.SIZE'), String(octets.length), name);
    for (const [item, ours] of [
      ['ENVELOPE', ofEnvelope(envelopeOf(root.header))],
      ['BODYSTRUCTURE', ofBody(bodyStructureOf(root))],
    ] as const) {
      const [mine, theirs] = [comparable(ours), comparable(fetch.get(item)!)].map((value) =>
        JSON.stringify(value),
      );
      if (mine === theirs) continue;
      different++;
      if (differences[`${name} ${item}`] === undefined)
        failures.push(`${name} ${item}\n  ${mine}\n  ${theirs}`);
    }
  }
  console.log(
    `Dovecot: ${mails.length} messages, ${2 * mails.length - different} items alike, ${different} listed`,
  );
  assert.equal(failures.length, 0, failures.join('\n'));
  assert.equal(different, listed.length, 'a listed difference is none any more');
}

test(
  ...needing('doveconf', 'ENVELOPE and BODYSTRUCTURE as Dovecot gives them', async (doveconf) => {
    assert.ok(existsSync(imap), `${imap} is missing: the Debian package dovecot-imapd gives it`);
    compare(doveconf);
  }),
);
