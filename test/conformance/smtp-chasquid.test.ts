/**
 * smtp-chasquid: dialogs with chasquid's server, of which the codes count.
 *
 *     NAME tcp_connect HOST:PORT      NAME tls_connect HOST:PORT      NAME close
 *     NAME -> line                    NAME ~> Python expression of the octets
 *     NAME <- line                    NAME <~ expression for its beginning
 *     NAME <... line                  skips until that line
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auth, mx, type SmtpServerOptions } from 'mailwright/smtp';
import { evaluateText } from './python-text.ts';
import { CodeComparison, Dialog, type Difference, type Household } from './smtp-dialog.ts';
import { type Case, filesOf, suite } from './suite.ts';

/** As chasquid is set up for its dialogs: 1 MiB a message, three errors a session, AUTH within TLS. */
const options: SmtpServerOptions = {
  ...mx,
  hostname: 'testserver',
  extensions: [...mx.extensions, auth({ mechanisms: ['PLAIN', 'LOGIN'] })],
  limits: { message: 1024 * 1024, errors: 3, recipients: 100 },
  paths: { brackets: 'optional', leadingSpace: 'accept' },
};
const household = (submission: boolean): Household => ({
  options: submission ? { ...options, requireAuth: true } : options,
  isLocal: (address) => address === 'user@testserver' || address === 'postmaster@testserver',
  isPassword: (user, password) => user === 'user@testserver' && password === 'secretpassword',
});
const reception = household(false);
const submission = household(true);

const differences: readonly Difference[] = [
  {
    about: /^AUTH$/,
    theirs: /^534$/,
    ours: /^504$/,
    why: 'AUTH with an unknown mechanism is 504: RFC 4954 §4',
  },
  {
    about: /^AUTH$/,
    theirs: /^(50[234]|523|53[04])$/,
    ours: /^538$/,
    why: 'AUTH that needs TLS is 538: RFC 4954 §6',
  },
  {
    about: /^(MAIL|RCPT)$/,
    theirs: /^500$/,
    ours: /^501$/,
    why: 'a known command with bad arguments is 501: RFC 5321 §4.2.2',
  },
  {
    about: /^(HELO|EHLO)$/,
    theirs: /^554$/,
    ours: /^50[01]$/,
    why: 'a line or name that is too long is 500 or 501: RFC 5321 §4.5.3.1.9, §4.2.2',
  },
  {
    about: /^MAIL$/,
    theirs: /^(50[12]|55[034])$/,
    ours: /^550$/,
    why: 'MAIL with a non-ASCII address and no SMTPUTF8 is 550: RFC 6531 §3.5',
  },
  {
    about: /^RCPT$/,
    theirs: /^(50[12]|55[0134])$/,
    ours: /^553$/,
    why: 'RCPT with a non-ASCII address and no SMTPUTF8 is 553: RFC 6531 §3.5',
  },
  {
    about: /^(MAIL|RCPT)$/,
    theirs: /^55[0134]$/,
    ours: /^501$/,
    why: 'an address that breaks the grammar is 501: RFC 5321 §4.1.2, §4.3.2',
  },
  {
    about: /^RCPT$/,
    theirs: /^(50[34]|55[134])$/,
    ours: /^550$/,
    why: 'a recipient that is refused is 550: RFC 5321 §3.6.2',
  },
  { about: /^MAIL$/, theirs: /^550$/, ours: /^530$/, why: 'MAIL that needs AUTH is 530: RFC 4954 §6' },
  {
    about: /^content$/,
    theirs: /^(521|554)$/,
    ours: /^55[02]$/,
    why: 'bad content is refused at its true end, and the session goes on: RFC 5321 §4.2.5',
  },
  {
    about: /^(MAIL|RCPT|DATA|BDAT)$/,
    theirs: /^50[1-4]$/,
    ours: /^503$/,
    why: 'a command out of order is 503: RFC 5321 §4.1.4',
  },
  {
    about: /^(VRFY|EXPN|HELP)$/,
    theirs: /^(214|25[02]|502)$/,
    ours: /^(214|25[02]|502)$/,
    why: 'VRFY, EXPN and HELP are as the host has them: RFC 5321 §3.5.3',
  },
];

suite('smtp-chasquid', 'smtp-chasquid', function* (folder) {
  const comparison = new CodeComparison(differences);
  for (const file of filesOf(folder, '.cmy')) {
    yield dialogCase(file, readFileSync(join(folder, file), 'utf8'), comparison);
  }
  comparison.print();
});

function dialogCase(name: string, script: string, comparison: CodeComparison): Case {
  return {
    name,
    check() {
      const dialogs = new Map<string, Dialog>();
      for (const [index, line] of script.split('\n').entries()) {
        if (line.trim() === '' || line.startsWith('#')) continue;
        const [, who = '', what = '', rest = ''] =
          /^(\S+)\s(\S+)(?:\s(.*))?$/.exec(line.replace(/\r$/, '')) ?? [];
        try {
          act(dialogs, who, what, rest, comparison);
        } catch (error) {
          throw new Error(`line ${index + 1}, ${line.slice(0, 80)}: ${(error as Error).message}`);
        }
      }
    },
  };
}

function act(
  dialogs: Map<string, Dialog>,
  who: string,
  what: string,
  rest: string,
  comparison: CodeComparison,
): void {
  if (what === 'tcp_connect' || what === 'tls_connect') {
    const isSubmission = /:\d*(?:465|587)$/.test(rest);
    dialogs.set(who, new Dialog(isSubmission ? submission : reception, what === 'tls_connect'));
    return;
  }
  const dialog = dialogs.get(who);
  assert.ok(dialog, `${who} is not connected`);
  switch (what) {
    case '->':
      dialog.send(`${rest}\r\n`);
      break;
    case '~>':
      dialog.send(evaluateText(rest));
      break;
    case '<-':
    case '<~':
      expectCode(dialog, rest, comparison);
      break;
    case '<...':
      skipTo(dialog, rest);
      break;
    case 'close':
      dialogs.delete(who);
      break;
    default:
      throw new Error(`no such action: ${what}`);
  }
}

/** The part of an expected line, or of an expression for one, that stands for its code. */
function codeOf(expected: string): string {
  return /^[^ ]*/.exec(expected.replace(/^\^/, ''))?.[0].replace(/-.*$/, '') ?? '';
}

function expectCode(dialog: Dialog, expected: string, comparison: CodeComparison): void {
  const pattern = codeOf(expected);
  // Each line of a reply may be expected by itself, and chasquid's have other numbers of lines.
  if (dialog.waiting === 0 && dialog.last !== null && dialog.last.lines.length > 1) {
    assert.match(String(dialog.last.code), new RegExp(`^(?:${pattern})$`));
    return;
  }
  const reply = dialog.read();
  assert.ok(reply, 'no reply came');
  assert.ok(
    comparison.matches(pattern, reply.code, dialog.about),
    `${reply.code} ${reply.enhanced} ${reply.lines.at(-1)} came`,
  );
}

function skipTo(dialog: Dialog, expected: string): void {
  const pattern = new RegExp(`^(?:${codeOf(expected)})$`);
  if (dialog.waiting === 0 && dialog.last !== null && pattern.test(String(dialog.last.code))) return;
  for (let reply = dialog.read(); reply !== null; reply = dialog.read()) {
    if (pattern.test(String(reply.code))) return;
  }
  throw new Error('no such reply came');
}
