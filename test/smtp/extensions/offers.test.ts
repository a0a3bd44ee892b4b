/** What EHLO offers, and what extensions answer beside the grammar of their parameters. */
import {
  atrn,
  auth,
  binaryMime,
  chunking,
  deliverBy,
  dsn,
  eightBitMime,
  etrn,
  futureRelease,
  limits,
  lmtp,
  mtPriority,
  mx,
  noSoliciting,
  pipelining,
  requireTls,
  rrvs,
  size,
  smtputf8,
  starttls,
  submission,
} from 'mailwright/smtp';
import { connection, transcript } from '../scripted-host.ts';

const secure = { ...connection, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } };

transcript(
  'each extension advertises itself, with its limits (RFC 5321 §2.2, RFC 1870 §3, RFC 9422 §3)',
  {
    extensions: [
      pipelining(),
      size(),
      eightBitMime(),
      smtputf8(),
      chunking(),
      binaryMime(),
      dsn(),
      deliverBy({ minimum: 60 }),
      futureRelease({ maximum: 3600, now: () => 0 }),
      mtPriority({ policy: 'MIXER' }),
      limits(),
      noSoliciting({ classes: ['org.example:ADV'] }),
      rrvs(),
      starttls(),
      requireTls(),
      etrn(),
      atrn(),
      auth({ mechanisms: ['PLAIN', 'ANONYMOUS'] }),
    ],
    limits: { message: 1000, recipientDomains: 3 },
  },
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-PIPELINING
  S: 250-SIZE 1000
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-BINARYMIME
  S: 250-DSN
  S: 250-DELIVERBY 60
  S: 250-FUTURERELEASE 3600 1970-01-01T01:00:00Z
  S: 250-MT-PRIORITY MIXER
  S: 250-LIMITS MAILMAX=10000 RCPTMAX=1000 RCPTDOMAINMAX=3
  S: 250-NO-SOLICITING org.example:ADV
  S: 250-RRVS
  S: 250-STARTTLS
  S: 250-ETRN
  S: 250 AUTH ANONYMOUS
  `,
);

transcript(
  'within TLS, STARTTLS gives way to REQUIRETLS and cleartext mechanisms (RFC 3207 §4.2, RFC 8689 §2)',
  {
    extensions: [starttls(), requireTls(), auth({ mechanisms: ['PLAIN'] }), deliverBy(), size()],
    limits: { message: Number.POSITIVE_INFINITY },
  },
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-REQUIRETLS
  S: 250-AUTH PLAIN
  S: 250-DELIVERBY
  S: 250 SIZE
  C: MAIL FROM:<> REQUIRETLS
  C: RSET
  C: MAIL FROM:<> REQUIRETLS=yes
  S* 250 2.1.0
  S* 250 2.0.0
  S* 501 5.5.4
  `,
  secure,
);

