import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { Secret } from 'mailwright/machine';
import {
  type ClientCredentials,
  type FailureReason,
  type MechanismName,
  type ServerStep,
  startClient,
  startServer,
} from 'mailwright/sasl';
import { clientOptions, credentialsFor, hostOf, serverOptions } from './conversation.ts';

const decide = hostOf('tim', 'pencil');
const nonce = 'abcAAECAwQFBgcICQoLDA0ODxAR';
const proof = Buffer.alloc(20).toString('base64');

/** Gives a server these messages; the first is the initial response. `ÿ` stands for the octet FF. */
function serve(mechanism: MechanismName, messages: readonly (string | null)[]): ServerStep {
  const octets = (message: string) => Buffer.from(message, message.includes('\xff') ? 'latin1' : 'utf8');
  const [first = null, ...rest] = messages;
  const server = startServer(mechanism, first === null ? null : octets(first), serverOptions);
  const settle = () => {
    const { step } = server;
    if (step.type === 'ask') server.answer(step.question, decide(step.question));
  };
  settle();
  for (const message of rest) {
    assert.equal(server.step.type, 'challenge', `before ${message}`);
    server.respond(octets(message ?? ''));
    settle();
  }
  return server.step;
}

type Table = Readonly<
  Partial<Record<MechanismName, readonly (readonly [FailureReason, ...(string | null)[]])[]>>
>;

