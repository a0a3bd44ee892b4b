import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LineEnds,
  type MboxEvent,
  type MboxFormat,
  MboxReader,
  MboxWriter,
  readEml,
  readMbox,
  writeEml,
  writeMbox,
} from 'mailwright/mime';

const octets = (text: string) => Buffer.from(text, 'latin1');

/** The messages of a file as `sender marker start end: text`, and the file pushed in these pieces. */
function read(pieces: readonly string[], format: MboxFormat = 'mboxrd'): string[] {
  const reader = new MboxReader({ format });
  const events: MboxEvent[] = pieces.flatMap((piece) => copied(reader.push(octets(piece))));
  events.push(...reader.end());
  const shown: string[] = [];
  let head = '';
  let text = '';
  for (const event of events) {
    if (event.kind === 'message') {
      head = `${event.sender} ${event.marker} ${event.start}`;
      text = '';
    } else if (event.kind === 'data') text += Buffer.from(event.octets).toString('latin1');
    else shown.push(`${head} ${event.end}: ${text}`);
  }
  return shown;
}

/** Views are good until the next push. */
function copied(events: readonly MboxEvent[]): MboxEvent[] {
  return events.map((each) => (each.kind === 'data' ? { ...each, octets: Buffer.from(each.octets) } : each));
}

const files: [rule: string, file: string, messages: string[], format?: MboxFormat][] = [
  [
    'two messages',
    'From a@x d\nS: 1\n\nb\n\nFrom b\nS: 2\n\n',
    ['a@x 0 11 19: S: 1\n\nb\n', 'b 20 27 32: S: 2\n'],
  ],
  ['CRLF', 'From a\r\nS: 1\r\n\r\nb\r\n\r\nFrom b\r\n', ['a 0 8 19: S: 1\r\n\r\nb\r\n', 'b 21 29 29: ']],
  ['no empty line before the next', 'From a\nb\nFrom c\nd', ['a 0 7 9: b\n', 'c 9 16 17: d']],
  [
    'empty lines that are the message’s own',
    'From a\n\n\nb\n\n\nFrom c\n',
    ['a 0 7 12: \n\nb\n\n', 'c 13 20 20: '],
  ],
  ['something before the first', 'junk\n\nFrom a\nb\n', ['a 6 13 15: b\n']],
  [
    'quoted lines (mboxrd)',
    'From a\n>From b\n>>From c\n>x\nxFrom d\n',
    ['a 0 7 35: From b\n>From c\n>x\nxFrom d\n'],
  ],
  ['quoted lines (mboxo)', 'From a\n>From b\n', ['a 0 7 15: >From b\n'], 'mboxo'],
  [
    'a counted body (mboxcl2)',
    'From a\nContent-Length: 10\n\nFrom b\nx\n\n\nFrom c\ny\n',
    ['a 0 7 37: Content-Length: 10\n\nFrom b\nx\n\n', 'c 38 45 47: y\n'],
    'mboxcl2',
  ],
  [
    'a count beyond the end',
    'From a\nContent-Length: 99\n\nFrom b\n',
    ['a 0 7 34: Content-Length: 99\n\nFrom b\n'],
    'mboxcl',
  ],
  [
    'no count',
    'From a\nContent-Length: x\n\nb\n\nFrom c\n',
    ['a 0 7 28: Content-Length: x\n\nb\n', 'c 29 36 36: '],
    'mboxcl',
  ],
  [
    'a line too long for a From line',
    `From a\nFrom ${'x'.repeat(1000)}\n`,
    [`a 0 7 1013: From ${'x'.repeat(1000)}\n`],
  ],
  ['nothing', '', []],
];

for (const [rule, file, messages, format] of files) {
  test(`mbox: ${rule}`, () => {
    assert.deepEqual(read([file], format), messages);
    assert.deepEqual(read([...file], format), messages, 'octet by octet');
    for (let cut = 1; cut < Math.min(file.length, 60); cut++) {
      assert.deepEqual(read([file.slice(0, cut), file.slice(cut)], format), messages, `cut at ${cut}`);
    }
  });
}

