/** AUTH (RFC 4954): every mechanism against our own server, and a server that misbehaves. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { Secret } from 'mailwright/machine';
import { type ClientCredentials, type MechanismName, mechanismNames } from 'mailwright/sasl';
import { auth, mx } from 'mailwright/smtp';
import { counting, user } from '../scripted-host.ts';
import { mailOf, Pair, tls } from './back-to-back.ts';
import { transcript } from './scripted-client.ts';

const password: ClientCredentials = {
  type: 'password',
  user: user.name,
  password: new Secret(user.password),
};
const token: ClientCredentials = { type: 'token', user: user.name, token: new Secret('good') };
const credentialsFor: Readonly<Record<MechanismName, ClientCredentials>> = {
  EXTERNAL: { type: 'external' },
  'SCRAM-SHA-256-PLUS': password,
  'SCRAM-SHA-1-PLUS': password,
  'SCRAM-SHA-256': password,
  'SCRAM-SHA-1': password,
  OAUTHBEARER: token,
  XOAUTH2: token,
  PLAIN: password,
  LOGIN: password,
  'CRAM-MD5': password,
  ANONYMOUS: { type: 'anonymous', trace: 'tim@example.org' },
};

const clientCertificate = { authorized: true, subject: 'CN=tim', fingerprint256: '00' };
const secure = { ...tls, clientCertificate };

suite('each mechanism', () => {
  for (const mechanism of mechanismNames) {
    test(mechanism, () => {
      const pair = new Pair({
        tls: secure,
        server: {
          ...mx,
          requireAuth: true,
          extensions: [
            ...mx.extensions,
            auth({ mechanisms: mechanismNames, random: counting, secret: counting(32), allowCramMd5: true }),
          ],
        },
        client: { credentials: credentialsFor[mechanism], mechanisms: [mechanism] },
        decisions: { external: [user.name], anonymous: [user.name] },
      });
      const [result] = pair.send(mailOf('hello\r\n'));
      assert.equal(result?.recipients[0]?.result, 'accepted');
      assert.equal(pair.host.machine.session.identity?.user, user.name);
      assert.equal(
        pair.client.server.user,
        mechanism === 'EXTERNAL' ? '' : mechanism === 'ANONYMOUS' ? 'anonymous' : user.name,
      );
    });
  }

  test('behind STARTTLS, with the channel that it made (RFC 5802 §6)', () => {
    const pair = new Pair({
      server: {
        ...mx,
        extensions: [...mx.extensions, auth({ mechanisms: ['SCRAM-SHA-256-PLUS'], secret: counting(32) })],
      },
      client: { credentials: password, starttls: 'required' },
    });
    pair.run();
    assert.deepEqual(pair.types, ['upgrade', 'ready']);
    assert.equal(pair.client.server.user, user.name);
  });
});

suite('what may not be sent', () => {
  const offer = (mechanisms: string) => `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 AUTH ${mechanisms}
  `;
  transcript(
    'a password in clear',
    { client: { credentials: password } },
    `${offer('PLAIN LOGIN')}C: QUIT\n`,
    {
      failure: 'auth-missing auth',
    },
  );
  transcript(
    'but where it was allowed',
    { client: { credentials: password, allowCleartext: true } },
    `${offer('PLAIN LOGIN')}C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: 235 2.7.0 welcome\n`,
    { events: ['ready'] },
  );
  transcript(
    'CRAM-MD5, unless it is named',
    { tls, client: { credentials: password } },
    `${offer('CRAM-MD5')}C: QUIT\n`,
    { failure: 'auth-missing auth' },
  );
  transcript(
    'a mechanism that the host left out',
    { tls, client: { credentials: password, mechanisms: ['SCRAM-SHA-256'] } },
    `${offer('PLAIN')}C: QUIT\n`,
    { failure: 'auth-missing auth' },
  );
  transcript(
    'AUTH where nobody offers it',
    { tls, client: { credentials: password } },
    'S: 220 mx\nC: EHLO client.example\nS: 250 mx\nC: QUIT\n',
    { failure: 'auth-missing auth' },
  );
  transcript(
    'the old form of the offer counts (AUTH=, before RFC 2554)',
    { tls, client: { credentials: password } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250-AUTH=LOGIN
    S: 250 AUTH GSSAPI
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: dGlt
    S: 334 UGFzc3dvcmQ6
    C: dGFuc3RhYWZ0YW5zdGFhZg==
    S: 235 2.7.0 welcome
    `,
    { events: ['ready'] },
  );
});

suite('how it goes wrong', () => {
  const open = (line: string) => `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 AUTH LOGIN
    C: AUTH LOGIN
    ${line}
  `;
  const script = { tls, client: { credentials: password } };
  transcript('refused', script, open('S: 535 5.7.8 no\nC: QUIT'), { failure: 'auth-failed auth' });
  transcript('refused for now', script, open('S: 454 4.7.0 later\nC: QUIT'), { failure: 'auth-failed auth' });
  transcript('421 says nothing of the credentials', script, open('S: 421 4.3.2 bye'), {
    failure: 'refused auth',
  });
  transcript('success too early', script, open('S: 235 2.7.0 welcome\nC: QUIT'), {
    failure: 'auth-failed auth',
  });
  transcript(
    'a challenge that is no base64 is answered by giving up (RFC 4954 §4)',
    script,
    open('S: 334 what?\nC: *\nS: 501 5.7.0 so be it\nC: QUIT'),
    { failure: 'auth-failed auth' },
  );
  transcript(
    'credentials that fit into no message of the mechanism (RFC 4616 §2)',
    { tls, client: { credentials: { ...password, user: 'tim\0' } } },
    'S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 AUTH PLAIN\nC: QUIT\n',
    { failure: 'auth-failed auth' },
  );
  transcript('silence', script, open('@ expire'), { failure: 'timeout auth' });
});

suite('initial response (RFC 4954 §4)', () => {
  const long = 'x'.repeat(400);
  const credentials = { ...token, token: new Secret(long) };
  const response = Buffer.from(`user=tim\x01auth=Bearer ${long}\x01\x01`).toString('base64');
  transcript(
    'one that makes the line too long waits for an empty challenge',
    { tls, client: { credentials } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 AUTH XOAUTH2
    C: AUTH XOAUTH2
    S: 334
    C: ${response}
    S: 235 2.7.0 welcome
    `,
    { events: ['ready'] },
  );
  transcript(
    'an empty one is an equals sign',
    { tls, client: { credentials: { type: 'external' } } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 AUTH EXTERNAL
    C: AUTH EXTERNAL =
    S: 235 2.7.0 welcome
    `,
    { events: ['ready'] },
  );
});
