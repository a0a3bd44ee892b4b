/**
 * smtp-james: dialogs with Apache James, of which the codes count.
 *
 *     C: line      S: expression for a whole line      SUB { S: ... } in any order
 *     SESSION: n   the connection that the next lines are about
 *     REINIT       connects anew
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auth, mx } from 'mailwright/smtp';
import { CodeComparison, Dialog, type Difference, type Household } from './smtp-dialog.ts';
import { type Case, filesOf, suite } from './suite.ts';

/** As James is set up: a domain with the user bob, passwords also in clear. */
const household: Household = {
  options: {
    ...mx,
    hostname: 'mydomain.tld',
    extensions: [...mx.extensions, auth({ mechanisms: ['PLAIN', 'LOGIN'], allowCleartext: true })],
    paths: { leadingSpace: 'accept', brackets: 'optional' },
    heloNames: { oddNames: 'accept' },
  },
  isLocal: (address) => address.endsWith('@mydomain.tld') || address.endsWith('@localhost'),
  isPassword: (user, password) => /^bob(?:@mydomain\.tld)?$/.test(user) && password === 'secret',
};

const differences: readonly Difference[] = [
  {
    about: /^STARTTLS$/,
    theirs: /^501$/,
    ours: /^503$/,
    why: 'STARTTLS within a transaction is out of order, 503: RFC 5321 §4.1.4',
  },
  {
    about: /^STARTTLS$/,
    theirs: /^5\d\d$/,
    ours: /^220$/,
    why: 'commands behind STARTTLS end the session: RFC 3207 §4.2',
  },
  {
    about: /^(MAIL|RCPT)$/,
    theirs: /^50[0-4]$/,
    ours: /^50[13]$/,
    why: 'bad arguments are 501, commands out of order 503: RFC 5321 §4.2.2, §4.1.4',
  },
  {
    about: /^RCPT$/,
    theirs: /^55\d$/,
    ours: /^55[03]$/,
    why: 'a recipient that is refused is 550 or 553: RFC 5321 §3.6.2',
  },
  {
    about: /^AUTH$/,
    theirs: /^(50[0-4]|53\d)$/,
    ours: /^50[134]$/,
    why: 'AUTH that can not be is 501, 503 or 504: RFC 4954 §4',
  },
];

suite('smtp-james', 'smtp-james', function* (folder) {
  const comparison = new CodeComparison(differences);
  for (const file of filesOf(folder, '.test')) {
    yield {
      name: file,
      check: () => play(readFileSync(join(folder, file), 'utf8'), comparison),
    } satisfies Case;
  }
  comparison.print();
});

type Line =
  | { readonly kind: 'say'; text: string; readonly at: number }
  | { readonly kind: 'hear'; readonly lines: string[]; readonly at: number }
  | { readonly kind: 'session'; readonly name: string }
  | { readonly kind: 'reinit' };

/** The lines of a script; what is heard in a row is one. */
function read(script: string): Line[] {
  const read: Line[] = [];
  let unordered: string[] | null = null;
  const hear = (lines: readonly string[], at: number) => {
    const before = read.at(-1);
    if (before?.kind === 'hear') before.lines.push(...lines);
    else read.push({ kind: 'hear', lines: [...lines], at });
  };
  const say = (text: string, at: number) => {
    const before = read.at(-1);
    // What is said behind STARTTLS without waiting goes out with it, in clear.
    if (before?.kind === 'say' && /^starttls/i.test(before.text)) before.text += `\r\n${text}`;
    else read.push({ kind: 'say', text, at });
  };
  for (const [index, raw] of script.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    const [, mark = '', rest = ''] = /^\s*(C|S|SESSION): ?(.*)$/.exec(line) ?? [];
    const at = index + 1;
    if (/^\s*SUB\s*\{/.test(line)) unordered = [];
    else if (/^\s*\}/.test(line) && unordered !== null) {
      hear(unordered.sort(lastLineLast), at);
      unordered = null;
    } else if (mark === 'C') say(rest, at);
    else if (mark === 'SESSION') read.push({ kind: 'session', name: rest.trim() });
    else if (/^\s*REINIT/.test(line)) read.push({ kind: 'reinit' });
    else if (mark === 'S' && unordered !== null) unordered.push(rest);
    else if (mark === 'S') hear([rest], at);
    else assert.match(line, /^\s*(?:#.*|LOG\b.*|WAIT\b.*|TIMER\b.*)?$/, `line ${at} is of no known form`);
  }
  return read;
}

/** Lines in any order are those of one reply, of which one has no hyphen. */
function lastLineLast(one: string, other: string): number {
  return Number(/^\d{3} /.test(one)) - Number(/^\d{3} /.test(other));
}

function play(script: string, comparison: CodeComparison): void {
  const dialogs = new Map<string, Dialog>();
  let session = '';
  const dialog = () => {
    const open = dialogs.get(session) ?? new Dialog(household, false);
    dialogs.set(session, open);
    return open;
  };
  let lastSaid = '';
  for (const line of read(script)) {
    switch (line.kind) {
      case 'session':
        session = line.name;
        break;
      case 'reinit':
        dialogs.clear();
        break;
      case 'say':
        lastSaid = line.text;
        dialog().send(`${line.text}\r\n`);
        break;
      case 'hear':
        hear(dialog(), line, lastSaid, comparison);
    }
  }
}

function hear(
  dialog: Dialog,
  { lines, at }: Extract<Line, { kind: 'hear' }>,
  said: string,
  comparison: CodeComparison,
): void {
  for (const expected of repliesIn(lines)) {
    let reply = dialog.read();
    // James takes AUTH without a greeting. We insist, so the script's client says one.
    if (reply?.code === 503 && dialog.about === 'AUTH' && !dialog.introduced && !expected.startsWith('5')) {
      comparison.note('AUTH before EHLO is 503: RFC 5321 §4.1.4');
      dialog.introduce();
      dialog.send(`${said}\r\n`);
      reply = dialog.read();
    }
    assert.ok(reply, `line ${at}: no reply came where ${expected} was expected`);
    const fits = comparison.matches(expected, reply.code, dialog.about);
    assert.ok(fits, `line ${at}: ${reply.code} ${reply.lines.join(' ')} came where ${expected} was expected`);
  }
}

/** The codes of the replies that these lines are: `250-` goes on, `250.*` does so where `250-` follows. */
function repliesIn(lines: readonly string[]): string[] {
  const codes: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [, code = '...', mark = ''] = /^\^?(\d\d[\d.])(.?)/.exec(line) ?? [];
    const next = lines[index + 1];
    const goesOn = mark === '-' || (mark !== ' ' && next !== undefined && next.startsWith(`${code}-`));
    if (!goesOn || next === undefined) codes.push(code);
  }
  return codes;
}
