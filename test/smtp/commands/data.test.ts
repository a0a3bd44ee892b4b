/** DATA (RFC 5321 §4.1.1.4). */
import { transcript } from '../scripted-host.ts';

const plain = {};

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
