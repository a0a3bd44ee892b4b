import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  baseSubject,
  HeaderFields,
  orderedSubject,
  type Thread,
  ThreadIndex,
  type ThreadMessage,
  threadByReferences,
  threadMessage,
  walkThreads,
} from 'mailwright/mime';

test('the base subject (RFC 5256 §2.1)', () => {
  const cases: [subject: string, base: string, isReply: boolean][] = [
    ['Roses', 'Roses', false],
    ['Re: Roses', 'Roses', true],
    ['re : rE[2]:fwd: Roses', 'Roses', true],
    ['FW: Roses', 'Roses', true],
    ['[garden] Roses', 'Roses', false],
    ['[garden] Re: [all] Roses', 'Roses', true],
    ['[a] [b] [c]', '[c]', false],
    ['[garden]', '[garden]', false],
    ['Roses (fwd) (FWD)', 'Roses', true],
    ['[fwd: [fwd: Re: Roses (fwd)]]', 'Roses', true],
    ['[fwd: Roses', '[fwd: Roses', false],
    ['Re[garden]: Roses', 'Roses', true],
    ['Regarding: Roses', 'Regarding: Roses', false],
    ['  Ro\t\r\n  ses  ', 'Ro ses', false],
    ['=?utf-8?Q?Re:_R=C3=B6schen?=', 'Röschen', true],
    ['Re:', '', true],
    ['', '', false],
    ['[fwd:]', '', true],
    ['[[a] b', '[[a] b', false],
    ['\u0130 Re: x (fwd)', '\u0130 Re: x', true], // lower case is longer there
  ];
  for (const [subject, base, isReply] of cases)
    assert.deepEqual(baseSubject(subject), { base, isReply }, subject);
});

test('a header tells its place (RFC 5256 §3 (1))', () => {
  const facts = (text: string) => threadMessage(1, HeaderFields.scan(Buffer.from(`${text}\r\n\r\n`)), 5);
  assert.deepEqual(
    facts('Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nIn-Reply-To: <z@x>\r\nSubject: Re: x'),
    {
      key: 1,
      messageId: 'c@x',
      references: ['a@x', 'b@x'],
      base: 'x',
      isReply: true,
      date: 5,
    },
  );
  assert.deepEqual(facts('In-Reply-To: Yours <a@x> <b@x>\r\nDate: 1 Jan 1970 00:00:01 +0000').references, [
    'a@x',
  ]);
  const many = facts(
    `References: ${Array.from({ length: 500 }, (_, i) => `<${i}@x>`).join('\r\n ')}`,
  ).references;
  assert.equal(many.length, 100);
  assert.deepEqual([many[0], many[1], many.at(-1)], ['0@x', '401@x', '499@x']);
});

/** A message by its key, identifier, ancestors, subject and date. */
function message(
  key: number,
  id: string | null,
  references = '',
  subject = '',
  date = key,
): ThreadMessage<number> {
  return {
    key,
    messageId: id,
    references: references.split(' ').filter(Boolean),
    ...baseSubject(subject),
    date,
  };
}

/** As IMAP shows it (RFC 5256 §4). */
function shown(threads: readonly Thread<number>[]): string {
  return threads.map((thread) => `(${inner(thread)})`).join('');
}

function inner({ message, children }: Thread<number>): string {
  const own = message === null ? '' : String(message.key);
  if (children.length === 0) return own;
  const [only] = children;
  const rest = children.length === 1 && own !== '' && only !== undefined ? inner(only) : shown(children);
  return own === '' ? rest : `${own} ${rest}`;
}

