/** Deadlines of mail on its way through servers that know of them, and those that do not (RFC 2852). */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import {
  domainRoutes,
  firstOf,
  localRoute,
  mxRoutes,
  notifier,
  Queue,
  SmtpSender,
} from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { parseMessage } from 'mailwright/mime';
import { SmtpTransport } from 'mailwright/node';
import { deliveryStatusOf } from 'mailwright/reports';
import { deliverBy, dsn, type Extension } from 'mailwright/smtp';
import { type Envelope, MemorySpool, type Recipient } from 'mailwright/spool';
import { ScriptedPeer } from 'mailwright/testing';

const hour = 3_600_000;

interface Case {
  /** What the next server offers. */
  readonly extensions: readonly Extension[];
  readonly by: Omit<NonNullable<Envelope['deliverBy']>, 'at'>;
  readonly notify?: NonNullable<Recipient['notify']>;
}

/** Sends a message with an hour's time; what the next server was told, and what the sender was. */
async function send({ extensions, by, notify }: Case) {
  const peer = new ScriptedPeer({ server: { extensions } });
  const port = await peer.listen();
  const sender = new SmtpSender({ transport: new SmtpTransport() });
  const told: Buffer[] = [];
  const toSender = localRoute(async ({ body }) => {
    told.push(Buffer.concat(await Array.fromAsync(body.open())));
  });
  const queue = new Queue({
    spool: new MemorySpool(),
    router: firstOf(
      domainRoutes({ 'sender.example': toSender }),
      mxRoutes({
        sender,
        resolver: new ZoneResolver({ 'example.org': { A: ['127.0.0.1'] } }),
        hostname: 'us.example',
        port,
        allowAddress: () => true,
      }),
    ),
    notifier: notifier({ hostname: 'us.example' }),
  });
  after(async () => {
    await queue.stop({ within: 100 });
    await sender.close();
    await peer.close();
  });
  await queue.start();
  const envelope: Envelope = {
    from: 'a@sender.example',
    recipients: [{ path: 'b@example.org', ...(notify && { notify }) }],
    deliverBy: { at: Date.now() + hour, ...by },
  };
  await queue.enqueue({ protocol: 'ESMTP', envelope }, Buffer.from('Subject: hello\r\n\r\nhello\r\n'));
  await queue.idle();
  const [message] = peer.messages;
  const { seconds, ...passedOn } = message?.parameters.deliverBy ?? {};
  assert.ok(seconds === undefined || (seconds > 3590 && seconds <= 3600));
  return {
    by: passedOn,
    notify: message?.recipients[0]?.parameters.notify,
    told: told.flatMap((octets) =>
      deliveryStatusOf(parseMessage(octets))?.recipients.map(({ action }) => action),
    ),
  };
}

const notes = { mode: 'notify' } as const;
const traced = { mode: 'notify', trace: true } as const;

suite('a server that keeps deadlines', () => {
  const extensions = [dsn(), deliverBy()];
  test('is told of it, and tells the sender itself (RFC 2852 §4)', async () => {
    assert.deepEqual(await send({ extensions, by: notes, notify: ['success'] }), {
      by: { mode: 'notify', trace: false },
      notify: ['success'],
      told: [],
    });
  });
  test('also where the sender asked for no notices', async () => {
    assert.deepEqual((await send({ extensions, by: notes })).told, []);
  });
  test('and we tell whoever wants to hear of each hop (RFC 2852 §4.1.4)', async () => {
    assert.deepEqual(await send({ extensions, by: traced, notify: ['failure'] }), {
      by: { mode: 'notify', trace: true },
      notify: ['failure'],
      told: ['relayed'],
    });
  });
  test('but nobody who wants to hear nothing', async () => {
    assert.deepEqual((await send({ extensions, by: traced, notify: ['never'] })).told, []);
  });
});

suite('a server that ignores them, where the sender wants to hear (RFC 2852 §4.1.4.2)', () => {
  test('is asked to tell of delay', async () => {
    assert.deepEqual(await send({ extensions: [dsn()], by: notes, notify: ['success'] }), {
      by: {},
      notify: ['success', 'delay'],
      told: [],
    });
  });
  test('is asked to tell of it and of failure by default', async () => {
    assert.deepEqual(await send({ extensions: [dsn()], by: notes }), {
      by: {},
      notify: ['failure', 'delay'],
      told: [],
    });
  });
  test('that tells nobody: we say that the message has left our reach', async () => {
    assert.deepEqual(await send({ extensions: [], by: notes, notify: ['failure'] }), {
      by: {},
      notify: undefined,
      told: ['relayed'],
    });
  });
  test('may not have a message that is to come back instead (RFC 2852 §4.1.4.1)', async () => {
    assert.deepEqual((await send({ extensions: [dsn()], by: { mode: 'return' } })).told, ['failed']);
  });
});