test('the From line tells sender and time (RFC 4155 Appendix A)', () => {
  const [event] = new MboxReader().push(octets('From a@x.example Fri Nov 21 09:55:06 1997\n'));
  assert.ok(event?.kind === 'message');
  assert.equal(event.sender, 'a@x.example');
  assert.equal(event.date?.time, 880106106000);
  const written = Buffer.from(new MboxWriter().begin({ sender: 'a b\r\nFrom c', date: 880106106000 }));
  assert.equal(String(written), 'From a?b?From?c Fri Nov 21 09:55:06 1997\n');
  assert.match(
    String(Buffer.from(new MboxWriter().begin({ sender: '', date: 0 }))),
    /^From MAILER-DAEMON Thu Jan {2}1 /,
  );
});

test('law: what is written is read back, however it is cut', async () => {
  const piece = fc.constantFrom('From ', '>From ', '>', 'Fro', 'm x', '\n', '\n\n', 'a', '\r\n');
  const text = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      async (texts, size) => {
        const cut = async function* (text: string) {
          for (let at = 0; at < text.length; at += size) yield octets(text.slice(at, at + size));
        };
        const file: Buffer[] = [];
        const messages = texts.map((each) => ({ sender: 'a@x', date: 0, octets: cut(each) }));
        for await (const chunk of writeMbox(messages)) file.push(Buffer.from(chunk));
        const found: string[] = [];
        for await (const message of readMbox(cut(Buffer.concat(file).toString('latin1')))) {
          found.push(Buffer.from(message.octets).toString('latin1'));
        }
        const lines = texts.map((each) => each.replace(/\r\n/g, '\n'));
        assert.deepEqual(
          found,
          lines.map((each) => (each === '' || each.endsWith('\n') ? each : `${each}\n`)),
        );
      },
    ),
  );
});

test('a message larger than the limit is cut, and said to be', async () => {
  const found: [number, boolean][] = [];
  const file = octets(`From a\n${'x\n'.repeat(50)}\nFrom b\ny\n`);
  for await (const message of readMbox([file], { messageBytes: 10 })) {
    found.push([message.octets.length, message.truncated]);
  }
  assert.deepEqual(found, [
    [10, true],
    [2, false],
  ]);
});

test('line ends, cut anywhere (RFC 5322 §2.2)', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\r', '\n', 'a', '\r\n', ''), { maxLength: 20 }), (pieces) => {
      for (const to of ['\r\n', '\n'] as const) {
        const converter = new LineEnds(to);
        const parts = pieces.map((piece) => converter.push(octets(piece)));
        const result = Buffer.concat([...parts, converter.end()]).toString('latin1');
        assert.equal(result, pieces.join('').replace(/\r?\n/g, to));
      }
    }),
  );
});

test('an .eml file, with what stands before its message', async () => {
  const cases: [file: string, message: string][] = [
    ['Subject: x\n\nb\n', 'Subject: x\r\n\r\nb\r\n'],
    ['\xef\xbb\xbfSubject: x\n', 'Subject: x\r\n'],
    ['From a@x Thu Jan  1 00:00:00 1970\r\nSubject: x\r\n', 'Subject: x\r\n'],
    ['From: a@x\n', 'From: a@x\r\n'],
    ['x', 'x'],
    ['', ''],
  ];
  for (const [file, message] of cases) {
    for (const pieces of [[file], [...file]]) {
      assert.equal(await gathered(readEml(pieces.map(octets))), message, JSON.stringify(file));
    }
  }
  assert.equal(await gathered(writeEml([octets('a\r\nb\n')], '\n')), 'a\nb\n');
  assert.equal(await gathered(writeEml([octets('a\r\nb\n')])), 'a\r\nb\r\n');
});

async function gathered(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of source) text += Buffer.from(chunk).toString('latin1');
  return text;
}
