import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from 'mailwright/machine';
import { type Recording, ReplayDivergence, record, replay } from 'mailwright/testing';
import { type ToyEvent, ToyMachine } from './toy-machine.ts';

/** Plays input to a recorded toy in chunks of `size` octets and gives the recording. */
function played(input: string, size = 1000, password?: string): Recording {
  const { machine, recording } = record(new ToyMachine());
  const pull = () => {
    for (let event: ToyEvent | null = machine.next(); event !== null; event = machine.next()) {
      if (event.type === 'add') machine.answer(event, '250 kept');
      if (event.type === 'auth') machine.answer(event, event.password.reveal() === password);
    }
    machine.takeOutput();
  };
  pull();
  const octets = Buffer.from(input);
  for (let at = 0; at < octets.length; at += size) {
    machine.receive(octets.subarray(at, at + size));
    pull();
  }
  machine.receiveEnd();
  pull();
  machine.expire();
  machine.tlsEstablished({ version: 'TLSv1.3' });
  return JSON.parse(JSON.stringify(recording()));
}

const session = 'ADD somebody\r\nTEXT\r\none\r\n.\r\nBODY\r\nNONSENSE \xff\0\r\nTLS\r\n';

test('a recording survives JSON and replays, whatever the chunks were', () => {
  for (const size of [1, 7, 1000]) replay(played(session, size), new ToyMachine());
});

test('a machine that behaves otherwise diverges, at the call where it did', () => {
  const recording = played('WHAT\r\n', 3);
  assert.throws(
    () => replay(recording, new ToyMachine('chunk-sensitive')),
    (error) => {
      assert.ok(error instanceof ReplayDivergence);
      assert.match(error.message, /^call \d+: takeOutput gave .*, recorded /);
      assert.equal(recording.calls[error.at]?.call, 'takeOutput');
      return true;
    },
  );
});

test('what a machine threw is recorded, and must be thrown again', () => {
  const { machine, recording } = record(new ToyMachine('throws'));
  assert.throws(() => machine.receive(Buffer.from('\0')), TypeError);
  assert.equal(recording().calls[0]?.threw, 'TypeError: an octet that nobody expected');
  replay(recording(), new ToyMachine('throws'));
  assert.throws(() => replay(recording(), new ToyMachine()), /receive threw nothing, recorded TypeError/);
});

const plain = (password: string) => `AUTH ${Buffer.from(`\0user\0${password}`).toString('base64')}\r\n`;

for (const size of [1, 5, 1000]) {
  test(`a secret is in no recording, in chunks of ${size}, and the recording replays`, () => {
    const secret = 'korrekt-pferd';
    const recording = played(`${plain(secret)}ADD ${secret}\r\nTEXT\r\n${secret}\r\n.\r\n`, size, secret);
    const text = JSON.stringify(recording);
    const octets = Buffer.concat(
      recording.calls.map(({ call, args }) =>
        Buffer.from(call === 'receive' ? (args[0] as { $octets: string }).$octets : '', 'base64'),
      ),
    ).toString();
    for (const form of [text, octets, Buffer.from(octets.slice(5), 'base64').toString()]) {
      assert.doesNotMatch(form, /korrekt|pferd/);
    }
    // The user's name beside it stays, and so do all lengths.
    assert.match(octets, new RegExp(`^${plain('x'.repeat(secret.length))}`.replaceAll('+', '\\+')));
    assert.match(text, /\{"\$secret":13\}/);
    replay(recording, new ToyMachine());
  });
}

/** Records a machine that receives `line` and then tells `secret`; gives the octets as recorded. */
function receivedBefore(line: string, secret: string): string {
  const { machine, recording } = record({
    receive(_chunk: Uint8Array) {},
    next: () => ({ type: 'auth', password: new Secret(secret) }),
  });
  machine.receive(Buffer.from(line));
  machine.next();
  const [first] = recording().calls;
  return Buffer.from((first?.args[0] as { $octets: string } | undefined)?.$octets ?? '', 'base64').toString();
}

