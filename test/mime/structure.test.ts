import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type MimeLimits, type MimePart, MimeScanner, scanMime } from 'mailwright/mime';
import { cutAt, facts, leafBodies, message, outline, scanChunks } from './outline.ts';

const mixed = 'Content-Type: multipart/mixed; boundary=b';

interface Example {
  readonly name: string;
  readonly lines: readonly string[];
  readonly tree: string;
  /** The bodies of the leaves. */
  readonly bodies: readonly string[];
  readonly defects?: readonly string[];
  readonly limits?: MimeLimits;
}

const examples: readonly Example[] = [
  {
    name: 'RFC 2045 §5.2: a message without Content-Type is plain text',
    lines: ['Subject: x', '', 'Hello', ''],
    tree: 'text/plain',
    bodies: ['Hello\r\n'],
  },
  {
    name: 'RFC 2045 §5.2: a Content-Type without subtype is plain text',
    lines: ['Content-Type: text', '', 'Hello'],
    tree: 'text/plain',
    bodies: ['Hello'],
  },
  {
    name: 'a multipart without subtype is taken for mixed',
    lines: ['Content-Type: multipart; boundary=b', '', '--b', '', 'Hello', '--b--'],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['Hello'],
  },
  {
    name: 'RFC 2046 §5.1.1: preamble and epilogue are no parts; the line end before a delimiter is its own',
    lines: [mixed, '', 'preamble', '--b', '', 'one', '--b', '', 'two', '', '--b--', 'epilogue', '--b', ''],
    tree: 'multipart/mixed(text/plain, text/plain)',
    bodies: ['one', 'two\r\n'],
  },
  {
    name: 'RFC 2046 §5.1.1: a delimiter may end in white space',
    lines: [mixed, '', '--b \t', '', 'one', '--b-- ', ''],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
  },
  {
    name: 'RFC 2046 §5.1.1: a line that goes on after the boundary is a delimiter too',
    lines: [mixed, '', '--b rest', '', 'one', '--b--rest', ''],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
  },
  {
    name: 'of two boundaries that begin a line the longer is meant',
    lines: [
      'Content-Type: multipart/mixed; boundary=bb',
      '',
      '--bb',
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'one',
      '--b--',
      '--bb',
      '',
      'two',
      '--bb--',
    ],
    tree: 'multipart/mixed(multipart/alternative(text/plain), text/plain)',
    bodies: ['one', 'two'],
  },
  {
    name: 'a boundary that ends in two hyphens is not closed by its delimiter',
    lines: ['Content-Type: multipart/mixed; boundary="b--"', '', '--b--', '', 'one', '--b----', ''],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
  },
  {
    name: 'RFC 2046 §5.1.2: an outer boundary ends all that is open within it, also a message',
    lines: [
      mixed,
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Content-Type: multipart/alternative; boundary=c',
      '',
      '--c',
      '',
      'one',
      '--b',
      '',
      'two',
      '--b--',
    ],
    tree: 'multipart/mixed(message/rfc822(multipart/alternative(text/plain)), text/plain)',
    bodies: ['one', 'two'],
    defects: ['unclosed'],
  },
  {
    name: 'RFC 2046 §5.1.5: parts of a digest are messages unless they say otherwise',
    lines: [
      'Content-Type: multipart/digest; boundary=b',
      '',
      '--b',
      '',
      'Subject: one',
      '',
      'one',
      '--b',
      'Content-Type: text/plain',
      '',
      'two',
      '--b--',
    ],
    tree: 'multipart/digest(message/rfc822(text/plain), text/plain)',
    bodies: ['one', 'two'],
  },
  {
    name: 'RFC 6532 §3.7: message/global holds a message',
    lines: ['Content-Type: message/global', '', 'Content-Type: text/html', '', 'one'],
    tree: 'message/global(text/html)',
    bodies: ['one'],
  },
  {
    name: 'RFC 2045 §6.4: a message in base64 is not looked into, a multipart is',
    lines: [
      mixed,
      'Content-Transfer-Encoding: base64',
      '',
      '--b',
      'Content-Type: message/global',
      'Content-Transfer-Encoding: BASE64',
      '',
      'U3ViamVjdDogeA0KDQo=',
      '--b--',
    ],
    tree: 'multipart/mixed(message/global)',
    bodies: ['U3ViamVjdDogeA0KDQo='],
    defects: ['encoded-composite', 'encoded-composite'],
  },
  {
    name: 'a multipart without boundary parameter is a leaf',
    lines: ['Content-Type: multipart/mixed', '', '--b', '', 'one', '--b--'],
    tree: 'multipart/mixed',
    bodies: ['--b\r\n\r\none\r\n--b--'],
    defects: ['no-boundary'],
  },
  {
    name: 'a multipart whose boundary never comes has no parts',
    lines: [mixed, '', 'one', '--c', ''],
    tree: 'multipart/mixed()',
    bodies: [],
    defects: ['no-parts'],
  },
  {
    name: 'a message may end at any place: in a delimiter, ...',
    lines: [mixed, '', '--b', '', 'one', '--b'],
    tree: 'multipart/mixed(text/plain, text/plain)',
    bodies: ['one', ''],
    defects: ['header-cut', 'unclosed'],
  },
  {
    name: '... in a header section, ...',
    lines: [mixed, '', '--b', 'Content-Type: message/rfc822'],
    tree: 'multipart/mixed(message/rfc822(text/plain))',
    bodies: [''],
    defects: ['header-cut', 'header-cut', 'unclosed'],
  },
  {
    name: '... in a body',
    lines: [mixed, '', '--b', '', 'one', ''],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one\r\n'],
    defects: ['unclosed'],
  },
  {
    name: 'a delimiter ends a header section that lacks its empty line',
    lines: [
      mixed,
      '',
      '--b',
      'Content-Type: text/html',
      '--b',
      'Content-Type: text/html',
      '',
      'two',
      '--b--',
    ],
    tree: 'multipart/mixed(text/html, text/html)',
    bodies: ['', 'two'],
    defects: ['header-cut'],
  },
  {
    name: 'RFC 5322 §4.2: a line of white space continues a field and ends no header section',
    lines: ['X: 1', ' ', 'Content-Type: text/html', '', 'one'],
    tree: 'text/html',
    bodies: ['one'],
  },
  {
    name: 'the first of two Content-Type fields counts',
    lines: ['Content-Type: text/html', 'Content-Type: text/plain', '', 'one'],
    tree: 'text/html',
    bodies: ['one'],
    defects: ['duplicate-field'],
  },
  {
    name: 'comments, folding, case and space before the colon are as RFC 5322 has them',
    lines: [
      'cOnTeNt-TyPe : MultiPart/MIXED (really);',
      '\tBoundary = "b c" ; x=y',
      '',
      '--b c',
      '',
      'one',
      '--b c--',
    ],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
  },
  {
    name: 'RFC 2231 §3: a boundary in pieces',
    lines: ['Content-Type: multipart/mixed; boundary*0=b; boundary*1=c', '', '--bc', '', 'one', '--bc--'],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
  },
  {
    name: 'a boundary of more than 70 characters is reported and honoured',
    lines: [`${mixed}${'b'.repeat(80)}`, '', `--b${'b'.repeat(80)}`, '', 'one', `--b${'b'.repeat(80)}--`],
    tree: 'multipart/mixed(text/plain)',
    bodies: ['one'],
    defects: ['boundary-length'],
  },
  {
    name: 'a boundary of more than 256 characters is not looked for',
    lines: [`${mixed}${'b'.repeat(256)}`, '', `--b${'b'.repeat(256)}`],
    tree: 'multipart/mixed',
    bodies: [`--b${'b'.repeat(256)}`],
    defects: ['boundary-length'],
  },
  {
    name: 'a line over 998 octets is reported (RFC 5322 §2.1.1)',
    lines: ['Subject: x', '', 'x'.repeat(998), 'x'.repeat(999), 'y'],
    tree: 'text/plain',
    bodies: [`${'x'.repeat(998)}\r\n${'x'.repeat(999)}\r\ny`],
    defects: ['line-length'],
  },
  {
    name: 'beyond the depth limit nothing is divided',
    lines: [
      mixed,
      '',
      '--b',
      'Content-Type: multipart/mixed; boundary=c',
      '',
      '--c',
      '',
      'one',
      '--c--',
      '--b--',
    ],
    tree: 'multipart/mixed(multipart/mixed)',
    bodies: ['--c\r\n\r\none\r\n--c--'],
    defects: ['depth'],
    limits: { depth: 1 },
  },
  {
    name: 'beyond the number of parts nothing is divided',
    lines: [mixed, '', '--b', '', 'one', '--b', '', 'two', '--b', '', 'three', '--b--'],
    tree: 'multipart/mixed(text/plain, text/plain)',
    bodies: ['one', 'two'],
    defects: ['parts', 'unclosed'],
    limits: { parts: 3 },
  },
  {
    name: 'of header octets beyond the limit nothing is kept',
    lines: ['Subject: x', 'Content-Type: text/html', '', 'one'],
    tree: 'text/plain',
    bodies: ['one'],
    defects: ['header-bytes'],
    limits: { headerBytes: 12 },
  },
];

