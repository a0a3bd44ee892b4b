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
  mtPriority,
  noSoliciting,
  pipelining,
  requireTls,
  rrvs,
  size,
  smtputf8,
  starttls,
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
