/** The profiles: sets of options for the usual roles. */
import { auth, lmtp, mx, submission } from 'mailwright/smtp';
import { transcript } from './scripted-host.ts';

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