describe('the structure of a message', () => {
  for (const { name, lines, tree, bodies, defects = [], limits = {} } of examples) {
    test(name, () => {
      const octets = message(...lines);
      const { root, defects: found } = scanMime(octets, { limits });
      assert.equal(outline(root), tree);
      assert.deepEqual(leafBodies(octets, root), bodies);
      assert.deepEqual(
        found.map(({ kind }) => kind),
        defects,
      );
    });

    test(`${name}: with LF alone`, () => {
      const octets = Buffer.from(
        message(...lines)
          .toString('latin1')
          .replaceAll('\r\n', '\n'),
        'latin1',
      );
      const { root } = scanMime(octets, { limits });
      // Two octets fewer are two octets fewer of a header limit too.
      if (limits.headerBytes === undefined) assert.equal(outline(root), tree);
      assert.deepEqual(
        leafBodies(octets, root),
        bodies.map((body) => body.replaceAll('\r\n', '\n')),
      );
    });

    test(`${name}: octet by octet and cut anywhere`, () => {
      const octets = message(...lines);
      const whole = facts(scanMime(octets, { limits }));
      const cuts = Array.from({ length: octets.length }, (_, at) => [at]);
      for (const places of [octets.map((_, at) => at), ...cuts.filter(([at]) => at! < 300)]) {
        const { structure, seen } = scanChunks(cutAt(octets, [...places]), limits);
        assert.deepEqual(facts(structure), whole);
        assert.deepEqual(seenBodies(structure.root, seen), bodies);
      }
    });
  }
});