describe('THREAD=REFERENCES (RFC 5256 §3)', () => {
  const cases: [rule: string, messages: ThreadMessage<number>[], expected: string][] = [
    ['a chain', [message(1, 'a'), message(2, 'b', 'a'), message(3, 'c', 'a b')], '(1 2 3)'],
    [
      'a chain that comes backwards',
      [message(3, 'c', 'a b'), message(2, 'b', 'a'), message(1, 'a')],
      '(1 2 3)',
    ],
    ['two answers', [message(1, 'a'), message(2, 'b', 'a'), message(3, 'c', 'a')], '(1 (2)(3))'],
    ['one identifier twice: the second has none', [message(1, 'a'), message(2, 'a')], '(1)(2)'],
    ['a missing parent of two', [message(1, 'b', 'a'), message(2, 'c', 'a')], '((1)(2))'],
    ['a missing parent of one', [message(1, 'b', 'a')], '(1)'],
    ['a missing message in between', [message(1, 'a'), message(3, 'c', 'a b')], '(1 3)'],
    ['a message that answers itself', [message(1, 'a', 'a')], '(1)'],
    ['two that answer one another', [message(1, 'a', 'b'), message(2, 'b', 'a')], '(2 1)'],
    ['a longer loop', [message(1, 'a', 'c'), message(2, 'b', 'a'), message(3, 'c', 'b')], '(3 1 2)'],
    [
      'the message itself knows better',
      [message(1, 'a'), message(2, 'b'), message(3, 'd', 'b c'), message(4, 'c', 'a')],
      '(1 4 3)(2)',
    ],
    [
      'siblings by date',
      [message(1, 'a', '', '', 9), message(2, 'b', 'a', '', 3), message(3, 'c', 'a', '', 2)],
      '(1 (3)(2))',
    ],
    [
      'equal dates in the order of messages',
      [message(2, 'b', '', '', 1), message(1, 'a', '', '', 1)],
      '(2)(1)',
    ],
    ['a reply by its subject (5)(C)', [message(1, 'a', '', 'x'), message(2, 'b', '', 'Re: x')], '(1 2)'],
    ['a reply that came first', [message(1, 'b', '', 'Re: x'), message(2, 'a', '', 'x')], '(2 1)'],
    ['two of one subject, neither a reply', [message(1, 'a', '', 'x'), message(2, 'b', '', 'X')], '((1)(2))'],
    [
      'three of one subject',
      [message(1, 'a', '', 'x'), message(2, 'b', '', 'x'), message(3, 'c', '', 'Re: x')],
      '((1)(2)(3))',
    ],
    ['no subject is no common one', [message(1, 'a'), message(2, 'b')], '(1)(2)'],
    [
      'a subject and a missing parent',
      [message(1, 'b', 'a', 'x'), message(2, 'c', 'a', 'y'), message(3, 'd', '', 'Re: x')],
      '((1)(2)(3))',
    ],
  ];
  for (const [rule, messages, expected] of cases) {
    test(rule, () => assert.equal(shown(threadByReferences(messages)), expected));
  }
});

test('THREAD=ORDEREDSUBJECT (RFC 5256 §3)', () => {
  const messages = [
    message(1, null, '', 'x', 5),
    message(2, null, '', 'y', 1),
    message(3, null, '', 'Re: X', 4),
    message(4, null, '', 'y', 2),
    message(5, null, '', 'y', 3),
  ];
  assert.equal(shown(orderedSubject(messages)), '(2 (4)(5))(3 1)');
});

test('messages come and go, and what others need stays', () => {
  const index = new ThreadIndex<number>();
  for (const each of [message(1, 'a'), message(2, 'b', 'a'), message(3, 'c', 'a b')]) index.add(each);
  assert.equal(index.remove(2), true);
  assert.equal(shown(index.threads()), '(1 3)');
  assert.equal(index.remove(2), false);
  index.add(message(4, 'b', 'a'));
  assert.equal(shown(index.threads()), '(1 4 3)');
  index.add(message(4, 'z')); // in place of what had this key
  assert.equal(shown(index.threads()), '(1 3)(4)');
  for (const key of [1, 3, 4]) index.remove(key);
  assert.equal(index.size, 0);
  assert.deepEqual(index.threads(), []);
});

const arbitrary = fc.record({
  key: fc.integer({ min: 1, max: 12 }),
  messageId: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')),
  references: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 4 }),
  base: fc.constantFrom('', 'x', 'y'),
  isReply: fc.boolean(),
  date: fc.integer({ min: 0, max: 3 }),
});

test('law: whatever they claim, each message is in the threads once, and no loop is made', () => {
  fc.assert(
    fc.property(
      fc.array(arbitrary, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 12 })),
      (added, removed) => {
        const index = new ThreadIndex<number>();
        const keys = new Set<number>();
        for (const each of added) {
          index.add(each);
          keys.add(each.key);
        }
        for (const key of removed) assert.equal(index.remove(key), keys.delete(key));
        const found: number[] = [];
        for (const { thread } of walkThreads(index.threads())) {
          if (thread.message !== null) found.push(thread.message.key);
          else assert.ok(thread.children.length > 1);
        }
        assert.deepEqual(
          found.sort((a, b) => a - b),
          [...keys].sort((a, b) => a - b),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('a conversation as deep as one likes neither recurs nor grows without bound', () => {
  const index = new ThreadIndex<number>();
  for (let i = 20_000; i > 0; i--) index.add(message(i, `${i}`, `${i - 1}`));
  let deepest = 0;
  let count = 0;
  for (const { thread, depth } of walkThreads(index.threads())) {
    if (thread.message !== null) count++;
    deepest = Math.max(deepest, depth);
  }
  assert.equal(count, 20_000);
  assert.ok(deepest > 1000);
});
