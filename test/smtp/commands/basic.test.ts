/** The base commands of RFC 5321: what each takes, what it answers, and when it is out of order. */
import { transcript } from '../scripted-host.ts';

const plain = {};

transcript(
  'greeting (RFC 5321 §3.1)',
  plain,
  `
  == 220 names the server
  S: 220 mx.example.org ESMTP mailwright

  == refused: only QUIT is left
  ! connect 554 5.7.1 Go away
  S: 554 5.7.1 Go away
  C: EHLO client.example
  C: NOOP
  C: QUIT
  S* 503 5.5.1
  S* 503 5.5.1
  S: 221 2.0.0 Bye

  == refused with 521 (RFC 7504 §3): the session is over
  ! connect 521 5.3.2 No mail here
  S: 521 5.3.2 No mail here
  C: QUIT

  == sent away with 421 (RFC 5321 §3.8)
  ! connect 421 4.3.2 Too busy
  S: 421 4.3.2 Too busy
  `,
);

transcript(
  'a banner of the host',
  { banner: 'ready\r\n250 forged' },
  `
  S: 220 mx.example.org ESMTP ready??250 forged
  `,
);

transcript(
  'HELO and EHLO (RFC 5321 §4.1.1.1)',
  plain,
  `
  == HELO is answered with one line
  S* 220
  C: HELO client.example
  S: 250 mx.example.org

  == EHLO lists the extensions
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250 ENHANCEDSTATUSCODES

  == in any case, with an address literal, with trailing white space (RFC 5321 §4.1.1)
  S* 220
  C: ehlo [192.0.2.1]
  C> eHlO [IPv6:2001:db8::1] \\t \\r\\n
  S: 250-mx.example.org
  S: 250 ENHANCEDSTATUSCODES
  S: 250-mx.example.org
  S: 250 ENHANCEDSTATUSCODES

  == no name, or none that is one
  S* 220
  C: HELO
  C: EHLO
  C: EHLO my_pc
  C: EHLO [192.0.2.999]
  C: EHLO a b
  C: MAIL FROM:<a@example.org>
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 503 5.5.1

  == the host refuses the name
  S* 220
  C: EHLO client.example
  ! helo 550 5.7.1 Not you
  S: 550 5.7.1 Not you
  C: MAIL FROM:<a@example.org>
  S* 503 5.5.1

  == a new greeting ends the transaction (RFC 5321 §4.1.4)
  S* 220
  C: EHLO client.example
  S* 250
  S* 250
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: EHLO client.example
  C: DATA
  S* 250 2.1.0
  S* 250 2.1.5
  S* 250-
  S* 250 
  S* 503 5.5.1

  == LHLO is not SMTP's
  S* 220
  C: LHLO client.example
  S* 500 5.5.2
  `,
);

transcript(
  'odd names, where they are accepted',
  { heloNames: { oddNames: 'accept' } },
  `
  S* 220
  C: EHLO my_pc
  S* 250-
  S* 250 
  C: EHLO two words
  S* 501 5.5.4
  `,
);

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

transcript(
  'DATA (RFC 5321 §4.1.1.4)',
  plain,
  `
  == dots are unstuffed (RFC 5321 §4.5.2), the session goes on
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250 2.1.0
  S* 250 2.1.5
  S: 354 Start mail input; end with <CRLF>.<CRLF>
  C: Subject: dots
  C: 
  C: ..
  C: ...
  C: .x
  C: .
  ! message 250 2.6.0 Queued as 1
  S: 250 2.6.0 Queued as 1
  C: MAIL FROM:<a@example.org>
  S* 250 2.1.0

  == an empty message
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250
  S* 250
  S* 354
  C: .
  S* 250 2.0.0

  == refused before the content, and after it
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  ! data 451 4.3.0 Not now
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250
  S* 250
  S: 451 4.3.0 Not now
  S* 250
  S* 250
  S* 354
  C: x
  C: .
  ! message 554 5.7.1 Spam
  S: 554 5.7.1 Spam
  C: RCPT TO:<b@example.net>
  S* 503 5.5.1

  == an argument, no recipient
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  C: DATA
  C: RCPT TO:<b@example.net>
  C: DATA now
  S* 250
  S* 503 5.5.1
  S* 250
  S* 501 5.5.4

  == 421 as verdict ends the session
  S* 220
  C: HELO client.example
  S* 250
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: DATA
  S* 250
  S* 250
  S* 354
  C: .
  C: NOOP
  ! message 421 4.3.2 Going down
  S: 421 4.3.2 Going down
  `,
);

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
