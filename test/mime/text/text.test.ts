import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeEntities,
  escapeHtml,
  flow,
  htmlToText,
  loadHtmlSanitizer,
  snippet,
  textToHtml,
  unflow,
} from 'mailwright/mime';

describe('HTML to text', () => {
  const cases: [rule: string, html: string, text: string][] = [
    ['blocks on lines of their own', '<h1>A</h1><p>b<br>c</p><div>d</div>', 'A\n\nb\nc\n\nd'],
    ['lists with marks', '<ul><li>a<li>b</ul><ol start=3><li>c</ol>', '* a\n * b\n\n 3. c'],
    ['quotes', '<blockquote>a<blockquote>b</blockquote></blockquote>', '> a\n> \n> > b'],
    ['tables by rows', '<table><tr><td>a<td>b<tr><td>c</table>', 'a b \nc'],
    ['no script, style or comment', '<style>p{}</style>a<script>"</p>"</script><!-- <p> -->b', 'ab'],
    [
      'links with their address, unless it is shown',
      '<a href="http://x.example/">x</a> <a href=http://y.example>http://y.example</a>',
      'x [http://x.example/] http://y.example',
    ],
    ['characters by name', '&lt;b&gt; caf&eacute;&nbsp;&#8364;', '<b> café\u00a0€'],
    ['what is no tag', 'a < b <3 c', 'a < b <3 c'],
    ['nothing', '', ''],
    ['tags that never end', '<p>a</p><a href="b', 'a'],
  ];
  for (const [rule, html, text] of cases) test(rule, () => assert.equal(htmlToText(html), text));

  test('options', () => {
    assert.equal(htmlToText('<p>one two three four five</p>', { width: 20 }), 'one two three four\nfive');
    assert.equal(htmlToText('<a href="http://x.example">y</a>', { links: false }), 'y');
    assert.equal(htmlToText('<p>abcdef', { length: 6 }), 'abc');
  });

  test('a document as deep as one likes is read, and its marks do not multiply', () => {
    for (const tag of ['div', 'b', 'blockquote', 'ul><li', 'table><tr><td', 'p><li', 'div></p><p']) {
      const text = htmlToText(`<${tag}>x`.repeat(20_000));
      assert.ok(text.length >= 20_000 && text.length < 3_000_000, `${tag}: ${text.length}`);
    }
  });
});

describe('text to HTML', () => {
  const cases: [text: string, html: string][] = [
    ['a < b & "c"', 'a &lt; b &amp; &quot;c&quot;'],
    ['a\r\nb\nc', 'a<br>\nb<br>\nc'],
    ['a   b', 'a&nbsp;&nbsp; b'],
    [
      '(see https://x.example/?a=1&b="c).',
      '(see <a href="https://x.example/?a=1&amp;b=" rel="noopener noreferrer">https://x.example/?a=1&amp;b=</a>&quot;c).',
    ],
    ['javascript:alert(1)', 'javascript:alert(1)'],
  ];
  for (const [text, html] of cases) test(text, () => assert.equal(textToHtml(text), html));

  test('law: nothing but line breaks, spaces and links comes of a text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '&', '"', "'", 'a', ' ', '\n', 'http://x', '>') }),
        (text) => {
          const rest = textToHtml(text).replace(
            /<br>|<a href="[^"<>]*" rel="noopener noreferrer">|<\/a>/g,
            '',
          );
          assert.doesNotMatch(rest, /[<>"']/);
          assert.equal(decodeEntities(escapeHtml(text)), text);
        },
      ),
    );
  });
});

test('character references (HTML §13.2.5.80)', () => {
  const cases: [string, string][] = [
    ['&amp;amp;', '&amp;'],
    ['&#x41;&#65;&#0;&#xD800;&#x110000;', 'AA\ufffd\ufffd\ufffd'],
    ['a&#8;b&#10;', 'ab\n'],
    ['&nosuchname; &; &amp &#;', '&nosuchname; &; &amp &#;'],
    ['&rarr;&CounterClockwiseContourIntegral;', '→∳'],
  ];
  for (const [text, expected] of cases) assert.equal(decodeEntities(text), expected);
});

test('a snippet is what the author wrote first (RFC 8970 §3.1)', () => {
  const cases: [text: string, expected: string][] = [
    ['Hello,\n\nhow  are you?', 'Hello, how are you?'],
    ['Yes.\n\nOn Monday Sam wrote:\n> No?\n> Why?', 'Yes.'],
    ['> No?\n\nYes.\n-- \nSam\nExample', 'Yes.'],
    ['Two things:\none\ntwo', 'Two things: one two'],
    ['', ''],
  ];
  for (const [text, expected] of cases) assert.equal(snippet(text), expected);
  assert.equal(snippet('<style>x</style><p>Hello&nbsp;<b>you</b></p><p>there', 'html'), 'Hello you there');
  assert.equal(snippet('😀'.repeat(300), 'plain', 256), '😀'.repeat(256));
  assert.equal(snippet('ab cd', 'plain', 3), 'ab');
});