function seenBodies(part: MimePart, seen: Map<MimePart, Buffer>): string[] {
  if (part.kind === 'leaf') return [seen.get(part)?.toString('latin1') ?? ''];
  return part.children.flatMap((child) => seenBodies(child, seen));
}

test('offsets and lines of every header, body and delimiter', () => {
  const octets = message(mixed, '', '--b', 'X: 1', '', 'one', 'two', '--b--', 'end', '');
  const { root, size } = scanMime(octets);
  const [part] = root.children;
  assert.ok(part);
  const at = (text: string) => octets.indexOf(text);
  assert.deepEqual([root.headerStart, root.bodyStart, root.bodyEnd], [0, at('--b\r'), size]);
  assert.deepEqual([root.headerLines, root.lines], [2, 7]);
  assert.deepEqual(part.delimiter, { start: at('--b\r'), end: at('X: 1') });
  assert.deepEqual(
    [part.headerStart, part.bodyStart, part.bodyEnd],
    [at('X: 1'), at('one'), at('\r\n--b--')],
  );
  assert.deepEqual([part.headerLines, part.lines], [2, 1]);
  assert.deepEqual(root.closing, { start: at('--b--'), end: at('\r\nend') });
});

test('an observer may have a message left whole, and sees parts open and close in order', () => {
  const octets = message(
    mixed,
    '',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: x',
    '',
    'y',
    '--b--',
    '',
  );
  const events: string[] = [];
  const scanner = new MimeScanner({
    observer: {
      part: (part) => {
        events.push(`part ${part.type}/${part.subtype}`);
        return part.type === 'message' ? 'leaf' : undefined;
      },
      body: (_part, chunk) => {
        events.push(`body ${Buffer.from(chunk).toString('latin1')}`);
      },
      end: (part) => {
        events.push(`end ${part.type}/${part.subtype}`);
      },
    },
  });
  scanner.push(octets);
  scanner.end();
  assert.deepEqual(events, [
    'part multipart/mixed',
    'part message/rfc822',
    'body Subject: x\r\n\r\ny',
    'end message/rfc822',
    'end multipart/mixed',
  ]);
});

