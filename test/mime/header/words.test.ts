import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEncodedWords } from 'mailwright/mime';

const cases: [rule: string, value: string, text: string][] = [
  ['Q and B, in either case (RFC 2047 §4)', '=?UTF-8?q?a=C3=A9?= =?utf-8?B?w6k=?=', 'aéé'],
  ['an underscore is a space (RFC 2047 §4.2)', '=?utf-8?Q?a_b=5Fc?=', 'a b_c'],
  ['space between words goes (RFC 2047 §6.2)', '=?utf-8?Q?a?= \r\n\t=?utf-8?Q?b?=', 'ab'],
  ['other space stays', 'x =?utf-8?Q?a?= y', 'x a y'],
  ['words without space between them', '=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
  ['a word within other text', 'x=?utf-8?Q?a?=y', 'xay'],
  ['a character cut between words', '=?utf-8?Q?=E2=82?= =?utf-8?B?rA==?=', '€'],
  ['a language (RFC 2231 §5)', '=?utf-8*EN?Q?a?=', 'a'],
  ['any charset', '=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?koi8-r?Q?=C4=C1?=', '日本да'],
  ['a charset that only DOS knew', '=?cp437?Q?=82?=', 'é'],
  ['utf-7, which browsers no longer read', '=?utf-7?Q?+AOk-?=', 'é'],
  ['spaces within a word', '=?utf-8?Q?a b?=', 'a b'],
  ['a question mark within a word', '=?utf-8?Q?what??=', 'what?'],
  ['padding left out', '=?utf-8?B?w6k?=', 'é'],
  ['raw octets in a word', '=?iso-8859-1?Q?J\u00fcrgen?=', 'Jürgen'],
  ['an octet that is not of the charset', '=?utf-8?Q?=FF?=', '\ufffd'],
  ['line breaks hidden in a word', '=?utf-8?Q?a=0D=0ABcc:_x?=', 'a Bcc: x'],
  ['no such charset', '=?nonesuch?Q?a?=', '=?nonesuch?Q?a?='],
  ['no such encoding', '=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['a broken octet (RFC 2047 §6.3)', '=?utf-8?Q?=G1?=', '=?utf-8?Q?=G1?='],
  ['no base64', '=?utf-8?B?*?=', '=?utf-8?B?*?='],
  ['a word that is cut off', '=?utf-8?Q?a', '=?utf-8?Q?a'],
  ['a word cut off before another', '=?utf-8?Q?a =?utf-8?Q?b?=', '=?utf-8?Q?a b'],
  ['what only looks like one', 'a =? b ?= c', 'a =? b ?= c'],
  ['an empty word', '=?utf-8?Q??=', ''],
];

for (const [rule, value, text] of cases) {
  test(rule, () => assert.equal(decodeEncodedWords(value), text));
}
