import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Addition,
  addToTexts,
  editHeader,
  type HeaderEdit,
  joinPieces,
  parseMessage,
  type Splice,
  scanMime,
  spliceMessage,
} from 'mailwright/mime';
import { message } from './outline.ts';

function apply(octets: Buffer, splices: Iterable<Splice>): string {
  const changed = spliceMessage(octets, splices);
  const joined = joinPieces(changed.pieces);
  assert.equal(joined.length, changed.size);
  const undone = joinPieces(spliceMessage(joined, changed.undo).pieces);
  assert.equal(Buffer.from(undone).toString('latin1'), octets.toString('latin1'), 'undo');
  return Buffer.from(joined).toString('latin1');
}

const subject = (text: string) => ({ name: 'Subject', value: { text } }) as const;

describe('fields of a header', () => {
  const head = message('Received: one', 'Subject: a', '\tfolded', 'X: 1', 'subject: b', '', 'Hello');
  const cases: [name: string, edits: HeaderEdit[], result: string][] = [
    [
      'added at the top in order, ready-made or written',
      [
        { kind: 'add', field: Buffer.from('DKIM-Signature: v=1\r\n') },
        { kind: 'add', field: { name: 'X-Spam', value: { token: 'no' } }, at: 'top' },
      ],
      'DKIM-Signature: v=1\r\nX-Spam: no\r\nReceived: one\r\nSubject: a\r\n\tfolded\r\nX: 1\r\nsubject: b\r\n\r\nHello',
    ],
    [
      'added at the bottom',
      [{ kind: 'add', field: subject('c'), at: 'bottom' }],
      'Received: one\r\nSubject: a\r\n\tfolded\r\nX: 1\r\nsubject: b\r\nSubject: c\r\n\r\nHello',
    ],
    [
      'replaced: the first of the name, the others go',
      [{ kind: 'replace', name: 'SUBJECT', field: subject('c') }],
      'Received: one\r\nSubject: c\r\nX: 1\r\n\r\nHello',
    ],
    [
      'replaced where there is none',
      [{ kind: 'replace', name: 'X-New', field: { name: 'X-New', value: { text: 'y' } } }],
      'Received: one\r\nSubject: a\r\n\tfolded\r\nX: 1\r\nsubject: b\r\nX-New: y\r\n\r\nHello',
    ],
    ['removed', [{ kind: 'remove', name: 'subject' }], 'Received: one\r\nX: 1\r\n\r\nHello'],
    [
      'removed by choice',
      [{ kind: 'remove', name: 'subject', which: (field) => field.value === 'b' }],
      'Received: one\r\nSubject: a\r\n\tfolded\r\nX: 1\r\n\r\nHello',
    ],
  ];
  for (const [name, edits, result] of cases) {
    test(name, () => assert.equal(apply(head, editHeader(head, edits)), result));
  }

  test('line ends are those of the section', () => {
    const octets = Buffer.from('A: 1\n\nHello\n');
    assert.equal(
      apply(octets, editHeader(octets, [{ kind: 'add', field: subject('x') }])),
      'Subject: x\nA: 1\n\nHello\n',
    );
  });

  test('a section that ends without line end gets one', () => {
    const octets = Buffer.from('A: 1');
    const edits: HeaderEdit[] = [{ kind: 'add', field: subject('x'), at: 'bottom' }];
    assert.equal(apply(octets, editHeader(octets, edits)), 'A: 1\r\nSubject: x\r\n');
  });

  test('what a host passes on cannot begin a field of its own', () => {
    const octets = message('A: 1', '', '');
    const edits: HeaderEdit[] = [{ kind: 'add', field: subject('x\r\nBcc: everybody@example.com') }];
    assert.equal(
      scanMime(Buffer.from(apply(octets, editHeader(octets, edits)), 'latin1')).root.header.length,
      2,
    );
  });

  test('law: edits, then their undoing, give the octets back', () => {
    const name = fc.constantFrom('A', 'b', 'Subject', 'X-New');
    const edit = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        field: fc.constant(subject('x')),
        at: fc.constantFrom('top' as const, 'bottom' as const),
      }),
      fc.record({ kind: fc.constant('replace' as const), name, field: fc.constant(subject('y')) }),
      fc.record({ kind: fc.constant('remove' as const), name }),
    );
    const lines = fc.array(fc.constantFrom('A: 1', 'B: 2', ' folded', 'subject: z', 'no colon', '', 'text'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(lines, fc.array(edit, { maxLength: 5 }), (text, edits) => {
        const octets = message(...text);
        apply(octets, editHeader(octets, edits));
      }),
    );
  });
});

