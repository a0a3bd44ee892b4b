/** Each SASL mechanism through a whole session, with a client of ours (RFC 4954 §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64 } from 'mailwright/bytes';
import { Secret, type TlsInfo } from 'mailwright/machine';
import { type MechanismName, mechanismNames, startClient } from 'mailwright/sasl';
import { auth, mx } from 'mailwright/smtp';
import { connection, counting, ScriptedHost, user } from '../scripted-host.ts';

const tls: TlsInfo = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  clientCertificate: { authorized: true, subject: 'CN=tim', fingerprint256: 'AB:CD' },
  channelBindings: { 'tls-exporter': Buffer.alloc(32, 7), 'tls-server-end-point': Buffer.alloc(32, 8) },
};

const guests = { external: user.name, anonymous: user.name };

/** Authenticates with a client of ours, and gives the last reply. */
function authenticate(
  mechanism: MechanismName,
  initialResponse: boolean,
  password: string,
): { host: ScriptedHost; last: string } {
  const options = { random: counting, offered: mechanismNames, tls, allowCramMd5: true };
  const client = startClient(mechanism, credentials(mechanism, password), options);
  const host = new ScriptedHost(
    {
      ...mx,
      hostname: 'mx.example.org',
      extensions: [auth({ mechanisms: mechanismNames, random: counting, allowCramMd5: true })],
    },
    { ...connection, tls },
  );
  host.converse('EHLO client.example\r\n');
  let unsent = client.step.type === 'response' ? client.step.response.reveal() : null;
  const initial = initialResponse && unsent !== null ? ` ${unsent === '' ? '=' : unsent}` : '';
  if (initial !== '') unsent = null;
  let last = host.converse(`AUTH ${mechanism}${initial}\r\n`, guests);
  while (last.startsWith('334 ')) {
    if (unsent === null) {
      const next = client.respond(decodeBase64(last.slice(4, -2)) as Uint8Array);
      unsent = next.type === 'response' ? next.response.reveal() : '*';
    }
    last = host.converse(`${unsent}\r\n`, guests);
    unsent = null;
  }
  return { host, last };
}

function credentials(mechanism: MechanismName, password: string): Parameters<typeof startClient>[1] {
  switch (mechanism) {
    case 'OAUTHBEARER':
    case 'XOAUTH2':
      return {
        type: 'token',
        user: user.name,
        token: new Secret(password === user.password ? 'good' : 'bad'),
      };
    case 'EXTERNAL':
      return { type: 'external' };
    case 'ANONYMOUS':
      return { type: 'anonymous', trace: 'sirhc' };
    default:
      return { type: 'password', user: user.name, password: new Secret(password) };
  }
}

for (const mechanism of mechanismNames) {
  test(`${mechanism}: client and server of ours, with and without initial response`, () => {
    for (const initialResponse of [true, false]) {
      const { host, last } = authenticate(mechanism, initialResponse, user.password);
      assert.match(last, /^235 2\.7\.0 /);
      assert.equal(host.machine.session.identity?.user, user.name);
      assert.equal(host.machine.session.protocol(), 'ESMTPSA');
      assert.ok(!JSON.stringify(host.told).includes(user.password), 'a password was told');
      if (mechanism === 'EXTERNAL' || mechanism === 'ANONYMOUS') continue;
      assert.match(authenticate(mechanism, initialResponse, 'wrong').last, /^535 5\.7\.8 /);
    }
  });
}