test('servers: a message that breaks the grammar ends the exchange with its reason', () => {
  const table: Table = {
    PLAIN: [
      ['malformed', ''],
      ['malformed', 'tim'],
      ['malformed', '\0tim'],
      ['malformed', '\0\0pencil'],
      ['malformed', '\0tim\0'],
      ['malformed', '\0tim\0pencil\0'],
      ['malformed', '\0tim\0pen\0cil'],
      ['malformed', '\0tim\0\xff'],
      ['malformed', null, 'tim'],
      ['refused', '\0tim\0wrong'],
      ['refused', '\0nobody\0pencil'],
      ['refused', '\0tim\0\u0007'],
      ['refused', '\0\u00ad\0pencil'],
      ['refused', '\u202e\0tim\0pencil'],
      ['too-long', `\0tim\0${'x'.repeat(9216)}`],
    ],
    LOGIN: [
      ['malformed', ''],
      ['malformed', null, ''],
      ['malformed', null, 'tim', ''],
      ['malformed', null, 'tim\0'],
      ['malformed', 'tim', 'pen\0cil'],
      ['malformed', null, '\xff'],
      ['refused', null, 'tim', 'wrong'],
      ['refused', 'tim', '\u0007'],
      ['too-long', null, 'x'.repeat(9217)],
    ],
    'CRAM-MD5': [
      ['malformed', ''],
      ['malformed', 'tim b913a602c7eda7a495b4e6e7334d3890'],
      ['malformed', null, ''],
      ['malformed', null, 'tim'],
      ['malformed', null, ' b913a602c7eda7a495b4e6e7334d3890'],
      ['refused', null, 'tim '],
      ['refused', null, 'tim b913a602c7eda7a495b4e6e7334d3890'],
      ['refused', null, 'tim B913A602C7EDA7A495B4E6E7334D3890'],
      ['refused', null, 'nobody b913a602c7eda7a495b4e6e7334d3890'],
    ],
    'SCRAM-SHA-1': [
      ['malformed', ''],
      ['malformed', 'n'],
      ['malformed', 'n,'],
      ['malformed', 'n,,'],
      ['malformed', 'x,,n=tim,r=abc'],
      ['malformed', 'N,,n=tim,r=abc'],
      ['malformed', 'p=,,n=tim,r=abc'],
      ['malformed', 'n,tim,n=tim,r=abc'],
      ['malformed', 'n,a=,n=tim,r=abc'],
      ['malformed', 'n,a==2c,n=tim,r=abc'],
      ['malformed', 'n,,m=ext,n=tim,r=abc'],
      ['malformed', 'n,,r=abc,n=tim'],
      ['malformed', 'n,,n=,r=abc'],
      ['malformed', 'n,,n=t=im,r=abc'],
      ['malformed', 'n,,n=t\0im,r=abc'],
      ['malformed', 'n,,n=tim,r='],
      ['malformed', 'n,,n=tim,r=a b'],
      ['malformed', 'n,,n=tim,r=\u00e9'],
      ['malformed', `n,,n=tim,r=${'a'.repeat(1025)}`],
      ['malformed', 'n,,n=tim,r=abc,'],
      ['malformed', 'n,,n=tim,r=abc,xx=1'],
      ['malformed', 'n,,n=\xff,r=abc'],
      ['refused', 'n,,n=\u0007,r=abc'],
      ['refused', 'n,a=\u0007,n=tim,r=abc'],
      ['malformed', 'n,,n=tim,r=abc', ''],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce}`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=AAAA`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=${proof.slice(0, -1)}`],
      ['malformed', 'n,,n=tim,r=abc', `c=biw,r=${nonce},p=${proof}`],
      ['malformed', 'n,,n=tim,r=abc', `r=${nonce},c=biws,p=${proof}`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=abc,p=${proof}`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce}x,p=${proof}`],
      ['malformed', 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=${proof},x=y`],
      ['channel-binding', 'n,,n=tim,r=abc', `c=eSws,r=${nonce},p=${proof}`],
      ['channel-binding', 'n,a=me,n=tim,r=abc', `c=biws,r=${nonce},p=${proof}`],
      ['refused', 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=${proof}`],
      ['refused', 'n,,n=tim,r=abc,x=y', `c=biws,r=${nonce},x=y,p=${proof}`],
      ['refused', 'n,,n=nobody,r=abc', `c=biws,r=${nonce},p=${proof}`],
      ['refused', null, 'n,,n=tim,r=abc', `c=biws,r=${nonce},p=${proof}`],
    ],
    OAUTHBEARER: [
      ['malformed', ''],
      ['malformed', '\x01'],
      ['malformed', 'n,,'],
      ['malformed', 'n,,\x01\x01'],
      ['malformed', 'n,,\x01host=a\x01\x01'],
      ['malformed', 'n,,\x01auth=Basic abc\x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer\x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer \x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer a=b\x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer abc\x01'],
      ['malformed', 'n,,auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer abc\x01auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x01auth=Bearer abc\x01\x01\x01'],
      ['malformed', 'n,,\x01port=0\x01auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x01port=65536\x01auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x01port=1e3\x01auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x01host=\u00e9\x01auth=Bearer abc\x01\x01'],
      ['malformed', 'n,,\x011=2\x01auth=Bearer abc\x01\x01'],
      ['refused', 'n,a=\u0007,\x01auth=Bearer abc\x01\x01'],
      ['refused', 'n,,\x01auth=Bearer abc\x01\x01', '\x01'],
      ['refused', 'y,,\x01auth=bearer  abc==\x01\x01', 'anything'],
    ],
    XOAUTH2: [
      ['malformed', ''],
      ['malformed', 'user=tim'],
      ['malformed', 'user=tim\x01auth=Bearer abc'],
      ['malformed', 'user=tim\x01auth=Bearer abc\x01'],
      ['malformed', 'user=tim\x01auth=Bearer abc\x01\x01\x01'],
      ['malformed', 'user=tim\x01auth=Bearer abc\x01x\x01'],
      ['malformed', 'auth=Bearer abc\x01user=tim\x01\x01'],
      ['malformed', 'user=tim\x01auth=Basic abc\x01\x01'],
      ['refused', 'user=\x01auth=Bearer abc\x01\x01'],
      ['refused', 'user=tim\x01auth=Bearer abc\x01\x01', ''],
    ],
    EXTERNAL: [
      ['malformed', 'a\0b'],
      ['malformed', '\xff'],
      ['refused', '\u0007'],
    ],
    ANONYMOUS: [
      ['malformed', '\xff'],
      ['malformed', 'a\nb'],
      ['too-long', 'x'.repeat(256)],
    ],
  };
  for (const [mechanism, cases] of Object.entries(table) as [MechanismName, NonNullable<Table['PLAIN']>][]) {
    for (const [reason, ...messages] of cases) {
      const step = serve(mechanism, messages);
      const end = step.type === 'failure' ? step.failure.reason : step.type;
      assert.equal(end, reason, `${mechanism} ${JSON.stringify(messages)}`);
    }
  }
});

test('servers: a trace of 255 characters is taken, whatever its octets (RFC 4505 §2)', () => {
  assert.equal(serve('ANONYMOUS', ['\u00e9'.repeat(255)]).type, 'success');
});

test('clients: a server that breaks the rules is not believed', () => {
  const scram = 'r=AAECAwQFBgcICQoLDA0ODxARxyz,s=QSXCR+Q6sek8bf92,i=4096';
  const tim = credentialsFor('SCRAM-SHA-1', 'tim', 'pencil');
  const token = credentialsFor('XOAUTH2', 'tim', 'abc');
  const table: readonly (readonly [FailureReason, MechanismName, ClientCredentials, ...string[]])[] = [
    ['malformed', 'PLAIN', tim, ''],
    ['malformed', 'LOGIN', tim, 'Username:', 'Password:', 'Again:'],
    ['malformed', 'CRAM-MD5', tim, '<1@a>', '<2@a>'],
    ['malformed', 'XOAUTH2', token, '{}', '{}'],
    ['malformed', 'SCRAM-SHA-1', tim, ''],
    ['malformed', 'SCRAM-SHA-1', tim, 'r=\u00e9'],
    ['malformed', 'SCRAM-SHA-1', tim, 'e=other-error'],
    ['malformed', 'SCRAM-SHA-1', tim, `m=ext,${scram}`],
    ['malformed', 'SCRAM-SHA-1', tim, scram.replace('i=4096', 'i=0')],
    ['malformed', 'SCRAM-SHA-1', tim, scram.replace('i=4096', 'i=04096')],
    ['malformed', 'SCRAM-SHA-1', tim, scram.replace('i=4096', 'i=99999999999')],
    ['malformed', 'SCRAM-SHA-1', tim, scram.replace('s=QSXCR+Q6sek8bf92', 's=')],
    ['malformed', 'SCRAM-SHA-1', tim, scram.replace('s=QSXCR+Q6sek8bf92', 's=QQ')],
    ['untrusted', 'SCRAM-SHA-1', tim, scram.replace('xyz', '')],
    ['untrusted', 'SCRAM-SHA-1', tim, scram.replace('AAEC', 'BAEC')],
    ['untrusted', 'SCRAM-SHA-1', tim, scram.replace('i=4096', 'i=4095')],
    ['untrusted', 'SCRAM-SHA-1', tim, scram.replace('i=4096', 'i=1000001')],
    ['malformed', 'SCRAM-SHA-1', tim, scram, ''],
    ['malformed', 'SCRAM-SHA-1', tim, scram, 'v=A'],
    ['refused', 'SCRAM-SHA-1', tim, scram, 'e=invalid-proof'],
    ['untrusted', 'SCRAM-SHA-1', tim, scram, `v=${proof}`],
    ['untrusted', 'SCRAM-SHA-1', tim, scram, 'v='],
    ['too-long', 'SCRAM-SHA-1', tim, 'x'.repeat(9217)],
  ];
  for (const [reason, mechanism, credentials, ...challenges] of table) {
    const client = startClient(mechanism, credentials, clientOptions);
    for (const challenge of challenges) {
      assert.notEqual(client.step.type, 'failure', `${mechanism} before ${challenge}`);
      client.respond(Buffer.from(challenge));
    }
    const { step } = client;
    assert.equal(
      step.type === 'failure' ? step.failure.reason : step.type,
      reason,
      `${mechanism} ${challenges}`,
    );
  }
});

test('clients: success that comes too early is not believed (RFC 5802 §3)', () => {
  const tim = credentialsFor('PLAIN', 'tim', 'pencil');
  const cases = [
    ['SCRAM-SHA-256', tim, null],
    ['SCRAM-SHA-256', tim, 'v=AAAA'],
    ['LOGIN', tim, null],
    ['LOGIN', tim, 'Username:'],
    ['CRAM-MD5', tim, '<1@a>'],
    ['PLAIN', tim, ''],
    ['XOAUTH2', credentialsFor('XOAUTH2', 'tim', 'abc'), '{}'],
  ] as const;
  for (const [mechanism, credentials, data] of cases) {
    const client = startClient(mechanism, credentials, clientOptions);
    assert.equal(
      client.succeed(data === null ? null : Buffer.from(data)).type,
      'failure',
      `${mechanism} ${data}`,
    );
  }
});

test('clients: credentials that do not fit into a message are never sent', () => {
  const secret = new Secret('pencil');
  const cases: readonly (readonly [MechanismName, ClientCredentials])[] = [
    ['PLAIN', { type: 'password', user: 'a\0b', password: secret }],
    ['PLAIN', { type: 'password', user: '', password: secret }],
    ['LOGIN', { type: 'password', user: 'tim', authzid: 'kurt', password: secret }],
    ['CRAM-MD5', { type: 'password', user: 'tim', authzid: 'kurt', password: secret }],
    ['SCRAM-SHA-256', { type: 'password', user: 'tim', password: new Secret('\u0007') }],
    ['SCRAM-SHA-256', { type: 'password', user: '\u00ad', password: secret }],
    ['OAUTHBEARER', { type: 'token', user: 'tim', token: new Secret('a\x01b') }],
    ['OAUTHBEARER', { type: 'token', user: 'tim', token: secret, host: 'a\x01b' }],
    ['XOAUTH2', { type: 'token', user: 'tim\x01', token: secret }],
    ['XOAUTH2', { type: 'token', user: '', token: secret }],
  ];
  for (const [mechanism, credentials] of cases) {
    const { step } = startClient(mechanism, credentials, clientOptions);
    assert.ok(
      step.type === 'failure' && step.failure.reason === 'malformed',
      JSON.stringify([mechanism, credentials]),
    );
  }
});
