/** STARTTLS (RFC 3207): the change to TLS, and that nothing said in clear survives it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineMisuse } from 'mailwright/machine';
import { auth, starttls } from 'mailwright/smtp';
import { ScriptedHost, transcript } from '../scripted-host.ts';

const options = { extensions: [starttls(), auth({ mechanisms: ['PLAIN'], allowCleartext: true })] };

transcript(
  'STARTTLS (RFC 3207 §4)',
  options,
  `
  == the session begins anew
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-STARTTLS
  S: 250 AUTH PLAIN
  C: STARTTLS
  S: 220 2.0.0 Ready to start TLS
  @ tls
  C: MAIL FROM:<>
  C: EHLO client.example
  C: STARTTLS
  S* 503 5.5.1
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 AUTH PLAIN
  S* 503 5.5.1

  == who authenticated in clear is a stranger again
  S* 220
  C: EHLO client.example
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: STARTTLS
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 235 2.7.0
  S* 220
  @ tls
  C: EHLO client.example
  S* 250-
  S* 250-
  S: 250 AUTH PLAIN

  == out of order, with an argument
  S* 220
  C: STARTTLS
  C: EHLO client.example
  C: STARTTLS now
  C: MAIL FROM:<>
  C: STARTTLS
  S* 503 5.5.1
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 501 5.5.4
  S* 250 2.1.0
  S* 503 5.5.1

  == the peer goes instead
  S* 220
  C: EHLO client.example
  C: STARTTLS
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 220
  @ end

  == the handshake takes too long
  S* 220
  C: EHLO client.example
  C: STARTTLS
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 220
  @ expire
  S* 421 4.4.2
  `,
);

transcript(
  'a farewell waits for the end of the handshake, and is never said in clear',
  options,
  `
  == the handshake succeeds
  S* 220
  C: EHLO client.example
  C: STARTTLS
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 220
  @ shutdown
  @ tls
  S* 421 4.3.2

  == the connection dies in it
  S* 220
  C: EHLO client.example
  C: STARTTLS
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 220
  @ shutdown
  @ abandon
  `,
);

/** Every way in which octets can arrive behind STARTTLS before TLS is there. */
const injections: readonly (readonly [name: string, octets: string])[] = [
  ['CVE-2011-0411 (Postfix): a command', 'RSET\r\n'],
  [
    'in the way of CVE-2021-38371 (Exim): a whole transaction',
    'EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n',
  ],
  ['CVE-2021-33515 (Dovecot): AUTH', 'AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n'],
  ['half a command', 'MAIL'],
  ['one octet', '\n'],
  ['a TLS ClientHello at once', '\x16\x03\x01'],
];

for (const [name, octets] of injections) {
  test(`octets behind STARTTLS end the session, ${name}`, () => {
    const wire = `EHLO client.example\r\nSTARTTLS\r\n${octets}`;
    for (let at = 0; at <= wire.length; at++) {
      const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
      const said = host.converse(wire.slice(0, at)) + host.converse(wire.slice(at));
      assert.ok(said.endsWith('220 2.0.0 Ready to start TLS\r\n'), said);
      assert.deepEqual(host.told.slice(-2), [
        { type: 'violation', kind: 'starttls-leftovers' },
        { type: 'close', why: 'violation' },
      ]);
      assert.deepEqual(host.types.slice(0, 2), ['connect', 'helo']);
      assert.equal(host.types.length, host.types.includes('upgrade') ? 5 : 4, 'nothing of it was acted on');
    }
  });
}

test('tlsEstablished belongs behind an upgrade event', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
  host.converse('EHLO client.example\r\n');
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  assert.throws(() => host.machine.tlsEstablished(tls), MachineMisuse);
  host.converse('STARTTLS\r\n');
  host.machine.tlsEstablished(tls);
  assert.deepEqual(host.machine.session.tls, tls);
  assert.equal(host.machine.session.greeting, null);
  assert.throws(() => host.machine.tlsEstablished(tls), MachineMisuse);
  // The peer is gone: no misuse, and nothing comes of it.
  host.machine.abandon();
  host.machine.tlsEstablished(tls);
});
