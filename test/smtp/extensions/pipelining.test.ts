/** PIPELINING (RFC 2920). */
import { pipelining } from 'mailwright/smtp';
import { transcript } from '../scripted-host.ts';

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
