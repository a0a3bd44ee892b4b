import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTranscripts, TranscriptFailure, type TranscriptSubject } from 'mailwright/testing';
import { type ToyDefect, type ToyEvent, ToyMachine } from './toy-machine.ts';

function toy(defect?: ToyDefect): () => TranscriptSubject<ToyEvent> {
  return () => {
    const machine = new ToyMachine(defect);
    const texts: string[] = [];
    let open: Extract<ToyEvent, { type: 'add' }> | undefined;
    return {
      machine,
      nameOf: (event) => event.type,
      decide(event, decision) {
        if (event.type === 'text') texts.push(event.octets);
        else if (event.type === 'auth') machine.answer(event, event.password.reveal() === 'sesame');
        else if (decision === 'later') open = event;
        else machine.answer(event, decision ?? '250 added');
      },
      act(name, text) {
        assert.equal(name, 'answer');
        if (open) machine.answer(open, text);
      },
      outcome: () => texts,
    };
  };
}

/** The failure that running `text` ends with. */
async function failureOf(text: string, defect?: ToyDefect): Promise<TranscriptFailure> {
  try {
    await runTranscripts(text, toy(defect));
  } catch (failure) {
    assert.ok(failure instanceof TranscriptFailure, String(failure));
    return failure;
  }
  return assert.fail('the transcript passed');
}

test('a transcript runs whole, octet by octet and cut in two at every offset', async () => {
  const report = await runTranscripts(
    `
    # One line of 6 octets and its CRLF: whole, octet by octet, and 7 cuts.
    S: 220 toy
    C: ADD me
    S: 250 added
    `,
    toy(),
  );
  assert.deepEqual(report, { transcripts: 1, replays: 9 });
});

test('decisions answer the next event of their name, the host decides the others', async () => {
  await runTranscripts(
    `
    S: 220 toy
    C: ADD first
    C: ADD second
    ! add 550 not this one
    S: 550 not this one
    S: 250 added
    `,
    toy(),
  );
});

test('an event may stay open until a deed answers it, while input waits', async () => {
  await runTranscripts(
    `
    S: 220 toy
    C: ADD slow
    C: NONSENSE
    ! add later
    @ answer 250 at last
    S: 250 at last
    S* 500
    `,
    toy(),
  );
});

test('escapes, bodies, TLS, the end of the peer and of patience', async () => {
  const report = await runTranscripts(
    String.raw`
    == bodies and exact octets
    S> 220\x20toy\r\n
    C> BODY\r\nTLS\r
    C> \n
    S: body
    S: 220 go ahead
    @ tls
    S: 250 now TLSv1.3
    @ end
    S: 221 gone

    == time
    S: 220 toy
    C: TEXT
    C: Grüße
    C: .
    S: 354 go on
    S: 250 read
    @ expire
    S: 421 too slow
    `,
    toy(),
  );
  assert.equal(report.transcripts, 2);
});

test('a machine whose output depends on the cut fails', async () => {
  const failure = await failureOf('S: 220 toy\nC: WHAT\nS: 500 what\n', 'chunk-sensitive');
  assert.match(failure.message, /^line 3: octet by octet: expected "500 what\\r\\n", came "500 incomplete/);
});

test('a prefix does not hide output that differs between cuts', async () => {
  const text = 'S: 220 toy\nC: WHAT\nS* 500\nS* 500\nS* 500\nS* 500\nS* 500\nS* 500\n';
  assert.match((await failureOf(text, 'chunk-sensitive')).message, /expected/);
});

test('an outcome that depends on the cut fails', async () => {
  let replays = 0;
  const subject = () => ({ ...toy()(), machine: new ToyMachine(), outcome: () => replays++ > 3 });
  await assert.rejects(
    runTranscripts('S: 220 toy\nC: WHAT\nS: 500 what\n', subject),
    /the outcome differs from that of the whole input/,
  );
});

const wrong: readonly (readonly [name: string, text: string, line: number, message: RegExp])[] = [
  [
    'another reply',
    'S: 220 toy\nC: ADD x\nS: 251 added',
    3,
    /whole: expected "251 added\\r\\n", came "250 added\\r\\n"/,
  ],
  ['a missing reply', 'S: 220 toy\nC: ADD x\nS: 250 added\nS: 250 more', 4, /came nothing/],
  ['a reply too many', 'S: 220 toy\nC: ADD x', 2, /nothing more was expected, came "250 added\\r\\n"/],
  ['no greeting expected', 'C: ADD x\nS: 250 added', 2, /came "220 toy\\r\\n"/],
  [
    'an unused decision',
    'S: 220 toy\nC: WHAT\n! add 250\nS: 500 what',
    3,
    /no event asked for the decision "add"/,
  ],
  ['a line of no form', 'S: 220 toy\nX: hello', 2, /neither C:/],
  ['an unknown escape', 'S> 220\\q', 1, /unknown escape: \\q/],
  ['a prefix as input', 'C* WH', 1, /must be exact/],
  ['no transcript', '# nothing', 1, /holds no transcript/],
];

for (const [name, text, line, message] of wrong) {
  test(`fails on ${name}, naming the line`, async () => {
    const failure = await failureOf(text);
    assert.equal(failure.line, line);
    assert.match(failure.message, message);
  });
}

test('the machine may play the client', async () => {
  // The toy speaks first, like a client would after the greeting that it was promised.
  await runTranscripts('C: 220 toy\nS: WHAT\nC: 500 what\n', toy(), 'client');
});
