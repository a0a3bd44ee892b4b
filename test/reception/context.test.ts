/** What of a session is kept with each of its messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverBy, mx, type SmtpConnection, type SmtpServerEvent, SmtpServerMachine } from 'mailwright/smtp';
import type { NewContext } from 'mailwright/spool';
import { contextOf } from '../../src/reception/context.ts';

const remote = { family: 'ipv4', address: '192.0.2.1', port: 40_000 } as const;
const local = { family: 'ipv4', address: '192.0.2.25', port: 465 } as const;

/** The context of a message of a client that says these lines. */
function contextAfter(lines: string, connection: SmtpConnection): NewContext {
  const machine = new SmtpServerMachine(
    { hostname: 'mx.test', extensions: [...mx.extensions, deliverBy()] },
    connection,
  );
  let context: NewContext | undefined;
  const pull = () => {
    for (let event: SmtpServerEvent | null = machine.next(); event !== null; event = machine.next()) {
      if (event.type === 'data') {
        const visit = { session: machine.session, signal: new AbortController().signal, metadata: {} };
        context = contextOf(event.envelope, visit, 1_000_000);
        machine.answer(event, undefined);
      } else if (event.type === 'connect' || event.type === 'helo') machine.answer(event, undefined);
      else if (event.type === 'mail' || event.type === 'rcpt') machine.answer(event, undefined);
    }
  };
  pull();
  machine.receive(Buffer.from(lines));
  pull();
  assert.ok(context);
  return context;
}

test('a context holds the ends of the connection and what TLS established, without the bindings', () => {
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const channelBindings = { 'tls-exporter': new Uint8Array(32) };
  const context = contextAfter(
    'EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n',
    { id: 'session', remote, local, tls: { ...tls, channelBindings } },
  );
  assert.deepEqual(context, {
    receivedAt: 1_000_000,
    protocol: 'ESMTPS',
    peer: { remote, local },
    tls,
    helo: 'client.example',
    envelope: { from: 'a@example.org', recipients: [{ path: 'b@example.net' }] },
    metadata: {},
  });
});

test('what MAIL asked for is kept, relative times as absolute ones (RFC 2852 §4)', () => {
  const context = contextAfter(
    'EHLO client.example\r\nMAIL FROM:<> BY=120;R BODY=8BITMIME RET=HDRS ENVID=x\r\nRCPT TO:<Postmaster>\r\nDATA\r\n',
    { id: 'session', remote, local },
  );
  assert.deepEqual(context.envelope, {
    from: '',
    recipients: [{ path: 'Postmaster' }],
    body: '8bitmime',
    dsn: { ret: 'hdrs', envid: 'x' },
    deliverBy: { at: 1_120_000, mode: 'return' },
  });
});