test('splices that overlap, or are out of the message, are a fault of the host', () => {
  const splice = (start: number, end: number) => ({ start, end, octets: new Uint8Array(0) });
  for (const splices of [[splice(0, 3), splice(2, 4)], [splice(3, 2)], [splice(0, 6)]]) {
    assert.throws(() => spliceMessage(Buffer.from('Hello'), splices), RangeError);
  }
});

describe('a footer or banner', () => {
  const footer: Addition = { text: 'Grüße', html: '<p>Grüße</p>' };
  const ascii: Addition = { text: 'Bye', html: '<p>Bye</p>' };

  function added(octets: Buffer, addition: Addition): Buffer {
    return Buffer.from(apply(octets, addToTexts(octets, scanMime(octets).root, addition)), 'latin1');
  }

  test('goes to the end of plain text; nothing else changes', () => {
    const octets = message('Subject: x', '', 'Hello', '');
    assert.equal(added(octets, ascii).toString('latin1'), `${octets.toString('latin1')}\r\nBye\r\n`);
  });

  test('or to its beginning', () => {
    const octets = message('Subject: x', '', 'Hello', '');
    assert.equal(
      added(octets, { ...ascii, at: 'top' }).toString('latin1'),
      'Subject: x\r\n\r\nBye\r\n\r\nHello\r\n',
    );
  });

  test('goes into both of an alternative, inside the HTML body', () => {
    const octets = message(
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'H=C3=A9 =',
      'llo',
      '--b',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      '<html><body class=x>Hi</BODY></html>',
      '--b--',
      '',
    );
    const changed = added(octets, footer);
    assert.ok(changed.includes('H=C3=A9 =\r\nllo\r\n\r\nGr=C3=BC=C3=9Fe\r\n'));
    const { text, html } = parseMessage(changed);
    assert.equal(text, 'Hé llo\r\n\r\nGrüße\r\n');
    assert.equal(html, '<html><body class=x>Hi\r\n\r\n<p>Grüße</p>\r\n\r\n</BODY></html>');
    assert.equal(
      parseMessage(added(octets, { ...footer, at: 'top' })).html,
      '<html><body class=x>\r\n\r\n<p>Grüße</p>\r\n\r\nHi</BODY></html>',
    );
  });

  const rewritten: [name: string, lines: string[], text: string][] = [
    [
      'base64',
      [
        'Content-Type: text/plain; charset=utf-8; format=flowed',
        'Content-Transfer-Encoding: base64',
        '',
        'SGVsbG8=',
      ],
      'Hello',
    ],
    ['7bit and a footer that is not', ['X: y', '', 'Hello'], 'Hello'],
    [
      'a charset without its characters',
      ['Content-Type: text/plain; charset=iso-8859-7', 'Content-Transfer-Encoding: 8bit', '', '\u00e1'],
      'α',
    ],
  ];
  for (const [name, lines, text] of rewritten) {
    test(`has a part written anew in UTF-8: ${name}`, () => {
      const changed = parseMessage(added(message(...lines), footer));
      assert.equal(changed.text, `${text}\r\n\r\nGrüße\r\n`);
      assert.equal(changed.root.contentType?.parameters.get('charset'), 'utf-8');
      assert.equal(changed.header.all('content-type').length, 1);
    });
  }

  test('RFC 1847: nothing is added to what is signed', () => {
    const octets = message(
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      '',
      'Hello',
      '--b',
      'Content-Type: application/pgp-signature',
      '',
      'x',
      '--b--',
    );
    assert.deepEqual(addToTexts(octets, scanMime(octets).root, footer), []);
  });
});