/** Lines of which odd messages are made. */
const line = fc.constantFrom(
  ...['', ' ', 'x', '-', '--', '---', '--a', '--a--', '--ab', '--ab--', '--a ', '--abc', '-- ', '\r', 'X: y'],
  'Content-Type: multipart/mixed; boundary=a',
  'Content-Type: multipart/digest; boundary="ab"',
  'Content-Type: message/rfc822',
  'Content-Transfer-Encoding: base64',
  '\tboundary=a',
);
const oddMessage = fc
  .array(fc.tuple(line, fc.constantFrom('\r\n', '\n')), { maxLength: 40 })
  .map((lines) => Buffer.from(lines.map(([text, end]) => text + end).join(''), 'latin1'));

test('law: any split gives the same tree, and the observer sees the octets of the bodies', () => {
  fc.assert(
    fc.property(oddMessage, fc.array(fc.nat(400), { maxLength: 12 }), (octets, places) => {
      const whole = scanMime(octets);
      const { structure, seen } = scanChunks(
        cutAt(
          octets,
          places.map((place) => place % (octets.length + 1)),
        ),
      );
      assert.deepEqual(facts(structure), facts(whole));
      assert.deepEqual(seenBodies(structure.root, seen), leafBodies(octets, whole.root));
    }),
    { numRuns: 1500 },
  );
});

test('law: spans nest and do not overlap, and lines are counted as they are', () => {
  fc.assert(
    fc.property(oddMessage, (octets) => {
      const check = (part: MimePart, from: number, to: number) => {
        assert.ok(from <= part.headerStart && part.headerStart <= part.bodyStart);
        assert.ok(part.bodyStart <= part.bodyEnd && part.bodyEnd <= to);
        assert.equal(part.headerLines, feeds(octets.subarray(part.headerStart, part.bodyStart)));
        assert.equal(part.lines, feeds(octets.subarray(part.bodyStart, part.bodyEnd)));
        let at = part.bodyStart;
        for (const child of part.children) {
          assert.ok(at <= (child.delimiter?.start ?? child.headerStart));
          check(child, at, part.bodyEnd);
          at = child.bodyEnd;
        }
        if (part.closing !== null) assert.ok(at <= part.closing.start && part.closing.end <= part.bodyEnd);
      };
      const { root, size } = scanMime(octets);
      assert.equal(size, octets.length);
      check(root, 0, size);
    }),
    { numRuns: 1500 },
  );
});

function feeds(octets: Buffer): number {
  return octets.reduce((count, octet) => count + (octet === 10 ? 1 : 0), 0);
}
