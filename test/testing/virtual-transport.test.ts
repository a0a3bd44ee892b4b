/** The client machine, its driver and the transport, as they are, on the virtual network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from 'mailwright/delivery';
import { SmtpTransport, serveSmtp } from 'mailwright/node';
import { mx, type RecipientResult, reply, SmtpServerMachine, type SmtpTransaction } from 'mailwright/smtp';
import {
  type LinkFault,
  type PeerRule,
  ScriptedPeer,
  SeededRandom,
  VirtualClock,
  VirtualNetwork,
  virtualTlsClient,
  virtualTlsUpgrade,
} from 'mailwright/testing';

const message = Buffer.from('Subject: hello\r\n\r\n.\r\n..\r\nworld\r\n');
const body = {
  size: message.length,
  open: async function* () {
    yield message;
  },
};
const transaction: SmtpTransaction = {
  from: 'a@me.example',
  parameters: {},
  recipients: [
    { path: 'b@example.org', parameters: {} },
    { path: 'c@example.org', parameters: {} },
  ],
  size: message.length,
};
const target: Target = {
  host: 'mx.example.org',
  at: { addresses: ['192.0.2.25'], port: 25 },
  protocol: 'smtp',
  hostname: 'me.example',
  tls: { mode: 'opportunistic' },
};

interface Circumstances {
  readonly script?: readonly PeerRule[];
  readonly fault?: LinkFault;
  readonly target?: Partial<Target>;
}

/** Sends the message once, in a world of its own. */
async function sendOnce({ script = [], fault, target: other = {} }: Circumstances) {
  const clock = new VirtualClock({ start: 0 });
  const { fraction: random } = new SeededRandom(1);
  const faults = () => fault;
  const network = new VirtualNetwork({ clock, random, latency: () => 10, faults });
  const upgrade = virtualTlsUpgrade({ names: ['mx.example.org'] });
  const peer = new ScriptedPeer({ clock, script, upgrade });
  network.listen('192.0.2.25', 25, peer.serve);
  const transport = new SmtpTransport({
    connect: network.from('198.51.100.1'),
    secure: virtualTlsClient,
    clock,
  });
  const sent = transport.open({ ...target, ...other }).then(async (opened) => {
    if (!opened.ok) return { failure: opened.failure };
    const { session } = opened;
    const result = await session.send(transaction, body);
    const { tls } = session;
    await session.quit();
    return { result, tls, at: clock.now() };
  });
  await clock.run();
  return { ...(await sent), peer, time: clock.now() };
}

test('a message arrives as it was sent, under TLS, and nothing is left open', async () => {
  const { result, tls, peer } = await sendOnce({});
  assert.deepEqual(
    result?.recipients.map((each) => each.result),
    ['accepted', 'accepted'],
  );
  assert.equal(tls?.servername, undefined);
  assert.equal(peer.connections[0]?.tls?.servername, 'mx.example.org');
  assert.deepEqual(peer.messages[0]?.octets, message);
  assert.equal(peer.connections[0]?.end, 'quit');
  assert.equal(peer.open, 0);
});

const summary = (result: RecipientResult) => {
  switch (result.result) {
    case 'refused':
      return `${result.reply.code} at ${result.stage}`;
    case 'failed':
      return `${result.failure.why} at ${result.failure.stage}${result.ambiguous ? ', ambiguous' : ''}`;
    default:
      return result.result;
  }
};

const troubles: readonly (readonly [name: string, circumstances: Circumstances, outcome: string])[] = [
  [
    'a recipient is refused',
    { script: [{ at: 'rcpt', path: 'b@example.org', reply: reply(550, '5.1.1', 'no') }] },
    '550 at rcpt / accepted',
  ],
  ['a stalled greeting', { script: [{ at: 'connect', reply: '', end: 'stall' }] }, 'timeout at greeting'],
  [
    'a stalled end of data',
    { script: [{ at: 'message', reply: '', end: 'stall' }] },
    'timeout at end-of-data, ambiguous / timeout at end-of-data, ambiguous',
  ],
  [
    'a connection lost after the end of data',
    { script: [{ at: 'message', reply: '', end: 'reset' }] },
    'gone at end-of-data, ambiguous / gone at end-of-data, ambiguous',
  ],
  [
    'a connection lost within the content',
    { script: [{ at: 'data', octets: 5, end: 'reset' }] },
    'gone at end-of-data, ambiguous / gone at end-of-data, ambiguous',
  ],
  ['nobody answers', { fault: { kind: 'blackhole' } }, 'timeout at connect'],
  ['nobody listens', { fault: { kind: 'refuse' } }, 'gone at connect'],
  ['a cut after some octets', { fault: { kind: 'cut', when: { sent: 40 } } }, 'gone at'],
  [
    'no TLS where it is required',
    {
      script: [{ at: 'helo', reply: '250 mx.example.org\r\n' }],
      target: { tls: { mode: 'required', certificate: { kind: 'any' } } },
    },
    'tls-missing at hello',
  ],
  [
    'a certificate for somebody else',
    { target: { tls: { mode: 'required', certificate: { kind: 'pkix', names: ['other.example.org'] } } } },
    'tls-failed at handshake',
  ],
  [
    'a handshake that breaks, in clear then',
    { script: [{ at: 'handshake', end: 'reset' }] },
    'accepted / accepted',
  ],
];

for (const [name, circumstances, expected] of troubles) {
  test(`trouble: ${name}`, async () => {
    const { result, failure, peer } = await sendOnce(circumstances);
    const seen = result?.recipients.map(summary).join(' / ') ?? `${failure?.why} at ${failure?.stage}`;
    assert.ok(seen.startsWith(expected), seen);
    assert.equal(
      peer.connections.filter(({ closedAt, end }) => closedAt === null && end !== 'stalled').length,
      0,
    );
  });
}

test('a real server on the virtual network, with its waits in virtual time', async () => {
  const clock = new VirtualClock({ start: 0 });
  const network = new VirtualNetwork({ clock, random: new SeededRandom(1).fraction });
  const received: string[] = [];
  network.listen('192.0.2.25', 25, (socket, connection) => {
    const machine = new SmtpServerMachine(
      { ...mx, hostname: 'mx.example.org' },
      { id: 'one', ...connection },
    );
    const handlers = {
      data: () => ({
        write: (chunk: Uint8Array) => void received.push(Buffer.from(chunk).toString()),
        end: () => undefined,
        abort: () => {},
      }),
      close: ({ why }: { why: string }) =>
        void received.push(`${why} at ${Math.round(clock.now() / 60_000)} min`),
    };
    serveSmtp(socket, machine, handlers, {
      clock,
      upgrade: virtualTlsUpgrade({ names: ['mx.example.org'] }),
    });
  });
  const transport = new SmtpTransport({
    connect: network.from('198.51.100.1'),
    secure: virtualTlsClient,
    clock,
  });
  void transport.open(target).then(async (opened) => {
    if (opened.ok) await opened.session.send(transaction, body);
  });
  await clock.run({ until: 86_400_000 });
  assert.deepEqual(received, [message.toString(), 'timeout at 5 min']);
});
