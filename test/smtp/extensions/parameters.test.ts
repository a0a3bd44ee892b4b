/** The parameters that extensions add to MAIL and RCPT: their grammar, their replies, their typed values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  binaryMime,
  chunking,
  deliverBy,
  dsn,
  type Extension,
  eightBitMime,
  futureRelease,
  type MailParameters,
  mtPriority,
  noSoliciting,
  type RcptParameters,
  rrvs,
  size,
  smtputf8,
} from 'mailwright/smtp';
import { readReplies } from '../replies.ts';
import { ScriptedHost } from '../scripted-host.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const extensions = [
  size(),
  eightBitMime(),
  chunking(),
  binaryMime(),
  smtputf8(),
  dsn(),
  deliverBy({ minimum: 60 }),
  futureRelease({ maximum: 86_400, now: () => now }),
  mtPriority(),
  noSoliciting(),
  rrvs(),
];

/** What a client says, and the code and status it gets. */
function ask(
  line: string,
  offered: readonly Extension[] = extensions,
): { host: ScriptedHost; reply: string } {
  const host = new ScriptedHost({
    hostname: 'mx.example.org',
    extensions: offered,
    limits: { message: 1000 },
  });
  const isRcpt = /^RCPT/i.test(line);
  host.converse(`EHLO client.example\r\n${isRcpt ? 'MAIL FROM:<> SMTPUTF8\r\n' : ''}`);
  const replies = readReplies(Buffer.from(host.converse(`${line}\r\n`)));
  assert.ok(typeof replies !== 'string', String(replies));
  return { host, reply: `${replies[0]?.code} ${replies[0]?.enhanced}` };
}

type Line = readonly [parameters: string, expected: MailParameters | RcptParameters | string];

function lines(
  title: string,
  command: 'MAIL FROM:<a@example.org>' | 'RCPT TO:<b@example.net>',
  cases: readonly Line[],
) {
  test(title, () => {
    for (const [parameters, expected] of cases) {
      const { host, reply } = ask(`${command} ${parameters}`);
      if (typeof expected === 'string') {
        assert.equal(reply, expected, parameters);
      } else {
        assert.match(reply, /^250 2\.1\.[05]$/, parameters);
        const event = host.told.findLast(
          (each) => (each as { type: string }).type === command.slice(0, 4).toLowerCase(),
        );
        assert.deepEqual((event as { parameters: unknown }).parameters, expected, parameters);
      }
    }
  });
}

const MAIL = 'MAIL FROM:<a@example.org>';
const RCPT = 'RCPT TO:<b@example.net>';
const bad = '501 5.5.4';

lines('SIZE= (RFC 1870 §4, §6)', MAIL, [
  ['SIZE=0', { size: 0 }],
  ['size=1000', { size: 1000 }],
  ['SIZE=1001', '552 5.3.4'],
  ['SIZE=99999999999999999999', '552 5.3.4'],
  ['SIZE=100000000000000000000', bad],
  ['SIZE', bad],
  ['SIZE=', bad],
  ['SIZE=-1', bad],
  ['SIZE=1k', bad],
  ['SIZE=1 SIZE=1', bad],
]);

lines('BODY= (RFC 6152 §2, RFC 3030 §3)', MAIL, [
  ['BODY=7BIT', { body: '7BIT' }],
  ['BODY=8bitmime', { body: '8BITMIME' }],
  ['BODY=BINARYMIME', { body: 'BINARYMIME' }],
  ['BODY=9BIT', bad],
  ['BODY', bad],
]);

test('BODY=BINARYMIME only where it is offered, and CHUNKING with it (RFC 3030 §3)', () => {
  assert.equal(ask(`${MAIL} BODY=BINARYMIME`, [eightBitMime()]).reply, bad);
  assert.equal(ask(`${MAIL} BODY=8BITMIME`, []).reply, '555 5.5.4');
});

lines('SMTPUTF8 (RFC 6531 §3.4)', MAIL, [
  ['SMTPUTF8', { smtputf8: true }],
  ['SMTPUTF8=1', bad],
]);