transcript(
  'REQUIRETLS is nothing without TLS (RFC 8689 §2)',
  { extensions: [requireTls()] },
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250 ENHANCEDSTATUSCODES
  C: MAIL FROM:<> REQUIRETLS
  S* 555 5.5.4
  `,
);

transcript(
  'PIPELINING: groups of commands, replies in their order (RFC 2920 §3.2)',
  { extensions: [pipelining()] },
  `
  S* 220
  C: EHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C: RCPT TO:<c@example.net>
  ! rcpt 450 4.2.0 Later
  C: DATA
  C: Subject: all in one
  C: 
  C: body
  C: .
  C: RSET
  C: QUIT
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 PIPELINING
  S* 250 2.1.0
  S: 450 4.2.0 Later
  S* 250 2.1.5
  S* 354
  S* 250 2.0.0
  S* 250 2.0.0
  S* 221
  `,
);

transcript(
  'SMTPUTF8 (RFC 6531 §3.1 to §3.7)',
  { extensions: [eightBitMime(), smtputf8(), pipelining()] },
  String.raw`
  == addresses in UTF-8 go with the parameter
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: MAIL FROM:<jörg@bücher.example> SMTPUTF8
  C: RCPT TO:<用户@例子.example>
  ! rcpt 551 5.1.6 Try <用户@例子.example>
  C: RCPT TO:<b@example.net>
  S* 250 2.1.0
  S: 551 5.1.6 Try <用户@例子.example>
  S* 250 2.1.5

  == and with no other: 550 for MAIL, 553 for RCPT (RFC 6531 §3.5)
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: MAIL FROM:<jörg@example.org>
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<jörg@example.org>
  C: RCPT TO:<b@example.net>
  ! rcpt 251 2.1.5 Will forward to <jörg@example.org>
  S* 550 5.6.7
  S* 250 2.1.0
  S* 553 5.6.7
  S: 251 2.1.5 Will forward to <j?rg@example.org>

  == A-labels need no parameter (RFC 6531 §3.2)
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  C: MAIL FROM:<a@xn--bcher-kva.example>
  S* 250 2.1.0

  == octets that are not UTF-8, EHLO names beyond ASCII (RFC 6531 §3.7.1)
  S* 220
  C: EHLO bücher.example
  C> EHLO \xff\xfe\r\n
  S* 501 5.5.4
  S* 500 5.5.2

  == VRFY and EXPN answer in UTF-8 where it is asked for (RFC 6531 §3.7.4.2)
  S* 220
  C: VRFY jörg SMTPUTF8
  ! vrfy 250 2.1.5 <jörg@example.org>
  C: VRFY jörg
  ! vrfy 250 2.1.5 <jörg@example.org>
  C: EXPN smtputf8
  S: 250 2.1.5 <jörg@example.org>
  S: 250 2.1.5 <j?rg@example.org>
  S* 502 5.5.1
  `,
);

transcript(
  'ETRN (RFC 1985 §5)',
  { extensions: [etrn()] },
  `
  S* 220
  C: ETRN example.org
  S* 503 5.5.1
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250
  C: ETRN
  C: ETRN exa mple.org
  C: ETRN @
  C: ETRN #
  C: ETRN example.org
  C: ETRN @example.org
  ! etrn 250 2.0.0 Queuing for node example.org started
  C: ETRN #uucp
  ! etrn 251 2.0.0 No messages waiting
  C: MAIL FROM:<>
  C: ETRN example.org
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S* 501 5.5.4
  S: 250 2.0.0 Queuing for node example.org started
  S: 251 2.0.0 No messages waiting
  S* 458 4.3.0
  S* 250 2.1.0
  S* 503 5.5.1
  `,
);

const atrnOptions = { extensions: [atrn(), auth({ mechanisms: ['PLAIN'], allowCleartext: true })] };

transcript(
  'ATRN (RFC 2645 §4)',
  atrnOptions,
  `
  == not before authentication
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 AUTH PLAIN
  C: ATRN example.org
  S* 530 5.7.0

  == no mail waits, unless the host says otherwise
  S* 220
  C: EHLO client.example
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: EHLO client.example
  C: ATRN
  C: ATRN not_a_domain
  C: ATRN example.org,
  C: ATRN example.org
  ! atrn 450 4.7.0 Not you
  S* 250-
  S* 250-
  S* 250
  S* 235 2.7.0
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250 ATRN
  S: 450 4.7.0 Not you
  S* 501 5.5.4
  S* 501 5.5.4
  S* 453 4.0.0

  == the connection is turned round: whatever follows is not ours
  S* 220
  C: EHLO client.example
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  S* 250-
  S* 250-
  S* 250
  S* 235 2.7.0
  C: ATRN example.org,example.net
  ! atrn 250 2.0.0 Go
  C: NOOP
  S* 250 2.0.0 OK now reversing
  `,
);

transcript(
  'the MX profile offers what strangers need (RFC 5321 §2.2)',
  mx,
  `
  S* 220
  C: EHLO client.example
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-BINARYMIME
  S: 250-DSN
  S: 250-LIMITS MAILMAX=10000 RCPTMAX=1000
  S: 250 STARTTLS
  `,
);

transcript(
  'the submission profile: no mail before TLS and authentication (RFC 6409 §4.3, RFC 8314 §3.3)',
  { ...submission, extensions: [...submission.extensions, auth({ mechanisms: ['PLAIN'] })] },
  `
  == in clear, only STARTTLS helps (RFC 3207 §4)
  S* 220
  C: NOOP
  C: HELO my_pc
  C: MAIL FROM:<>
  C: RSET
  C: VRFY tim
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: QUIT
  S* 250 2.0.0
  S* 250
  S* 530 5.7.0
  S* 530 5.7.0
  S* 530 5.7.0
  S* 530 5.7.0
  S* 221

  == within TLS, authentication comes before mail (RFC 4954 §6)
  S* 220
  C: EHLO my_pc
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-DELIVERBY
  S* 250 MT-PRIORITY
  C: STARTTLS
  S* 220 2.0.0
  @ tls
  C: MAIL FROM:<tim@example.org>
  C: EHLO my_pc
  C: MAIL FROM:<tim@example.org>
  C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
  C: MAIL FROM:<tim@example.org>
  S* 503 5.5.1
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-REQUIRETLS
  S* 250-DELIVERBY
  S* 250-MT-PRIORITY
  S: 250 AUTH PLAIN
  S* 530 5.7.0
  S* 235 2.7.0
  S* 250 2.1.0
  `,
);

transcript(
  'the LMTP profile: LHLO, and a reply for each recipient (RFC 2033 §4.1, §4.2)',
  lmtp,
  `
  == neither HELO nor EHLO
  S: 220 mx.example.org LMTP mailwright
  C: HELO client.example
  C: EHLO client.example
  S* 500 5.5.2
  S* 500 5.5.2

  == one verdict for each accepted recipient, in their order
  S* 220
  C: LHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  C: RCPT TO:<two@example.net>
  C: RCPT TO:<three@example.net>
  ! rcpt 250 2.1.5 First
  ! rcpt 550 5.1.1 No second
  C: DATA
  S: 250-mx.example.org
  S: 250-ENHANCEDSTATUSCODES
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-BINARYMIME
  S: 250-DSN
  S: 250 LIMITS MAILMAX=10000 RCPTMAX=1000
  S* 250 2.1.0
  S: 250 2.1.5 First
  S: 550 5.1.1 No second
  S* 250 2.1.5
  S* 354
  C: body
  C: .
  ! message 250 2.0.0 In the box | 452 4.2.2 Over quota
  S: 250 2.0.0 In the box
  S: 452 4.2.2 Over quota

  == one verdict for all, or too few: the rest are as usual
  S* 220
  C: LHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  C: RCPT TO:<two@example.net>
  C: BDAT 4 LAST
  C> body
  ! message 554 5.6.0 Spam
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  C: RCPT TO:<two@example.net>
  C: DATA
  C: .
  ! message 550 5.2.1 Not this one | ok
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250
  S* 250
  S* 250
  S: 554 5.6.0 Spam
  S: 554 5.6.0 Spam
  S* 250
  S* 250
  S* 250
  S* 354
  S* 550 5.2.1
  S* 250 2.0.0

  == content refused on its way is refused for each (RFC 2033 §4.2)
  S* 220
  C: LHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  C: RCPT TO:<two@example.net>
  C: DATA
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250
  S* 250
  S* 250
  S* 354
  C> a\\nb\\r\\n.\\r\\n
  S* 550 5.6.11
  S* 550 5.6.11

  == without an accepted recipient DATA is 503 (RFC 2033 §4.2)
  S* 220
  C: LHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  ! rcpt 550 5.1.1 Nobody
  C: DATA
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250
  S* 550 5.1.1
  S* 503 5.5.1

  == 421 for one ends the session: no reply follows it (RFC 5321 §3.8)
  S* 220
  C: LHLO client.example
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<one@example.net>
  C: RCPT TO:<two@example.net>
  C: DATA
  C: .
  ! message 421 4.3.2 Going down
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250-
  S* 250
  S* 250
  S* 250
  S* 250
  S* 354
  S: 421 4.3.2 Going down
  `,
);