test('a secret that the machine prepared by NFKC is blanked where it came (RFC 4013 §2.2)', () => {
  // U+FF50 is a full-width p.
  const line = `AUTH ${Buffer.from('\0user\0\uff50ferd').toString('base64')}`;
  const blanked = Buffer.from('\0xxxx\0xxxxxxx').toString('base64');
  assert.equal(receivedBefore(line, 'pferd'), `AUTH ${blanked}`);
});

test('a secret received in no known form blanks all letters before it', () => {
  assert.equal(receivedBefore('AUTH denrut\r\n', 'turned'), 'xxxx xxxxxx\r\n');
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const refused: readonly (readonly [line: string, recorded: string])[] = [
  [`AUTH PLAIN ${base64('\0user\0pass')}`, `AUTH PLAIN ${base64('\0user\0xxxx')}`],
  [`a1 authenticate plain ${base64('\0u\0pas')}`, `a1 authenticate plain ${base64('\0u\0xxx')}`],
  [`AUTHENTICATE "PLAIN" "${base64('\0u\0pas')}"`, `AUTHENTICATE "PLAIN" "${base64('\0u\0xxx')}"`],
  [
    `AUTH XOAUTH2 ${base64('user=u\x01auth=Bearer t0k\x01\x01')}`,
    `AUTH XOAUTH2 ${base64('user=u\x01auth=Bearer xxx\x01\x01')}`,
  ],
  [
    `AUTH OAUTHBEARER ${base64('n,,\x01auth=Bearer t0k')}`,
    `AUTH OAUTHBEARER ${base64('n,,\x01auth=Bearer xxx')}`,
  ],
  ['PASS two words', 'PASS xxxxxxxxx'],
  ['a2 LOGIN user "pass"', 'a2 LOGIN user "xxxx"'],
  [`AUTH SCRAM-SHA-256 ${base64('n,,n=user,r=abc')}`, `AUTH SCRAM-SHA-256 ${base64('n,,n=user,r=abc')}`],
  ['RCPT TO:<pass@example.org>', 'RCPT TO:<pass@example.org>'],
];

test('credentials of lines that a machine refused unread are overwritten too', () => {
  for (const [line, recorded] of refused) {
    assert.equal(receivedBefore(`NOOP\r\n${line}\r\nNOOP\r\n`, ''), `NOOP\r\n${recorded}\r\nNOOP\r\n`);
  }
});

test('a secret that events hand out in pieces is masked across them, as it was received', () => {
  const open = () => {
    const pieces: Uint8Array[] = [];
    let told = false;
    return {
      receive(chunk: Uint8Array) {
        pieces.push(...Array.from(chunk, (_, at) => chunk.subarray(at, at + 1)));
      },
      next() {
        const octets = pieces.shift();
        if (octets !== undefined) return { type: 'piece', octets };
        told = !told;
        return told ? { type: 'auth', password: new Secret('geheim') } : null;
      },
    };
  };
  const { machine, recording } = record(open());
  machine.receive(Buffer.from('it is geh'));
  machine.receive(Buffer.from('eim.'));
  while (machine.next() !== null);
  const pieces = recording().calls.map(({ result }) => Reflect.get(Object(result), 'octets'));
  const text = pieces.map((piece) => Buffer.from(piece?.$octets ?? '', 'base64').toString()).join('');
  assert.equal(text, 'it is xxxxxx.');
  const replayed = open();
  // The replay is told nothing but what was masked: its secret is of the same length.
  replay(recording(), replayed);
});

test('values that JSON lacks come back', () => {
  const seen: unknown[] = [];
  const odd = () => ({ take: (...args: unknown[]) => void seen.push(args) });
  const { machine, recording } = record(odd());
  const values = [
    Buffer.from([0, 255]),
    5n,
    Number.POSITIVE_INFINITY,
    { $octets: 'mine' },
    [1, [null, undefined]],
    undefined,
    'text',
  ];
  machine.take(...values);
  replay(JSON.parse(JSON.stringify(recording())), odd());
  assert.deepEqual(seen[1], values);
});

test('a file of another format is refused', () => {
  const other = { format: 'something else', calls: [] };
  assert.throws(() => replay(other as unknown as Recording, new ToyMachine()), /not a recording/);
});
