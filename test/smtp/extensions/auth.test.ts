/** AUTH (RFC 4954): the command, its replies, and AUTH= on MAIL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auth, pipelining, starttls } from 'mailwright/smtp';
import { counting, ScriptedHost, transcript } from '../scripted-host.ts';

const clear = {
  extensions: [
    pipelining(),
    auth({
      mechanisms: ['PLAIN', 'LOGIN', 'ANONYMOUS', 'OAUTHBEARER', 'XOAUTH2', 'CRAM-MD5'],
      random: counting,
      allowCleartext: true,
      allowCramMd5: true,
    }),
  ],
};

transcript(
  'AUTH PLAIN and LOGIN (RFC 4954 §4.1, RFC 4616 §4)',
  clear,
  `
  == with an initial response
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-PIPELINING
  S: 250 AUTH OAUTHBEARER XOAUTH2 PLAIN LOGIN CRAM-MD5 ANONYMOUS
  C: auth plain AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: EHLO client.example
  S* 235 2.7.0
  S* 503 5.5.1
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 PIPELINING

  == without one: an empty challenge, with its space
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH PLAIN
  S: 334 
  C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  S* 235 2.7.0

  == acting for somebody else
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH PLAIN YW5uAHRpbQB0YW5zdGFhZnRhbnN0YWFm
  S* 235 2.7.0

  == LOGIN asks for both, or only for the password
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH LOGIN
  S: 334 VXNlcm5hbWU6
  C: dGlt
  S: 334 UGFzc3dvcmQ6
  C: d3Jvbmc=
  S* 535 5.7.8
  C: AUTH LOGIN dGlt
  S: 334 UGFzc3dvcmQ6
  C: dGFuc3RhYWZ0YW5zdGFhZg==
  S* 235 2.7.0
  `,
);

transcript(
  'AUTH that fails (RFC 4954 §4, §6)',
  clear,
  String.raw`
  == wrong password, and the host that can't tell
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH PLAIN AHRpbQB3cm9uZw==
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  ! verifyPassword wrong
  ! verifyPassword temporary
  C: MAIL FROM:<>
  S* 535 5.7.8
  S* 454 4.7.0
  S* 250 2.1.0

  == cancelled, by a star alone
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH LOGIN
  C: *
  C: NOOP
  S: 334 VXNlcm5hbWU6
  S* 501 5.7.0
  S* 250 2.0.0

  == what is no base64 (RFC 4648 §3.3)
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH PLAIN AHRpbQB0YW5z=
  C: AUTH PLAIN =AAA
  C: AUTH PLAIN AAA=BBB=
  C: AUTH PLAIN AAAA,
  C: AUTH LOGIN
  C: not base64
  C: AUTH LOGIN
  C> dGlt\x00\r\n
  C: AUTH LOGIN
  C> \xc3\xa9\r\n
  S* 501 5.5.2
  S* 501 5.5.2
  S* 501 5.5.2
  S* 501 5.5.2
  S* 334
  S* 501 5.5.2
  S* 334
  S* 501 5.5.2
  S* 334
  S* 501 5.5.2

  == "=" is an empty response, which PLAIN can't use and ANONYMOUS can
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH PLAIN =
  C: AUTH ANONYMOUS =
  ! anonymous nobody
  S* 501 5.5.2
  S* 235 2.7.0

  == an initial response where the server begins
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH CRAM-MD5 dGlt
  C: AUTH CRAM-MD5 =
  S* 501 5.7.0
  S* 501 5.7.0

  == no such mechanism, no mechanism, too many words
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH SCRAM-SHA-1
  C: AUTH GSSAPI
  C: AUTH
  C: AUTH PLAIN AAAA AAAA
  S* 504 5.5.4
  S* 504 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4

  == out of order: before EHLO, within a transaction
  S* 220
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: EHLO client.example
  C: MAIL FROM:<>
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  S* 503 5.5.1
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250 2.1.0
  S* 503 5.5.1

  == a lone LF ends the session here too
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH LOGIN
  C> dGlt\n
  S* 334
  S* 521 5.5.2
  `,
);

transcript(
  'AUTH with tokens and with nobody (RFC 7628 §4, RFC 4505 §2)',
  clear,
  `
  == OAUTHBEARER
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgZ29vZAEB
  S* 235 2.7.0

  == OAUTHBEARER refused: the status as a challenge, then the failure
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgYmFkAQE=
  S: 334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=
  C: AQ==
  S* 535 5.7.8

  == XOAUTH2
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH XOAUTH2 dXNlcj10aW0BYXV0aD1CZWFyZXIgZ29vZAEB
  S* 235 2.7.0

  == ANONYMOUS
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: AUTH ANONYMOUS c2lyaGM=
  C: AUTH ANONYMOUS c2lyaGM=
  ! anonymous guest
  S* 235 2.7.0
  S* 503 5.5.1
  `,
);

transcript(
  'without TLS no password crosses the wire (RFC 4954 §4, §6)',
  { extensions: [auth({ mechanisms: ['PLAIN', 'LOGIN', 'SCRAM-SHA-256'] })] },
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 AUTH SCRAM-SHA-256
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: AUTH LOGIN
  S* 538 5.7.11
  S* 538 5.7.11
  `,
);

transcript(
  'where TLS must come first, AUTH is neither offered nor taken before (RFC 3207 §4)',
  { extensions: [starttls(), auth({ mechanisms: ['SCRAM-SHA-256'] })], requireTls: true },
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 STARTTLS
  C: AUTH SCRAM-SHA-256
  S* 530 5.7.0
  C: STARTTLS
  S* 220
  @ tls
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 AUTH SCRAM-SHA-256
  `,
);

transcript(
  'AUTH= on MAIL is believed of clients that authenticated (RFC 4954 §5)',
  clear,
  `
  == its grammar, and from a stranger
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: MAIL FROM:<> AUTH=e+3Dmc2@example.com
  C: RSET
  C: MAIL FROM:<> AUTH=<>
  C: RSET
  C: MAIL FROM:<> AUTH=+3C+3E
  C: RSET
  # as curl has it
  C: MAIL FROM:<> AUTH=<tim@example.org>
  C: RSET
  C: MAIL FROM:<> AUTH
  C: MAIL FROM:<> AUTH=tim
  C: MAIL FROM:<> AUTH=<tim@example.org
  C: MAIL FROM:<> AUTH=tim+3@example.org
  S* 250 2.1.0
  S* 250 2.0.0
  S* 250 2.1.0
  S* 250 2.0.0
  S* 250 2.1.0
  S* 250 2.0.0
  S* 250 2.1.0
  S* 250 2.0.0
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  `,
);

test('AUTH= of a stranger is as good as <>, of a known client it is the mailbox', () => {
  const submitter = (authenticated: boolean) => {
    const host = new ScriptedHost({ hostname: 'mx.example.org', ...clear });
    host.converse('EHLO client.example\r\n');
    if (authenticated) host.converse('AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n');
    host.converse('MAIL FROM:<> AUTH=e+3Dmc2@example.com\r\n');
    return (host.told.at(-1) as { parameters: { auth: string | null } }).parameters.auth;
  };
  assert.equal(submitter(false), null);
  assert.equal(submitter(true), 'e=mc2@example.com');
});

test('an exchange line that is too long fails the exchange, and the session goes on (RFC 4954 §4)', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org', ...clear });
  host.converse('EHLO client.example\r\n');
  assert.match(host.converse(`AUTH PLAIN\r\n${'A'.repeat(20_000)}\r\n`), /^334 \r\n500 5\.5\.6 /);
  // 12,288 octets with CRLF are read; they hold no user name.
  assert.match(host.converse(`AUTH PLAIN\r\n${'A'.repeat(12_284)}==\r\n`), /^334 \r\n501 5\.5\.2 /);
  assert.match(host.converse(`AUTH PLAIN\r\n${'A'.repeat(12_288)}\r\n`), /^334 \r\n500 5\.5\.6 /);
  assert.match(host.converse('AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n'), /^235 /);
});
