/** XCLIENT and XFORWARD: what a trusted proxy or relay may say about others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionInfo } from 'mailwright/machine';
import { auth, xclient, xforward } from 'mailwright/smtp';
import { connection, ScriptedHost, transcript } from '../scripted-host.ts';

const trust = {
  trusts: ({ remote }: ConnectionInfo) => remote.family !== 'unix' && remote.address === '192.0.2.1',
};
const stranger = { ...connection, remote: { family: 'ipv4', address: '198.51.100.9', port: 1 } } as const;
const options = {
  extensions: [xclient(trust), xforward(trust), auth({ mechanisms: ['PLAIN'], allowCleartext: true })],
};

transcript(
  'XCLIENT and XFORWARD are not for strangers',
  options,
  `
  S* 220
  C: EHLO client.example
  C: XCLIENT ADDR=192.0.2.1
  C: XFORWARD ADDR=192.0.2.1
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 AUTH PLAIN
  S* 550 5.7.0
  S* 550 5.7.0
  `,
  stranger,
);

transcript(
  'XCLIENT: the session begins anew with the client behind the proxy',
  options,
  `
  == and the host is asked again
  S* 220
  C: EHLO proxy.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT
  S: 250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE
  S: 250 AUTH PLAIN
  C: XCLIENT NAME=spike.example.net ADDR=198.51.100.9 PORT=1234 PROTO=ESMTP HELO=spike
  S: 220 mx.example.org ESMTP mailwright
  C: MAIL FROM:<>
  S* 503 5.5.1
  C: EHLO spike.example.net
  S* 250-
  S* 250-
  S* 250-XCLIENT
  S* 250-
  S* 250

  == the host refuses the client behind it
  S* 220
  C: XCLIENT ADDR=198.51.100.9
  ! connect 554 5.7.1 On a list
  C: EHLO spike.example.net
  C: QUIT
  S: 554 5.7.1 On a list
  S* 503 5.5.1
  S* 221

  == malformed, unknown, too long, out of order
  S* 220
  C: XCLIENT
  C: XCLIENT ADDR
  C: XCLIENT ADDR=
  C: XCLIENT COLOUR=red
  C: XCLIENT ADDR=198.51.100.300
  C: XCLIENT PORT=65536
  C: XCLIENT PORT=x
  C: XCLIENT ADDR=198.51.100.9  PORT=1
  C: XCLIENT NAME=a+0D+0Ab
  C: XCLIENT NAME=a+2
  C: XCLIENT HELO=a+20b
  C: EHLO proxy.example
  C: MAIL FROM:<>
  C: XCLIENT ADDR=198.51.100.9
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250 2.1.0
  S* 503 5.5.1
  `,
);

test('what XCLIENT says becomes the session', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
  host.converse(
    'XCLIENT ADDR=IPV6:2001:db8::9 PORT=7 NAME=spike+2Eexample DESTADDR=192.0.2.77 DESTPORT=587\r\n',
  );
  assert.deepEqual(host.machine.session.connection, {
    remote: { family: 'ipv6', address: '2001:db8::9', port: 7 },
    local: { family: 'ipv4', address: '192.0.2.77', port: 587 },
  });
  assert.equal(host.machine.session.peerName, 'spike.example');
  host.converse('XCLIENT LOGIN=tim HELO=spike PROTO=SMTP NAME=[UNAVAILABLE]\r\n');
  const { session } = host.machine;
  assert.deepEqual(session.identity, { user: 'tim' });
  assert.deepEqual(session.greeting, { verb: 'HELO', name: 'spike' });
  assert.equal(session.peerName, null);
  host.converse('XCLIENT LOGIN=[UNAVAILABLE]\r\n');
  assert.equal(host.machine.session.identity, null);
});

test("a proxy's own login does not become that of the clients behind it", () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
  host.converse('EHLO proxy.example\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n');
  assert.deepEqual(host.machine.session.identity, { user: 'tim' });
  host.converse('XCLIENT ADDR=198.51.100.9\r\n');
  assert.equal(host.machine.session.identity, null);
});

test('trust goes by the socket, not by what XCLIENT said', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
  assert.match(host.converse('XCLIENT ADDR=198.51.100.9\r\n'), /^220 .*220 /s);
  assert.match(host.converse('XCLIENT ADDR=198.51.100.10\r\n'), /^220 /);
  const other = new ScriptedHost({ hostname: 'mx.example.org', ...options }, stranger);
  assert.match(other.converse('XCLIENT ADDR=192.0.2.1\r\nXFORWARD ADDR=192.0.2.1\r\n'), /550 .*550 /s);
});

transcript(
  'XFORWARD: for the record only',
  options,
  `
  S* 220
  C: EHLO relay.example
  C: XFORWARD NAME=spike.example ADDR=198.51.100.9 PORT=1234 PROTO=ESMTP
  C: XFORWARD HELO=spike IDENT=4CEE SOURCE=REMOTE NAME=[UNAVAILABLE]
  C: XFORWARD LOGIN=tim
  C: XFORWARD
  C: MAIL FROM:<>
  C: XFORWARD ADDR=198.51.100.9
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250 2.0.0
  S* 250 2.0.0
  S* 501 5.5.4
  S* 501 5.5.4
  S* 250 2.1.0
  S* 503 5.5.1
  `,
);

test('what XFORWARD said is kept beside the session, which stays the relay’s', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...options });
  host.converse(
    'XFORWARD NAME=spike.example ADDR=198.51.100.9\r\nXFORWARD HELO=spike NAME=[TEMPUNAVAIL]\r\n',
  );
  const { forwarded, connection: ends } = host.machine.session;
  assert.deepEqual(forwarded, { addr: '198.51.100.9', helo: 'spike' });
  assert.deepEqual(ends.remote, connection.remote);
});
