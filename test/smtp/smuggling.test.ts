/**
 * SMTP smuggling, the receiving side: SEC Consult, "SMTP Smuggling - Spoofing E-Mails Worldwide"
 * (December 2023), CVE-2023-51764 (Postfix), CVE-2023-51765 (Sendmail), CVE-2023-51766 (Exim).
 *
 * A sender puts into a message what this server might take for the end of data and its own server
 * doesn't, and behind it a second message in somebody else's name. RFC 5321 §2.3.8 and §4.1.1.4: only
 * CRLF.CRLF is an end, and nothing else is a line end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrive } from './arrival.ts';
import { codesOf } from './replies.ts';

/** What servers have taken for a line end. */
const lineEnds = [
  '\r\n',
  '\n',
  '\r',
  '\n\r',
  '\r\r',
  '\r\r\n',
  '\n\n',
  '\0\n',
  '\r\0\n',
  '\r\n\0',
  '\0\r\n',
  '\x85',
  '\x0b',
  '\x0c',
  ' \r\n',
];

/** Every fake end: a dot between two of them that is not CRLF.CRLF. */
const fakeEnds = lineEnds
  .flatMap((before) => lineEnds.map((after) => `${before}.${after}`))
  .concat([
    '\r\n..\r\n',
    '\r\n. \r\n',
    '\r\n.\0\r\n',
    '\r\n\r.\r\n',
    '\r\n.\r.\r\n',
    '\r\n.\n.\n',
    '\r.\r.\r',
    '\n..\n',
  ])
  .filter((end) => !`lure${end}MAIL`.includes('\r\n.\r\n'));

const second =
  'MAIL FROM:<president@example.org>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nforged';

const opening = 'HELO relay.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n';

function* cutsOf(opened: string, rest: string): Generator<readonly Buffer[]> {
  const first = Buffer.from(opened, 'latin1');
  const octets = Buffer.from(rest, 'latin1');
  yield [Buffer.concat([first, octets])];
  yield [first, ...[...octets].map((octet) => Buffer.of(octet))];
  // Whatever matters stands around the fake end, so cuts beyond it are all alike.
  const last = rest.indexOf('MAIL FROM') + 2;
  for (let at = 0; at < last; at++) yield [first, octets.subarray(0, at), octets.subarray(at)];
}

for (const mode of ['reject', 'normalise'] as const) {
  for (const command of ['DATA', 'BDAT'] as const) {
    test(`${fakeEnds.length} fake ends of data by ${command}, ${mode}: one message or none, never a second MAIL`, () => {
      for (const fake of fakeEnds) {
        const content = `Subject: a\r\n\r\nlure${fake}${second}\r\n`;
        const bare = /\r(?!\n)|(?<!\r)\n/.test(content);
        const [head, wire] =
          command === 'DATA'
            ? ['DATA\r\n', `${content}.\r\nQUIT\r\n`]
            : [`BDAT ${content.length} LAST\r\n`, `${content}QUIT\r\n`];
        for (const pieces of cutsOf(opening + head, wire)) {
          const shown = `${JSON.stringify(fake)} in ${pieces.length} pieces`;
          const got = arrive(mode, pieces);
          const refused = mode === 'reject' && bare;
          assert.equal(got.mails, 1, `${shown}: a second MAIL`);
          assert.equal(got.messages, refused ? 0 : 1, shown);
          assert.equal(got.resets, refused ? 1 : 0, shown);
          const before = command === 'DATA' ? [220, 250, 250, 250, 354] : [220, 250, 250, 250];
          assert.deepEqual(codesOf(got.output), [...before, refused ? 550 : 250, 221], shown);
          if (refused) continue;
          assert.ok(got.content.includes('president@example.org'), `${shown}: content was lost`);
          assert.doesNotMatch(got.content, /\r(?!\n)|(?<!\r)\n/, shown);
          // Strict content is what came; dots at the beginning of lines are DATA's own.
          if (mode === 'reject' && command === 'BDAT') assert.equal(got.content, content, shown);
        }
      }
    });
  }
}

test('the real end is one, whatever stands before it, and what follows is a command', () => {
  for (const line of ['', 'text', '..', '.\t', '\0']) {
    const wire = `${opening}DATA\r\n${line}${line === '' ? '' : '\r\n'}.\r\nMAIL FROM:<c@example.org>\r\n`;
    for (const mode of ['reject', 'normalise'] as const) {
      const got = arrive(mode, [Buffer.from(wire, 'latin1')]);
      assert.deepEqual([got.mails, got.messages], [2, 1], JSON.stringify(line));
    }
  }
});

test('a lone CR or LF behind MAIL or RCPT hides no second command', () => {
  for (const lone of ['\r', '\n', '\n\r']) {
    const got = arrive('reject', [
      Buffer.from(`HELO x\r\nMAIL FROM:<a@example.org>${lone}RCPT TO:<b@example.net>\r\nNOOP\r\n`),
    ]);
    assert.equal(got.mails, 0);
    assert.deepEqual(codesOf(got.output), [220, 250, 521]);
  }
});
