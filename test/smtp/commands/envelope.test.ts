/** MAIL and RCPT (RFC 5321 §4.1.1.2, §4.1.1.3). */
import { transcript } from '../scripted-host.ts';

const plain = {};

transcript(
  'MAIL (RFC 5321 §4.1.1.2)',
  plain,
  `
  == good paths
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<>
  C: RSET
  C: mail from:<"john smith"@[192.0.2.1]>
  C: RSET
  C: MAIL FROM:<@relay.example:a@example.org>
  S* 250 2.1.0
  S* 250 2.0.0
  S* 250 2.1.0
  S* 250 2.0.0
  S* 250 2.1.0

  == malformed
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL
  C: MAIL FROM
  C: MAIL TO:<a@example.org>
  C: MAIL FROM:a@example.org
  C: MAIL FROM: <a@example.org>
  C: MAIL FROM:<a@example.org
  C: MAIL FROM:<a@>
  C: MAIL FROM:<Postmaster>
  C: MAIL FROM:<a@example.org>SIZE=1
  C: MAIL FROM:<a@example.org> SIZE=1
  C: MAIL FROM:<a@example.org>  SIZE=1
  C: MAIL FROM:<a@example.org> =1
  C: MAIL FROM:<a@example.org> X==
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.1.7
  S* 501 5.1.7
  S* 501 5.1.7
  S* 501 5.1.7
  S* 501 5.1.7
  S* 501 5.1.7
  S* 555 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4

  == the host refuses the sender
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  ! mail 553 5.7.1 Not that one
  S: 553 5.7.1 Not that one
  C: RCPT TO:<b@example.net>
  S* 503 5.5.1

  == the host has words of its own
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  ! mail 250 2.1.0 Nice\\nto see you
  S: 250-2.1.0 Nice
  S: 250 2.1.0 to see you
  `,
);

transcript(
  'MAIL as lenient hosts take it',
  { paths: { brackets: 'optional', leadingSpace: 'accept' } },
  `
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM: a@example.org
  C: RCPT TO: <b@example.net>
  S* 250 2.1.0
  S* 250 2.1.5
  `,
);

transcript(
  'RCPT (RFC 5321 §4.1.1.3)',
  plain,
  `
  == good paths, Postmaster in any case (RFC 5321 §4.5.1)
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<>
  C: RCPT TO:<b@example.net>
  C: rcpt to:<postmaster>
  C: RCPT TO:<POSTMASTER@example.net>
  S* 250 2.1.0
  S* 250 2.1.5
  S* 250 2.1.5
  S* 250 2.1.5

  == malformed
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<>
  C: RCPT
  C: RCPT FROM:<b@example.net>
  C: RCPT TO:<>
  C: RCPT TO:<b>
  C: RCPT TO:b@example.net
  C: RCPT TO:<b@example.net> X=1
  C: RCPT TO:<b@example.net> SIZE=1
  C: RCPT TO:<b@exam ple.net>
  S* 250 2.1.0
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.1.3
  S* 501 5.1.3
  S* 501 5.1.3
  S* 555 5.5.4
  S* 555 5.5.4
  S* 501 5.1.3

  == one is refused, the others stand
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<>
  C: RCPT TO:<nobody@example.net>
  ! rcpt 550 5.1.1 No such user here
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250 2.1.0
  S: 550 5.1.1 No such user here
  S* 250 2.1.5
  S* 354
  C: .
  S* 250 2.0.0

  == none stands: DATA is then 554 (RFC 5321 §3.3)
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<>
  C: RCPT TO:<nobody@example.net>
  ! rcpt 550 5.1.1 No such user here
  C: DATA
  S* 250 2.1.0
  S* 550 5.1.1
  S* 554 5.5.1
  `,
);
