/** From the greeting to the first `ready`. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SmtpClientEvent } from 'mailwright/smtp';
import { tls } from './back-to-back.ts';
import { ScriptedClient, transcript } from './scripted-client.ts';

suite('greeting (RFC 5321 §3.1)', () => {
  transcript(
    'EHLO follows 220, and one line is enough',
    {},
    `
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250 mx.example.org
    `,
    { events: ['ready'] },
  );
  transcript(
    'several lines, and a code without text (RFC 5321 §4.2.1)',
    {},
    `
    S: 220-mx.example.org
    S: 220
    C: EHLO client.example
    S: 250
    `,
    { events: ['ready'] },
  );
  transcript(
    '554: QUIT is all that is left',
    {},
    `
    S: 554 5.7.1 go away
    C: QUIT
    `,
    { events: ['close'], failure: 'refused greeting' },
  );
  transcript('421: the server is gone by then (RFC 5321 §3.8)', {}, 'S: 421 4.3.2 later\n', {
    failure: 'refused greeting',
  });
  transcript('3yz is no greeting', {}, 'S: 354 go on\n', { failure: 'protocol greeting' });
  transcript('silence', {}, '@ expire\n', { failure: 'timeout greeting' });
  transcript('the server closes', {}, 'S> 220 mx\n@ end\n', { failure: 'gone greeting' });
  transcript('HTTP is no SMTP', {}, 'S: HTTP/1.1 400 Bad Request\n', { failure: 'protocol greeting' });
});

suite('EHLO, and what follows where it is refused (RFC 5321 §3.2)', () => {
  for (const code of [500, 501, 502, 504, 550, 554]) {
    transcript(
      `${code} brings HELO`,
      {},
      `
      S: 220 mx.example.org
      C: EHLO client.example
      S: ${code} what?
      C: HELO client.example
      S: 250 mx.example.org
      `,
      { events: ['ready'] },
    );
  }
  transcript(
    'HELO refused',
    {},
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 502 what?
    C: HELO client.example
    S: 550 no
    C: QUIT
    `,
    { failure: 'refused hello' },
  );
  transcript(
    '450 to EHLO is no reason for HELO',
    {},
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 450 4.7.1 later
    C: QUIT
    `,
    { failure: 'refused hello' },
  );
  transcript(
    'LMTP says LHLO, and nothing instead (RFC 2033 §4.1)',
    { client: { protocol: 'lmtp' } },
    `
    S: 220 mx.example.org LMTP
    C: LHLO client.example
    S: 500 what?
    C: QUIT
    `,
    { failure: 'refused hello' },
  );
});

const offer = `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 STARTTLS
    C: STARTTLS
`;

suite('STARTTLS (RFC 3207 §4)', () => {
  transcript(
    'EHLO is said again, and what was offered in clear counts no more (RFC 3207 §4.2)',
    { client: { credentials: { type: 'external' } } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250-AUTH EXTERNAL
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 2.0.0 go ahead
    @ tls
    C: EHLO client.example
    S: 250 mx.example.org
    C: QUIT
    `,
    { events: ['upgrade', 'close'], failure: 'auth-missing auth' },
  );
  // Not as transcripts: what a driver has not read yet, the handshake gets, and fails.
  for (const chunks of [['220 go ahead\r\n2'], ['220 go ahead\r\n250 mx\r\n'], ['220 go ahead\r\n', '\0']]) {
    test(`what came behind the reply could be anybody's (CVE-2011-0411): ${JSON.stringify(chunks)}`, () => {
      const { machine } = new ScriptedClient({});
      const events: SmtpClientEvent[] = [];
      let said = '';
      for (const chunk of ['220 mx\r\n', '250-mx\r\n250 STARTTLS\r\n', ...chunks]) {
        machine.receive(Buffer.from(chunk));
        for (let event = machine.next(); event !== null; event = machine.next()) events.push(event);
        said += Buffer.concat(machine.takeOutput());
      }
      const last = events.at(-1);
      assert.ok(
        last?.type === 'close' && last.failure?.why === 'protocol' && last.failure.stage === 'starttls',
      );
      assert.equal(said, 'EHLO client.example\r\nSTARTTLS\r\n');
    });
  }
  transcript(
    'the handshake fails',
    {},
    `${offer}
    S: 220 go ahead
    @ tls-failed the certificate is that of example.com
    `,
    { events: ['upgrade', 'close'], failure: 'tls-failed handshake' },
  );
  transcript(
    'refused where it was only wished for: on in clear (RFC 7435 §3)',
    {},
    `${offer}
    S: 454 4.3.0 no certificate today
    `,
    { events: ['ready'] },
  );
  transcript(
    'refused where it is required',
    { client: { starttls: 'required' } },
    `${offer}
    S: 454 4.3.0 no certificate today
    C: QUIT
    `,
    { failure: 'tls-missing starttls' },
  );
  transcript(
    '421 is no refusal of TLS',
    { client: { starttls: 'required' } },
    `${offer}
    S: 421 4.3.2 bye
    `,
    { failure: 'refused starttls' },
  );
  transcript(
    'required, and not offered',
    { client: { starttls: 'required' } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250 mx.example.org
    C: QUIT
    `,
    { failure: 'tls-missing hello' },
  );
  transcript(
    "required, and EHLO unknown: HELO can't bring it",
    { client: { starttls: 'required' } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 502 what?
    C: HELO client.example
    S: 250 mx.example.org
    C: QUIT
    `,
    { failure: 'tls-missing hello' },
  );
  transcript(
    'left alone by request',
    { client: { starttls: 'never' } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 STARTTLS
    `,
    { events: ['ready'] },
  );
  transcript(
    'of no concern where TLS was there from the first octet (RFC 8314 §3.3)',
    { tls, client: { starttls: 'required' } },
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 STARTTLS
    `,
    { events: ['ready'] },
  );
});

suite('QUIT (RFC 5321 §4.1.1.10)', () => {
  const open = `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250 mx.example.org
    @ quit
    C: QUIT
  `;
  for (const [what, line] of Object.entries({
    'its reply': 'S: 221 2.0.0 bye',
    'a refusal of it': 'S: 500 what?',
    'a 421': 'S: 421 4.3.2 bye',
    'what is no reply': 'S: bye',
    'a silent end': '@ end',
    'a lost connection': '@ abandon',
    'no answer': '@ expire',
  })) {
    transcript(`${what} ends the session well`, {}, `${open}${line}\n`, {
      events: ['ready', 'close'],
      failure: null,
    });
  }
  transcript('before the session is open, it just ends', {}, 'S: 220-mx\n@ quit\n', { failure: null });
  transcript(
    '421 while nothing is awaited (RFC 5321 §3.8)',
    {},
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250 mx.example.org
    S: 421 4.4.2 idle for too long
    `,
    { failure: 'refused idle' },
  );
  transcript(
    'another reply that nobody awaits',
    {},
    `
    S: 220 mx.example.org
    C: EHLO client.example
    S: 250 mx.example.org
    S: 250 2.0.0 hello?
    `,
    { failure: 'protocol idle' },
  );
});
