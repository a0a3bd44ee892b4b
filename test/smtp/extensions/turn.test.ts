/** ETRN (RFC 1985) and ATRN (RFC 2645). */
import { atrn, auth, etrn } from 'mailwright/smtp';
import { transcript } from '../scripted-host.ts';

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