lines('RET= and ENVID= (RFC 3461 §4.3, §4.4)', MAIL, [
  ['RET=FULL', { ret: 'full' }],
  ['RET=hdrs', { ret: 'headers' }],
  ['RET=BODY', bad],
  ['RET', bad],
  ['ENVID=QQ314159', { envid: 'QQ314159' }],
  ['ENVID=a+20b+2Bc+3Dd', { envid: 'a b+c=d' }],
  [`ENVID=${'x'.repeat(100)}`, { envid: 'x'.repeat(100) }],
  [`ENVID=${'x'.repeat(101)}`, bad],
  ['ENVID=a+2bc', bad],
  ['ENVID=a+', bad],
  ['ENVID=+00', bad],
  ['ENVID=+0D+0A', bad],
  ['ENVID=', bad],
  ['NOTIFY=NEVER', '555 5.5.4'],
]);

lines('NOTIFY= (RFC 3461 §4.1)', RCPT, [
  ['NOTIFY=NEVER', { notify: 'never' }],
  ['NOTIFY=success,FAILURE,delay', { notify: ['success', 'failure', 'delay'] }],
  ['NOTIFY=NEVER,DELAY', bad],
  ['NOTIFY=DELAY,DELAY', bad],
  ['NOTIFY=DELAY,', bad],
  ['NOTIFY=ALWAYS', bad],
  ['NOTIFY', bad],
  ['RET=FULL', '555 5.5.4'],
]);

lines('ORCPT= (RFC 3461 §4.2, RFC 6533 §3)', RCPT, [
  [
    'ORCPT=rfc822;Bob+2Bx@example.com',
    { originalRecipient: { type: 'rfc822', address: 'Bob+x@example.com' } },
  ],
  ['ORCPT=UTF-8;\\x{DF}@example.com', { originalRecipient: { type: 'utf-8', address: 'ß@example.com' } }],
  ['ORCPT=utf-8;ß+3D\\x{1F600}@x', { originalRecipient: { type: 'utf-8', address: 'ß=😀@x' } }],
  ['ORCPT=utf-8;\\x{D800}', bad],
  ['ORCPT=utf-8;\\x{110000}', bad],
  ['ORCPT=utf-8;a\\b', bad],
  ['ORCPT=rfc822;ß@example.com', bad],
  [`ORCPT=rfc822;${'x'.repeat(493)}`, { originalRecipient: { type: 'rfc822', address: 'x'.repeat(493) } }],
  [`ORCPT=rfc822;${'x'.repeat(494)}`, bad],
  ['ORCPT=rfc822;', bad],
  ['ORCPT=bob@example.com', bad],
  ['ORCPT=;bob', bad],
  ['ORCPT=a=b;bob', bad],
]);

lines('BY= (RFC 2852 §4)', MAIL, [
  ['BY=120;R', { deliverBy: { seconds: 120, mode: 'return', trace: false } }],
  ['by=+60;nt', { deliverBy: { seconds: 60, mode: 'notify', trace: true } }],
  ['BY=-999999999;NT', { deliverBy: { seconds: -999_999_999, mode: 'notify', trace: true } }],
  ['BY=0;N', { deliverBy: { seconds: 0, mode: 'notify', trace: false } }],
  // A time that is zero or negative does not go with R, and one below the advertised minimum is refused.
  ['BY=0;R', bad],
  ['BY=-1;R', bad],
  ['BY=59;R', '555 5.5.4'],
  ['BY=59;N', { deliverBy: { seconds: 59, mode: 'notify', trace: false } }],
  ['BY=1234567890;N', bad],
  ['BY=60', bad],
  ['BY=60;X', bad],
  ['BY=60;NTT', bad],
  ['BY=;N', bad],
  ['BY', bad],
]);

