/** Any sequence of commands against a model of RFC 5321 §4.1.4 that fits on a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunking } from 'mailwright/smtp';
import { codesOf } from './replies.ts';
import { ScriptedHost } from './scripted-host.ts';

/** What matters of a session: who it is, and how far its transaction has come. */
interface Model {
  greeted: boolean;
  sender: boolean;
  recipients: number;
  chunks: boolean;
  closed: boolean;
  messages: number;
}

/** A step: what is sent, and the codes that a server in the model's state answers. */
type Step = readonly [wire: string, expected: (model: Model) => readonly number[]];

function forget(model: Model): void {
  Object.assign(model, { sender: false, recipients: 0, chunks: false });
}

function end(model: Model): number {
  model.messages += 1;
  forget(model);
  return 250;
}

const steps: readonly Step[] = [
  ['NOOP\r\n', () => [250]],
  ['XYZZY\r\n', () => [500]],
  ['HELO\r\n', () => [501]],
  [
    'HELO client.example\r\n',
    (model) => {
      forget(model);
      model.greeted = true;
      return [250];
    },
  ],
  [
    'RSET\r\n',
    (model) => {
      forget(model);
      return [250];
    },
  ],
  [
    'MAIL FROM:<a@example.org>\r\n',
    (model) => {
      if (!model.greeted || model.sender) return [503];
      model.sender = true;
      return [250];
    },
  ],
  ['MAIL FROM:<a@>\r\n', ({ greeted, sender }) => [greeted && !sender ? 501 : 503]],
  [
    'RCPT TO:<b@example.net>\r\n',
    (model) => {
      if (!model.sender || model.chunks) return [503];
      model.recipients += 1;
      return [250];
    },
  ],
  ['RCPT TO:<>\r\n', ({ sender, chunks }) => [sender && !chunks ? 501 : 503]],
  ['DATA now\r\n', ({ sender, chunks }) => [sender && !chunks ? 501 : 503]],
  [
    'DATA\r\n',
    (model) => {
      if (model.recipients === 0 || model.chunks) return [503];
      return [354];
    },
  ],
  [
    'BDAT 3\r\nabc',
    (model) => {
      if (model.recipients === 0) return [503];
      model.chunks = true;
      return [250];
    },
  ],
  ['BDAT 2 LAST\r\n\r\n', (model) => [model.recipients === 0 ? 503 : end(model)]],
  [
    'QUIT\r\n',
    (model) => {
      model.closed = true;
      return [221];
    },
  ],
];

test('every sequence of commands is answered as the model says, one at a time or all at once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 30 }), (sequence) => {
      const model = {
        greeted: false,
        sender: false,
        recipients: 0,
        chunks: false,
        closed: false,
        messages: 0,
      };
      const limits = { errors: 100 };
      const host = new ScriptedHost({ hostname: 'mx.example.org', extensions: [chunking()], limits });
      const expected = [220];
      let said = host.converse('');
      let wire = '';
      for (const [sent, codes] of sequence) {
        if (model.closed) break;
        const answer = codes(model);
        expected.push(...answer);
        // Where content was asked for, it is sent.
        const content = answer[0] === 354 ? 'x\r\n.\r\n' : '';
        if (content !== '') expected.push(end(model));
        said += host.converse(sent + content);
        wire += sent + content;
      }
      assert.deepEqual(codesOf(Buffer.from(said)), expected);
      assert.equal(host.messages.length, model.messages);
      const again = new ScriptedHost({ hostname: 'mx.example.org', extensions: [chunking()], limits });
      assert.equal(again.converse(wire), said);
      assert.deepEqual(again.outcome(), host.outcome());
    }),
    { numRuns: 1000 },
  );
});
