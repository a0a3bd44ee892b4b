/** The opening of a session (RFC 5321 §3.1), and how a client introduces itself (RFC 5321 §4.1.1.1). */
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
