import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { PeerAddress } from 'mailwright/machine';
import { Certificates, selfSignedCertificate, tlsUpgrade } from 'mailwright/node';
import { lmtp, reply } from 'mailwright/smtp';
import {
  greylisting,
  type PeerRule,
  ScriptedPeer,
  type ScriptedPeerOptions,
  SeededRandom,
  VirtualClock,
  VirtualNetwork,
  virtualTlsClient,
  virtualTlsUpgrade,
} from 'mailwright/testing';
import { memoryUsers } from 'mailwright/users';
import { createTransport } from 'nodemailer';

const at = { family: 'ipv4', address: '192.0.2.25', port: 25 } as const satisfies PeerAddress;

/** A peer on a virtual network, and clients that say what they are given, all at once. */
function world(options: ScriptedPeerOptions = {}) {
  const clock = new VirtualClock({ start: 0 });
  const network = new VirtualNetwork({ clock, random: new SeededRandom(1).fraction, latency: () => 1 });
  const peer = new ScriptedPeer({ ...options, clock });
  network.listen(at.address, at.port, peer.serve);
  const open = () => network.from('198.51.100.1')(at, { signal: new AbortController().signal });
  /** Says it, and returns what the peer said to it, line by line, with what happened to the connection. */
  const talk = async (said: string): Promise<string[]> => {
    let heard = '';
    const listen = (socket: Duplex) => {
      socket.on('data', (chunk) => (heard += chunk));
      socket.on('end', () => (heard += '\r\n(end)'));
      socket.on('error', (error: NodeJS.ErrnoException) => (heard += `\r\n(${error.code})`));
      socket.write(said);
      return socket;
    };
    const connected = open().then(listen);
    await clock.run({ until: clock.now() + 60_000 });
    (await connected).destroy();
    await clock.run({ until: clock.now() + 1000 });
    return heard.split('\r\n').filter((line) => line !== '');
  };
  return { clock, network, peer, talk, open };
}

const envelope = 'HELO me.example\r\nMAIL FROM:<a@me.example>\r\nRCPT TO:<b@example.org>\r\n';
const session = `${envelope}DATA\r\nSubject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n`;

/** The first words of what was heard, in one line. */
const brief = (heard: readonly string[]) => heard.map((line) => line.slice(0, 15).split(' ', 1)[0]).join(' ');

test('a peer without a script is a good server, and writes down what it was sent', async () => {
  const { peer, talk } = world();
  const heard = await talk(session);
  assert.equal(brief(heard), '220 250 250 250 354 250 221 (end)');
  assert.deepEqual(peer.connections[0]?.commands, [
    'HELO me.example',
    'MAIL FROM:<a@me.example>',
    'RCPT TO:<b@example.org>',
    'DATA',
    'QUIT',
  ]);
  assert.equal(peer.connections[0]?.end, 'quit');
  const [message] = peer.messages;
  assert.equal(message?.from, 'a@me.example');
  assert.deepEqual(message?.recipients, [{ path: 'b@example.org', parameters: {} }]);
  assert.equal(String(message?.octets), 'Subject: hello\r\n\r\n.dot\r\n');
  assert.deepEqual(message?.taken, [true]);
  assert.equal(peer.open, 0);
});

test('content by BDAT and empty content are written down exactly', async () => {
  const { peer, talk } = world();
  await talk(
    `${envelope.replace('HELO', 'EHLO')}BDAT 4\r\na\r\n.BDAT 3 LAST\r\n\r\n.RSET\r\n${envelope}DATA\r\n.\r\nQUIT\r\n`,
  );
  assert.deepEqual(
    peer.messages.map(({ octets }) => String(octets)),
    ['a\r\n.\r\n.', ''],
  );
  assert.equal(peer.connections[0]?.end, 'quit');
});