lines('HOLDFOR= and HOLDUNTIL= (RFC 4865 §4)', MAIL, [
  ['HOLDFOR=86400', { hold: { seconds: 86_400 } }],
  ['HOLDFOR=86401', '554 5.5.4'],
  ['HOLDFOR=0', bad],
  ['HOLDFOR=01', bad],
  ['HOLDFOR=-5', bad],
  ['HOLDFOR=1234567890', bad],
  ['HOLDFOR', bad],
  ['HOLDUNTIL=2026-01-02T00:00:00Z', { hold: { until: Date.parse('2026-01-02T00:00:00Z') } }],
  ['HOLDUNTIL=2026-01-02t01:00:00.5+01:00', '554 5.5.4'],
  ['HOLDUNTIL=2026-01-01t12:00:00-05:00', { hold: { until: Date.parse('2026-01-01T17:00:00Z') } }],
  ['HOLDUNTIL=2026-02-30T00:00:00Z', bad],
  ['HOLDUNTIL=2026-01-01', bad],
  ['HOLDUNTIL=tomorrow', bad],
  ['HOLDUNTIL', bad],
  ['HOLDFOR=1 HOLDUNTIL=2026-01-02T00:00:00Z', bad],
]);

lines('MT-PRIORITY= (RFC 6710 §4)', MAIL, [
  ['MT-PRIORITY=0', { priority: 0 }],
  ['mt-priority=-9', { priority: -9 }],
  ['MT-PRIORITY=9', { priority: 9 }],
  ['MT-PRIORITY=+1', bad],
  ['MT-PRIORITY=-0', bad],
  ['MT-PRIORITY=10', bad],
  ['MT-PRIORITY', bad],
]);

lines('SOLICIT= (RFC 3865 §2.2)', MAIL, [
  ['SOLICIT=org.example:ADV:ADLT', { solicit: ['org.example:ADV:ADLT'] }],
  ['SOLICIT=net.example_1:ADV,a-b', { solicit: ['net.example_1:ADV', 'a-b'] }],
  ['SOLICIT=1a', bad],
  ['SOLICIT=a,,b', bad],
  ['SOLICIT=a;b', bad],
  [`SOLICIT=${'x'.repeat(1000)}`, { solicit: ['x'.repeat(1000)] }],
  [`SOLICIT=${'x'.repeat(1001)}`, bad],
  ['SOLICIT', bad],
]);

lines('RRVS= (RFC 7293 §3)', RCPT, [
  ['RRVS=2014-04-03T23:01:00Z', { validSince: { since: '2014-04-03T23:01:00Z', unsupported: 'reject' } }],
  ['RRVS=2014-04-03T23:01:00Z;c', { validSince: { since: '2014-04-03T23:01:00Z', unsupported: 'continue' } }],
  [
    'RRVS=2014-04-03T23:01:00+01:00;R',
    { validSince: { since: '2014-04-03T23:01:00+01:00', unsupported: 'reject' } },
  ],
  ['RRVS=2014-04-03T23:01:00Z;X', bad],
  ['RRVS=2014-13-03T23:01:00Z', bad],
  ['RRVS=2014-04-03', bad],
  ['RRVS', bad],
]);

test('all at once, in any order, in any case', () => {
  const { host, reply } = ask(
    `${MAIL} smtputf8 BODY=8BITMIME SIZE=10 RET=HDRS ENVID=1 BY=100;N HOLDFOR=5 MT-PRIORITY=3 SOLICIT=a`,
  );
  assert.equal(reply, '250 2.1.0');
  assert.deepEqual((host.told.at(-1) as { parameters: unknown }).parameters, {
    smtputf8: true,
    body: '8BITMIME',
    size: 10,
    ret: 'headers',
    envid: '1',
    deliverBy: { seconds: 100, mode: 'notify', trace: false },
    hold: { seconds: 5 },
    priority: 3,
    solicit: ['a'],
  });
});

test('an unknown parameter is 555, also one of another command (RFC 5321 §4.1.1.11)', () => {
  for (const line of [`${MAIL} FOO`, `${MAIL} FOO=bar`, `${RCPT} BODY=7BIT`, `${MAIL} NOTIFY=NEVER`]) {
    assert.equal(ask(line).reply, '555 5.5.4', line);
  }
});

test('what breaks the grammar of parameters is 501 (RFC 5321 §4.1.2)', () => {
  for (const parameters of [
    '=',
    '-X=1',
    'X_Y=1',
    'SIZE=1=2',
    ' SIZE=1',
    'SIZE=1  BODY=7BIT',
    'SIZE=ü',
    'SÏZE=1',
  ]) {
    assert.equal(ask(`${MAIL} ${parameters}`).reply, bad, parameters);
  }
});
