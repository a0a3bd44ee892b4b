/** Signed messages of other projects, with the keys that their domains published. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DkimPolicy, type DkimVerdict, verifyDkim } from 'mailwright/dkim';
import { type ZoneRecords, ZoneResolver } from 'mailwright/dns';
import { type Case, filesOf, suite } from './suite.ts';

type Keys = Record<string, ZoneRecords | 'TIMEOUT' | 'SERVFAIL'>;

/** What old signatures need: 512 bits, SHA-1, forms of drafts, and a clock that stood still. */
const lenient: DkimPolicy = { rsaBits: 512, sha1: true, drafts: true };

/** The messages have the line ends of a file system. */
const withCrlf = (text: string) => Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1');

const verify = (
  message: Buffer,
  keys: Keys,
  policy: DkimPolicy = {},
  now?: () => number,
): Promise<readonly DkimVerdict[]> =>
  verifyDkim(message, { resolver: new ZoneResolver(keys), policy, ...(now === undefined ? {} : { now }) });

/** When a message was signed: some of these signatures have expired since. */
const signedAt = (message: Buffer) => () => {
  const times = [...message.toString('latin1').matchAll(/[;\s]t=(\d+)/g)].map(([, time]) => Number(time));
  return Math.max(...times, 0) * 1000;
};

const brief = (verdicts: readonly DkimVerdict[]) =>
  verdicts.map(({ status, reason }) => `${status} ${reason ?? ''}`.trim()).join(', ');

const asTxt = (text: string): ZoneRecords => ({ TXT: [text] });

/** `name TXT-record` lines; `~~` and NXDOMAIN stand for what a resolver says in their place. */
function fakeDns(folder: string): Keys {
  const path = join(folder, 'FAKE_DNS.dat');
  const keys: Keys = {};
  if (!existsSync(path)) return keys;
  for (const line of readFileSync(path, 'latin1').split(/\r?\n/)) {
    const [, name = '', text = ''] = /^([^#\s]\S*)\s+(.*)$/.exec(line) ?? [];
    if (name === '' || text === 'NXDOMAIN') continue;
    if (text.startsWith('~~')) keys[name] = /time/i.test(text) ? 'TIMEOUT' : 'SERVFAIL';
    else keys[name] = asTxt(text === '""' ? '' : text);
  }
  return keys;
}

interface Expected {
  readonly result: 'pass' | 'fail' | 'invalid' | 'temperror' | 'none';
  readonly note: string;
  readonly legacyDomainKeys: boolean;
}

suite('dkim-mail-dkim', 'dkim-mail-dkim', function* (folder): Generator<Case> {
  const keys = fakeDns(folder);
  const table: Record<string, Expected> = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  for (const [name, { result, note, legacyDomainKeys }] of Object.entries(table)) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    yield {
      name,
      skip: legacyDomainKeys
        ? 'signed as DomainKeys (RFC 4870) or a draft without body hash'
        : result === 'invalid' && note.includes('g=')
          ? 'RFC 6376 §3.6.1 has no g= any more'
          : undefined,
      async check() {
        const verdicts = await verify(withCrlf(readFileSync(path, 'latin1')), keys, lenient);
        const statuses = new Set(verdicts.map(({ status }) => status));
        // Of several signatures the best one counts; "invalid" is permerror or temperror.
        const best = (['pass', 'fail', 'temperror', 'permerror', 'none'] as const).find((each) =>
          statuses.has(each),
        );
        const got = best === 'permerror' || best === 'temperror' ? 'invalid' : best;
        const wanted = result === 'temperror' ? 'invalid' : result;
        assert.equal(got, wanted, brief(verdicts));
        if (note.includes('dns error')) assert.equal(best, 'temperror');
      },
    };
  }
});

suite('dkim-stalwart', 'dkim-stalwart', function* (folder) {
  for (const name of filesOf(folder, '.txt')) {
    yield {
      name,
      async check() {
        const { keys, message } = keysAndMessage(join(folder, name));
        const verdicts = await verify(message, keys, { rsaBits: 512, sha1: true }, signedAt(message));
        assert.match(brief(verdicts), /^pass(, pass)*$/);
      },
    };
  }
});

/** Key records up to the first empty line, then the message. */
function keysAndMessage(path: string): { keys: Keys; message: Buffer } {
  const text = readFileSync(path, 'latin1').replace(/\r\n/g, '\n');
  const end = text.indexOf('\n\n');
  const keys: Keys = {};
  for (const line of text.slice(0, end).split('\n')) {
    const [, name = '', record = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    keys[name] = asTxt(record);
  }
  return { keys, message: withCrlf(text.slice(end + 2)) };
}

suite('dkim-mimekit', 'dkim-mimekit', function* (folder) {
  const published = keysOfNeighbours(folder);
  for (const name of filesOf(folder, '.msg')) {
    yield {
      name,
      async check() {
        const message = withCrlf(readFileSync(join(folder, name), 'latin1'));
        const pem = join(folder, name.replace(/\.msg$/, '.pub'));
        const keys = existsSync(pem) ? { ...published, ...keyFor(message, pem) } : published;
        const verdicts = await verify(message, keys);
        for (const { status, reason, bodyIntact } of verdicts) {
          // A message whose key nobody has shows only that its body is as it was signed.
          if (reason === 'no-key') assert.equal(bodyIntact, true);
          else assert.equal(status, 'pass', reason);
        }
      },
    };
  }
});

/** The keys of RFC 8463, which several suites share. */
function keysOfNeighbours(folder: string): Keys {
  const neighbour = resolve(folder, '../dkim-stalwart');
  if (!existsSync(neighbour)) return {};
  const all = filesOf(neighbour, '.txt').map((name) => keysAndMessage(join(neighbour, name)).keys);
  return Object.assign({}, ...all);
}

/** Publishes a PEM file under the name that the message's signature asks for. */
function keyFor(message: Buffer, pem: string): Keys {
  const field = /^DKIM-Signature:(?:.*\r\n[ \t])*.*$/im.exec(message.toString('latin1'))?.[0] ?? '';
  const tag = (name: string) => new RegExp(`[;\\s]${name}=([^;\\s]+)`).exec(field)?.[1] ?? '';
  const base64 = readFileSync(pem, 'latin1').replace(/-----[^-]*-----|\s/g, '');
  return { [`${tag('s')}._domainkey.${tag('d')}`]: asTxt(`v=DKIM1; k=rsa; p=${base64}`) };
}

suite('dkim-mailauth', 'dkim-mailauth', function* (folder) {
  const zone: Record<string, { TXT: string[][] }> = JSON.parse(
    readFileSync(join(folder, 'dns.json'), 'utf8'),
  );
  const keys = Object.fromEntries(
    Object.entries(zone).map(([name, { TXT }]) => [name, { TXT: TXT.map((strings) => strings.join('')) }]),
  );
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.eml'))) {
    yield {
      name,
      async check() {
        const verdicts = await verify(withCrlf(readFileSync(join(folder, name), 'latin1')), keys);
        assert.match(brief(verdicts), /^pass(, pass)*$/);
      },
    };
  }
});