/** A rule; what a client hears that sends `session`; whether the peer took the message, where it came that far. */
const table: readonly (readonly [name: string, rule: PeerRule, heard: string, taken?: boolean])[] = [
  [
    'a refusal at the door',
    { at: 'connect', reply: reply(554, '5.7.1', 'go away'), end: 'close' },
    '554 (end)',
  ],
  ['no greeting', { at: 'connect', reply: '', end: 'stall' }, ''],
  [
    'garbage for a greeting',
    { at: 'connect', reply: 'SSH-2.0-OpenSSH\r\n', end: 'close' },
    'SSH-2.0-OpenSSH (end)',
  ],
  ['HELO is not known', { at: 'helo', reply: reply(502, '5.5.1', 'what?'), end: 'close' }, '220 502 (end)'],
  [
    'a reply of its own to HELO',
    { at: 'helo', reply: '250-peer\r\n250 X-ODD\r\n' },
    '220 250-peer 250 250 250 354 250 221 (end)',
    true,
  ],
  [
    'a refused sender',
    { at: 'mail', path: '@ME.example', reply: '550-one\r\n550 two\r\n', end: 'close' },
    '220 250 550-one 550 (end)',
  ],
  [
    'a refused recipient',
    { at: 'rcpt', path: 'b@example.org', reply: reply(550, '5.1.1', 'no'), end: 'close' },
    '220 250 250 550 (end)',
  ],
  [
    'a positive reply of its own',
    { at: 'rcpt', reply: '251 will forward\r\n' },
    '220 250 250 251 354 250 221 (end)',
    true,
  ],
  ['421, and it goes', { at: 'rcpt', reply: reply(421, '4.3.2', 'bye') }, '220 250 250 421 (end)'],
  [
    'half a line, and the connection breaks',
    { at: 'rcpt', reply: '25', end: 'reset' },
    '220 250 250 25 (ECONNRESET)',
  ],
  ['it hangs up before the reply to DATA', { at: 'data', reply: '', end: 'close' }, '220 250 250 250 (end)'],
  [
    'the connection breaks within the content',
    { at: 'data', octets: 5, end: 'reset' },
    '220 250 250 250 354 (ECONNRESET)',
  ],
  [
    'it says no within the content and goes',
    { at: 'data', octets: 5, reply: reply(421, '4.3.2', 'enough') },
    '220 250 250 250 354 421 (end)',
  ],
  [
    'it refuses the message',
    { at: 'message', reply: reply(554, '5.6.0', 'spam') },
    '220 250 250 250 354 554 221 (end)',
    false,
  ],
  [
    'it takes the message and dies before it says so',
    { at: 'message', reply: '', end: 'reset' },
    '220 250 250 250 354 (ECONNRESET)',
    true,
  ],
  [
    'it takes the message, says so, and dies',
    { at: 'message', end: 'reset' },
    '220 250 250 250 354 250 (ECONNRESET)',
    true,
  ],
  ['it does not say goodbye', { at: 'quit', reply: '', end: 'stall' }, '220 250 250 250 354 250', true],
];

for (const [name, rule, heard, taken] of table) {
  test(`a script: ${name}`, async () => {
    const { peer, talk } = world({ script: [rule] });
    assert.equal(brief(await talk(session)), heard);
    assert.equal(peer.messages[0]?.taken[0], taken);
  });
}

test('a slow reply comes late, and a wait ends with the connection', async () => {
  const { clock, network, peer, open } = world({ script: [{ at: 'mail', after: 5000 }] });
  const heard: [number, string][] = [];
  const connected = open().then((socket) => {
    socket.on('data', (chunk) => heard.push([clock.now(), String(chunk).slice(0, 3)]));
    socket.write('HELO me.example\r\nMAIL FROM:<a@me.example>\r\n');
    return socket;
  });
  await clock.run({ until: 10_000 });
  assert.deepEqual(heard, [
    [2, '220'],
    [4, '250'],
    [5004, '250'],
  ]);
  (await connected).write('RSET\r\nMAIL FROM:<a@me.example>\r\n');
  await clock.run({ until: 11_000 });
  network.crash('198.51.100.1');
  await clock.run();
  assert.equal(clock.now(), 11_001);
  assert.equal(peer.open, 0);
});

test('an idle client is sent away, one that goes on is not', async () => {
  const idle: PeerRule = { at: 'idle', after: 30_000, reply: reply(421, '4.4.2', 'idle') };
  const { clock, peer, open } = world({ script: [idle] });
  let heard = '';
  const connected = open().then((socket) => {
    socket.on('data', (chunk) => (heard += chunk));
    return socket;
  });
  await clock.run({ until: 20_000 });
  (await connected).write('NOOP\r\n');
  await clock.run({ until: 45_000 });
  assert.equal(peer.open, 1);
  await clock.run();
  assert.match(heard, /421 4\.4\.2 idle\r\n$/);
  assert.equal(peer.connections[0]?.closedAt, 50_003);
});

test('rules pass over occasions and run out; the first that fits decides', async () => {
  const script: PeerRule[] = [
    { at: 'rcpt', path: 'c@example.org', reply: reply(550, '5.1.1', 'no') },
    { at: 'rcpt', skip: 1, times: 2, reply: reply(450, '4.2.0', 'later') },
  ];
  const { talk } = world({ script });
  const rcpt = (name: string) => `RCPT TO:<${name}@example.org>\r\n`;
  const said = `HELO me.example\r\nMAIL FROM:<>\r\n${['b', 'c', 'b', 'b', 'b'].map(rcpt).join('')}`;
  const codes = (await talk(said)).map((line) => line.slice(0, 3));
  assert.deepEqual(codes, ['220', '250', '250', '250', '550', '450', '450', '250']);
});

test('greylisting refuses whom it does not know, until some time has passed', async () => {
  const { clock, talk } = world({ script: [greylisting(300_000)] });
  const last = async () => (await talk(envelope)).at(-1)?.slice(0, 9);
  assert.equal(await last(), '451 4.7.1');
  assert.equal(await last(), '451 4.7.1');
  await clock.run({ until: clock.now() + 300_000 });
  assert.equal(await last(), '250 2.1.5');
});