test('law: flowed text flows back (RFC 3676 §4)', () => {
  const line = fc
    .array(fc.constantFrom('a', 'bb', 'ccc', '', ' ', 'From', '>', '--', 'x'.repeat(100)), { maxLength: 30 })
    .map((words) => words.join(' ').trimEnd())
    .filter((each) => !/^>/.test(each));
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 10, max: 80 }),
      (lines, width) => {
        const flowed = flow(lines.join('\n'), width);
        assert.equal(unflow(flowed, false), lines.join('\r\n'));
        for (const each of flowed.split('\r\n'))
          assert.ok(each.trimEnd().length <= Math.max(width, 104), each);
      },
    ),
  );
  assert.equal(flow('>> one two three\n-- \nSam', 12), '>> one two \r\n>> three\r\n-- \r\nSam');
});

describe('HTML of strangers', async () => {
  const sanitizer = await loadHtmlSanitizer();
  const clean = (html: string) => sanitizer.sanitize(html).html;

  const cases: [attack: string, html: string, safe: string][] = [
    ['script', '<p>a<script>alert(1)</script>', '<p>a</p>'],
    ['a handler', '<p onclick="x()" onmouseover=y>a</p>', '<p>a</p>'],
    ['style', '<style>*{}</style><p style="background:url(//x)" class="c" id="i">a</p>', '<p>a</p>'],
    [
      'a javascript link',
      '<a href="javascript:x">a</a><a href=" java\nscript:x">b</a>',
      link('a') + link('b'),
    ],
    ['a data link', '<a href="data:text/html,x">a</a>', link('a')],
    ['a form', '<form action=x><input name=y><button>a</button></form>', 'a'],
    ['a frame', '<iframe src="https://x"></iframe><object data=x>a</object><embed src=x>', 'a'],
    ['a base and a refresh', '<base href="https://x"><meta http-equiv=refresh content=0>a', 'a'],
    ['svg and mathml', '<svg onload=x><g/></svg><math><mi xlink:href="javascript:x">a</mi></math>', 'a'],
    ['a picture that is a program', '<img src="data:image/svg+xml;base64,AAAA">', '<img />'],
    [
      'markup hidden in an attribute',
      '<img alt="`><script>x</script>">',
      '<img alt="`&gt;&lt;script&gt;x&lt;/script&gt;" />',
    ],
    ['a tag within a tag', '<scr<script>ipt>alert(1)</scr</script>ipt>', 'ipt&gt;alert(1)ipt&gt;'],
    ['a comment that ends oddly', '<!--><img src=x onerror=y>-->a', 'a'],
    ['an unclosed attribute', '<p>a</p><img src="x', '<p>a</p><img />'],
  ];
  for (const [attack, html, safe] of cases) test(attack, () => assert.equal(clean(html), safe));

  test('what is harmless stays', () => {
    const html =
      '<table border="0"><tr><td colspan="2"><font color="red">a</font> <b>b</b></td></tr></table>';
    assert.equal(clean(html), html);
    assert.equal(
      clean('<a href="https://x.example/?a=1&amp;b=2">x</a>'),
      '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow" target="_blank">x</a>',
    );
  });

  test('pictures from afar, switched', () => {
    const html = '<img src="https://x.example/a.png"><img src="//y.example/b.png">';
    assert.deepEqual(sanitizer.sanitize(html), { html: '<img /><img />', blocked: 2 });
    const allowed = sanitizer.sanitize(html, { remote: 'allow' });
    assert.deepEqual(allowed, { html: '<img src="https://x.example/a.png" /><img />', blocked: 0 });
    const proxied = sanitizer.sanitize(html, {
      remote: (url) => (url.startsWith('//') ? null : `/proxy?${url}`),
    });
    assert.deepEqual(proxied, { html: '<img src="/proxy?https://x.example/a.png" /><img />', blocked: 1 });
  });

  test('pictures of the message itself (RFC 2392 §2)', () => {
    const html = '<img src="cid:a%25b@x"><img src="cid:none">';
    const cid = (id: string) => (id === 'a%b@x' ? 'data:image/png;base64,AAAA' : null);
    assert.equal(sanitizer.sanitize(html, { cid }).html, '<img src="data:image/png;base64,AAAA" /><img />');
    assert.equal(sanitizer.sanitize(html).html, '<img /><img />');
  });

  test('a document as deep as one likes', () => {
    const { html } = sanitizer.sanitize('<b><i>x'.repeat(100_000));
    assert.ok(html.length < 250_000);
  });

  test('law: whatever comes in, only what is allowed goes out', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '=',
      ' ',
      '/',
      'script',
      'img src',
      'a href',
      'onload',
      'style',
      'javascript:',
      '<!--',
      '-->',
      '<svg',
      '&lt;',
      'p',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const html = clean(pieces.join(''));
        assert.doesNotMatch(html, /<(?:script|svg|style|!--)/);
        assert.doesNotMatch(html.replace(/="[^"]*"/g, ''), /<[^>]*\s(?:on\w+|style)/);
        assert.doesNotMatch(html, /(?:href|src)="\s*javascript:/i);
      }),
      { numRuns: 300 },
    );
  });
});

function link(text: string): string {
  return `<a rel="noopener noreferrer nofollow" target="_blank">${text}</a>`;
}
