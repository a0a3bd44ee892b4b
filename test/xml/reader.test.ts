/** XML from strangers: what is read, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeXml, XmlReader } from 'mailwright/xml';

/** The events of a document in short: `<a x=1>`, `text`, `</a>`, and its fault. */
function read(text: string): string {
  const reader = new XmlReader(text);
  let shown = '';
  for (;;) {
    const event = reader.next();
    if (event.type === 'open') {
      shown += `<${event.name}${[...event.attributes].map(([name, value]) => ` ${name}=${value}`).join('')}>`;
    } else if (event.type === 'close') shown += `</${event.name}>`;
    else if (event.type === 'text') shown += event.text;
    else {
      assert.equal(reader.next(), event);
      return event.type === 'end' ? shown : `${shown}!${event.why}`;
    }
  }
}

const table: readonly [text: string, events: string][] = [
  ['<a/>', '<a></a>'],
  ['<?xml version="1.0"?>\n<!-- b --><a>1<b x="2" y = \'3\'></b ></a>\n', '<a>1<b x=2 y=3></b></a>'],
  ['<n:a n:x="1"><m:b /></n:a>', '<a n:x=1><b></b></a>'],
  ['<a>&lt;&#65;&#x42;&amp;amp;</a>', '<a><AB&amp;</a>'],
  ['<a>A & B &unknown; &#0; &#xD800;</a>', '<a>A & B &unknown; &#0; &#xD800;</a>'],
  ['<a><![CDATA[<b>&amp;]]></a>', '<a><b>&amp;</a>'],
  ['<a>', '<a>!cut'],
  ['', '!cut'],
  ['<a><b></a>', '<a><b>!syntax'],
  ['<a></a><b/>', '<a></a>!syntax'],
  ['<a x=1/>', '!syntax'],
  ['<a x="1"x="2"/>', '!syntax'],
  ['<a x="1" x="2"/>', '!syntax'],
  ['< a/>', '!syntax'],
  ['<a x="', '!cut'],
  ['<a><!-- ', '<a>!cut'],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '!dtd'],
  ['<a><!ELEMENT b></a>', '<a>!syntax'],
  [`${'<a>'.repeat(65)}`, `${'<a>'.repeat(64)}!depth`],
  [`<${'a'.repeat(300)}/>`, '!syntax'],
];

test('events', () => {
  for (const [text, events] of table) assert.equal(read(text), events, text.slice(0, 60));
});

test('a document of any text ends, and within it every character is looked at a bounded number of times', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '=',
    '"',
    "'",
    '&',
    ';',
    'a',
    ' ',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => void read(pieces.join(''))));
  // What would be quadratic would not end: a million openings of what never closes.
  for (const part of ['<a ', '<!--', '<![CDATA[', '&', '<a b="', '&#', '<?'])
    read(`<r>${part.repeat(1_000_000)}`);
});

test('escaped text is read as it was, control characters aside', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const kept = [...text].filter(isXmlCharacter).join('');
      assert.equal(read(`<a>${escapeXml(text)}</a>`), `<a>${kept}</a>`);
    }),
  );
});

/** XML 1.0 §2.2, rule 2. */
function isXmlCharacter(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code >= 0x20 ? code !== 0xfffe && code !== 0xffff : code === 9 || code === 10 || code === 13;
}