test('LMTP: a reply for each recipient, each with its own script', async () => {
  const { peer, talk } = world({
    server: { ...lmtp, extensions: [] },
    script: [{ at: 'message', path: 'c@example.org', reply: reply(552, '5.2.2', 'full') }],
  });
  const said = `${envelope.replace('HELO', 'LHLO')}RCPT TO:<c@example.org>\r\nDATA\r\n.\r\n`;
  const heard = await talk(said);
  assert.match(heard.at(-2) ?? '', /^250 /);
  assert.equal(heard.at(-1), '552 5.2.2 full');
  assert.deepEqual(peer.messages[0]?.taken, [true, false]);
});

test('virtual TLS: what is said under it, and what a script makes of the handshake', async () => {
  const upgrade = virtualTlsUpgrade({ names: ['mx.example.org'], flaw: 'certificate-expired' });
  const handshakes = [
    [{}, 'any', 'ok'],
    [{}, 'pkix', 'certificate-expired'],
    [{ end: 'close' }, 'any', 'validation-failure'],
    [{ reply: 'what?\r\n' }, 'any', 'validation-failure'],
  ] as const;
  for (const [reaction, kind, expected] of handshakes) {
    const acts = Object.keys(reaction).length > 0;
    const { clock, peer, open } = world({ upgrade, script: acts ? [{ at: 'handshake', ...reaction }] : [] });
    const connected = open().then(async (socket) => {
      socket.write('EHLO me.example\r\nSTARTTLS\r\n');
      let heard = '';
      await new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          heard += chunk;
          if (/^220 2\.0\.0 .*\r\n/m.test(heard)) resolve();
        });
      });
      socket.removeAllListeners('data');
      const certificate = kind === 'any' ? { kind } : { kind, names: ['mx.example.org'] };
      return await virtualTlsClient(socket, { host: 'mx.example.org', certificate });
    });
    await clock.run();
    const secured = await connected;
    assert.equal(secured.ok ? (secured.flaw?.why ?? 'ok') : secured.why, expected);
    if (!secured.ok) continue;
    assert.equal(peer.connections[0]?.tls?.servername, 'mx.example.org');
    secured.socket.resume().write(session);
    await clock.run();
    assert.equal(peer.messages.length, 1);
    assert.equal(peer.open, 0);
  }
});

const certificate = selfSignedCertificate({ names: ['localhost'] });

test('over a socket, with TLS and AUTH, for a client of another making', async () => {
  const credentials = memoryUsers({ ann: 'correct horse' });
  const peer = new ScriptedPeer({
    credentials,
    upgrade: tlsUpgrade(new Certificates(certificate)),
    script: [{ at: 'message', times: 1, reply: reply(451, '4.3.0', 'once more') }],
  });
  const port = await peer.listen();
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    auth: { user: 'ann', pass: 'correct horse' },
    tls: { rejectUnauthorized: false },
  });
  const mail = {
    from: 'a@me.example',
    to: ['b@example.org', 'c@example.org'],
    raw: 'Subject: x\r\n\r\ny\r\n',
  };
  await assert.rejects(transport.sendMail(mail), { responseCode: 451 });
  await transport.sendMail(mail);
  transport.close();
  const messages = await peer.waitForMessages(2);
  assert.deepEqual(
    messages.map(({ taken, recipients }) => [taken, recipients.map(({ path }) => path)]),
    [
      [
        [false, false],
        ['b@example.org', 'c@example.org'],
      ],
      [
        [true, true],
        ['b@example.org', 'c@example.org'],
      ],
    ],
  );
  const [connection] = peer.connections;
  assert.equal(connection?.user, 'ann');
  assert.equal(connection?.tls?.version, 'TLSv1.3');
  assert.ok(
    !JSON.stringify(peer.connections).includes(Buffer.from('correct horse').toString('base64').slice(0, 8)),
  );
  await peer.close();
  assert.equal(peer.open, 0);
});

test('over a socket, TLS from the first octet, and a reset', async () => {
  const peer = new ScriptedPeer({
    upgrade: tlsUpgrade(new Certificates(certificate)),
    implicitTls: true,
    script: [{ at: 'rcpt', reply: '', end: 'reset' }],
  });
  const port = await peer.listen();
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: true,
    tls: { rejectUnauthorized: false },
  });
  const mail = { from: 'a@me.example', to: 'b@example.org', raw: 'Subject: x\r\n\r\ny\r\n' };
  await assert.rejects(transport.sendMail(mail));
  assert.equal(peer.connections[0]?.tls?.version, 'TLSv1.3');
  await peer.close();

  const refused = connect(port, '127.0.0.1');
  await new Promise((resolve) => refused.once('error', resolve));
});
