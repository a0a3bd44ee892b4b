/** The commands beside mail, what is no command, and the end of the connection. */
import { transcript } from '../scripted-host.ts';

const plain = {};

transcript(
  'RSET, NOOP, QUIT, HELP (RFC 5321 §4.1.1.5 to §4.1.1.10)',
  plain,
  `
  == before a greeting (RFC 5321 §4.1.4)
  S* 220
  C: NOOP
  C: NOOP with words that don't count
  C: RSET
  C: RSET now
  C: HELP
  C: HELP MAIL
  ! help 214 2.0.0 MAIL\\nbegins
  C: QUIT now
  C: QUIT
  S* 250 2.0.0
  S* 250 2.0.0
  S* 250 2.0.0
  S* 501 5.5.4
  S: 214-2.0.0 MAIL
  S: 214 2.0.0 begins
  S: 214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY EXPN HELP
  S* 501 5.5.4
  S: 221 2.0.0 Bye

  == RSET keeps the greeting and drops the rest
  S* 220
  C: HELO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: RSET
  C: RCPT TO:<b@example.net>
  C: MAIL FROM:<a@example.org>
  C: DATA
  S* 250
  S* 250
  S* 250
  S* 250 2.0.0
  S* 503 5.5.1
  S* 250
  S* 503 5.5.1

  == QUIT in a transaction
  S* 220
  C: HELO client.example
  C: MAIL FROM:<a@example.org>
  C: QUIT
  C: NOOP
  S* 250
  S* 250
  S* 221
  `,
);

transcript(
  'VRFY and EXPN (RFC 5321 §3.5)',
  plain,
  `
  == unless the host knows better, neither tells anything
  S* 220
  C: VRFY tim
  C: EXPN staff
  S* 252 2.1.5
  S* 502 5.5.1

  == the host answers
  S* 220
  C: VRFY tim
  ! vrfy 250 2.1.5 Tim <tim@example.org>
  C: VRFY t
  ! vrfy 553 5.1.4 Ambiguous
  C: EXPN staff
  ! expn 250 2.1.5 <tim@example.org>\\n<ann@example.org>
  S: 250 2.1.5 Tim <tim@example.org>
  S: 553 5.1.4 Ambiguous
  S: 250-2.1.5 <tim@example.org>
  S: 250 2.1.5 <ann@example.org>

  == without a name
  S* 220
  C: VRFY
  C: EXPN
  S* 501 5.5.4
  S* 501 5.5.4
  `,
);

transcript(
  'what is no command (RFC 5321 §4.2.4)',
  plain,
  String.raw`
  == unknown, empty, of other services
  S* 220
  C: XYZZY
  C: 
  C: MAILFROM:<a@example.org>
  C: STARTTLS
  C: AUTH PLAIN
  C: BDAT 0 LAST
  C: ETRN example.org
  C: TURN
  C: SEND FROM:<a@example.org>
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2

  == controls and octets beyond ASCII
  S* 220
  C> NOOP \x00\r\n
  C> NOOP \x7f\r\n
  C> NOOP \xc3\xa9\r\n
  C> NOOP\t\r\n
  S* 500 5.5.2
  S* 500 5.5.2
  S* 500 5.5.2
  S* 250 2.0.0

  == a lone LF or CR in a command ends the session (RFC 5321 §2.3.8)
  S* 220
  C> NOOP\nNOOP\r\n
  S* 521 5.5.2

  == a lone CR
  S* 220
  C> NOOP\rNOOP\r\n
  S* 521 5.5.2

  == a browser
  S* 220
  C: POST / HTTP/1.1
  C: Host: mx.example.org
  S* 502 5.5.1
  `,
);

transcript(
  'line ends as lenient hosts take them',
  { bareNewlines: 'normalise' },
  String.raw`
  S* 220
  C> HELO client.example\nNOOP\r\n
  S* 250
  S* 250
  C> NOOP \rNOOP\r\n
  S* 500 5.5.2
  `,
);

transcript(
  'the peer closes its side',
  plain,
  `
  == between commands: what was sent is still answered
  S* 220
  C: NOOP
  @ end
  S* 250

  == in the middle of a line
  S* 220
  C> NOO
  @ end

  == in the middle of content
  S* 220
  C: HELO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250
  S* 250
  S* 250
  S* 354
  C: half
  @ end
  `,
);
