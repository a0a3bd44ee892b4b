/** SMTPUTF8 (RFC 6531). */
import { eightBitMime, pipelining, smtputf8 } from 'mailwright/smtp';
import { transcript } from '../scripted-host.ts';

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
