/** The proxy between clients and a provider that does as it is told, in virtual time. */
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { suite, test } from 'node:test';
import type { MailSession } from 'mailwright/delivery';
import { reply } from 'mailwright/smtp';
import type { PeerRule, PeerScript } from 'mailwright/testing';
import type { RelayTrace } from 'mailwright/upstream';
import { account, type Mail, providerAddress, World } from './world.ts';

const login = `EHLO client.example\r\nAUTH PLAIN ${btoa('\0crm\0secret')}\r\n`;
const allBack = (world: World) => assert.deepEqual(new Set(world.permits), new Set([0]));

suite('a message', () => {
  test('goes out with the account, and the provider has the last word', async () => {
    const world = new World({ script: [{ at: 'message', reply: reply(250, '2.0.0', 'Queued as 17') }] });
    assert.deepEqual(await world.send(), ['250 2.0.0 Queued as 17']);
    const [message] = world.provider.messages;
    assert.equal(message?.from, 'tim@example.com');
    const expected =
      /^Received: from client\.example .*by proxy\.example\.org with ESMTPA.*\r\nSubject: x\r\n\r\ntext\r\n$/s;
    assert.match(String(message?.octets), expected);
    assert.equal(world.provider.connections[0]?.user, 'sales@example.com');
  });

  test('goes to every recipient or to nobody, since there is one reply for all', async () => {
    const script: PeerRule[] = [{ at: 'rcpt', path: 'c@example.net', reply: reply(550, '5.1.1', 'Unknown') }];
    const world = new World({ script });
    const text = '550 5.1.1 <c@example.net>: Unknown';
    const client = await world.client();
    assert.deepEqual(await world.run(world.submit(client, { to: ['b@example.net', 'c@example.net'] })), [
      text,
      text,
    ]);
    assert.equal(world.provider.messages.length, 0);
    assert.match((await world.run(world.submit(client)))[0] ?? '', /^250/);
  });

  test('has a verdict for each recipient over LMTP (RFC 2033 §4.2)', async () => {
    const script: PeerRule[] = [{ at: 'rcpt', path: 'c@example.net', reply: reply(452, '4.2.2', 'Full') }];
    const world = new World({ script });
    const client = await world.client('crm', 'lmtp');
    const [b, c] = await world.run(world.submit(client, { to: ['b@example.net', 'c@example.net'] }));
    assert.match(b ?? '', /^250/);
    assert.equal(c, '452 4.2.2 Full');
    assert.equal(world.provider.messages.length, 1);
  });

  test('that could not be sent at all has the same verdict for each recipient over LMTP', async () => {
    const world = new World({ script: [{ at: 'connect', reply: '', end: 'reset' }] });
    const client = await world.client('crm', 'lmtp');
    const verdicts = await world.run(world.submit(client, { to: ['b@example.net', 'c@example.net'] }));
    assert.match(verdicts.join(), /^451 4\.4\.[12] .*,451 4\.4\.[12] /);
  });

  test('may have its sender replaced, in the envelope and in the From field', async () => {
    const world = new World({ account: { sender: 'sales@example.com' } });
    await world.send({
      from: 'crm@internal',
      text: 'From: "The CRM" <crm@internal>,\r\n x@internal\r\n\r\n',
    });
    await world.send({ from: '', text: 'Subject: no From\r\n\r\n' });
    const seen = world.provider.messages.map(({ from, octets }) => [
      from,
      /^From:.*$/m.exec(String(octets))?.[0],
    ]);
    assert.deepEqual(seen, [
      ['sales@example.com', 'From: The CRM <sales@example.com>'],
      ['', 'From: sales@example.com'],
    ]);
  });

  test('is handed on with what its envelope says, but for who authenticated here (RFC 4954 §5)', async () => {
    const world = new World();
    const parameters = { body: '8BITMIME', ret: 'headers', envid: 'e', auth: 'x@example.org' } as const;
    await world.send({ parameters });
    const { size, ...others } = world.provider.messages[0]?.parameters ?? {};
    assert.deepEqual(others, { body: '8BITMIME', ret: 'headers', envid: 'e' });
    assert.equal(size, world.provider.messages[0]?.octets.length);
  });

  const foreign: readonly [string, Mail, RegExp][] = [
    ['from an address that is not the account’s', { from: 'tim@example.org' }, /^550 5\.7\.1/],
    ['of a user without an account', { user: 'somebody' }, /^550 5\.7\.1/],
    ['from one of its domains', { from: 'tim@EXAMPLE.com' }, /^250/],
    ['without a sender', { from: '' }, /^250/],
  ];
  for (const [name, mail, expected] of foreign) {
    test(`${name} (RFC 6409 §6.1): ${expected.source}`, async () => {
      const world = new World({ account: { domains: ['example.com'] } });
      assert.match((await world.send(mail))[0] ?? '', expected);
    });
  }
});

suite('the client is told', () => {
  const down = reply(421, '4.3.2', 'Going down');
  const cases: readonly [string, PeerRule, string][] = [
    ['a refusal', { at: 'message', reply: reply(554, '5.7.1', 'Spam') }, '554 5.7.1 Spam'],
    ['a deferral', { at: 'rcpt', reply: reply(450, '4.2.1', 'Busy') }, '450 4.2.1 Busy'],
    ['all lines', { at: 'mail', reply: reply(550, '5.7.60', ['No', 'SendAs']) }, '550 5.7.60 No / SendAs'],
    [
      '421 without ending its own session',
      { at: 'message', reply: down, end: 'close' },
      '451 4.3.2 Going down',
    ],
    [
      '4yz when the provider wants nobody',
      { at: 'connect', reply: '554 No\r\n', end: 'close' },
      '451 4.3.2 No',
    ],
    [
      '4yz when the token is taken by nobody',
      { at: 'auth', reply: '535 5.7.8 token-1 is bad\r\n' },
      '451 4.7.0 The provider did not take the access token',
    ],
    ['4yz when the provider dies in the middle', { at: 'data', octets: 9, end: 'reset' }, '451 4.4.2 '],
    ['4yz when it may have been sent (RFC 1047)', { at: 'message', reply: '', end: 'reset' }, '451 4.4.2 '],
    ['4yz when the provider falls silent', { at: 'message', end: 'stall', reply: '' }, '451 4.4.2 '],
  ];
  for (const [name, rule, expected] of cases) {
    test(name, async () => {
      const world = new World({ script: [rule] });
      const client = await world.client();
      const [verdict = ''] = await world.run(world.submit(client));
      assert.equal(verdict.slice(0, expected.length), expected);
      assert.ok(client.idle, 'the session goes on');
      await world.pass(70_000);
      allBack(world);
    });
  }

  test('at once what the provider is known not to take', async () => {
    const world = new World({ provider: { limits: { message: 300 } } });
    assert.match((await world.send({ text: `\r\n${'x'.repeat(400)}\r\n` }))[0] ?? '', /^552 5\.3\.4/);
    assert.match(
      (await world.send({ to: ['jürgen@example.net'], parameters: { smtputf8: true } }))[0] ?? '',
      /^250/,
    );
  });

  test('that it must log in first (RFC 4954 §6)', async () => {
    const world = new World({ server: { requireAuth: false } });
    await world.breakOff(
      'EHLO client.example\r\nMAIL FROM:<tim@example.com>\r\nRCPT TO:<b@example.net>\r\n',
      100,
    );
    assert.equal(world.provider.connections.length, 0);
  });
});

suite('tokens', () => {
  test('are asked for once, however many messages wait for one', async () => {
    const world = new World({ account: { limits: { atOnce: 50 } } });
    const clients = await world.clients(50);
    const verdicts = await world.run(Promise.all(clients.map((client) => world.submit(client))));
    assert.ok(verdicts.every(([verdict]) => verdict?.startsWith('250')));
    assert.equal(world.endpoint.asked.length, 1);
  });

  test('that were revoked are replaced, once for all, and the messages sent over new sessions', async () => {
    const world = new World({
      account: { limits: { atOnce: 5 } },
      script: [
        { at: 'mail', skip: 5, times: 5, reply: reply(530, '5.7.57', 'Client was not authenticated') },
      ],
    });
    const clients = await world.clients(5);
    const all = () => world.run(Promise.all(clients.map((client) => world.submit(client))));
    await all();
    world.good = new Set(['token-2']);
    assert.ok((await all()).every(([verdict]) => verdict?.startsWith('250')));
    assert.equal(world.endpoint.asked.length, 2);
    assert.equal(world.provider.messages.length, 10);
  });

  test('that the provider no longer takes when a session begins are replaced too', async () => {
    const world = new World();
    world.good = new Set(['token-2']);
    assert.match((await world.send())[0] ?? '', /^250/);
    assert.equal(world.endpoint.asked.length, 2);
  });

  test('that are not to be had make the client wait, and say nothing of why that is secret', async () => {
    const world = new World();
    const body = { error: 'invalid_grant', error_description: 'refresh-token was revoked' };
    world.endpoint.says = [{ status: 400, body }];
    const expected = ['451 4.7.0 The account has no access token (invalid_grant)'];
    assert.deepEqual(await world.send(), expected);
    assert.deepEqual(await world.send(), expected);
    assert.equal(world.endpoint.asked.length, 1);
    assert.equal(world.provider.connections.length, 0);
  });
});

suite('sessions with the provider', () => {
  test('are used again, by whoever comes, and ended after a while', async () => {
    const world = new World();
    for (let count = 0; count < 3; count += 1) await world.send();
    assert.equal(world.provider.connections.length, 1);
    assert.equal(world.upstream.statistics().accounts['sales']?.idle, 1);
    await world.pass(61_000);
    assert.equal(world.provider.connections[0]?.end, 'quit');
    assert.equal(world.upstream.statistics().accounts['sales']?.idle, 0);
  });

  test('take so many messages, and for so long', async () => {
    const world = new World({ upstream: { sessions: { messages: 2, age: 100_000, idle: 200_000 } } });
    for (let count = 0; count < 5; count += 1) await world.send();
    assert.equal(world.provider.connections.length, 3);
    await world.pass(100_000);
    await world.send();
    await world.send();
    assert.equal(world.provider.connections.length, 4);
  });

  test('that died unseen cost no message', async () => {
    const dying: (PeerRule | PeerScript)[] = [
      { at: 'mail', connection: 1, skip: 1, reply: reply(421, '4.4.2', 'Idle for too long'), end: 'close' },
      ({ stage, connection, transaction }) =>
        stage === 'idle' && connection === 2 && transaction === 1 ? { after: 3000, end: 'reset' } : undefined,
    ];
    const world = new World({ script: dying });
    for (let count = 0; count < 3; count += 1) {
      assert.match((await world.send())[0] ?? '', /^250/);
      await world.pass(5000);
    }
    assert.equal(world.provider.connections.length, 3);
  });

  test('are not tried for a while when the provider cannot be reached', async () => {
    const world = new World({
      faults: ({ port, to }) => (to === providerAddress && port === 587 ? { kind: 'refuse' } : undefined),
    });
    for (let count = 0; count < 8; count += 1) assert.match((await world.send())[0] ?? '', /^451 4\.4\.1/);
    assert.equal(world.upstream.statistics().sessions.failed, 5);
    await world.pass(31_000);
    await world.send();
    assert.equal(world.upstream.statistics().sessions.failed, 6);
  });

  test('are ended when the proxy closes, which refuses what comes then', async () => {
    const world = new World();
    const client = await world.client();
    await world.run(world.submit(client));
    await world.run(world.upstream.close());
    assert.equal(world.provider.connections[0]?.end, 'quit');
    assert.match((await world.run(world.submit(client)))[0] ?? '', /421|failed/);
  });

  test('that take too long when the proxy closes are cut off', async () => {
    const world = new World({ script: [{ at: 'message', end: 'stall', reply: '' }] });
    const client = await world.client();
    const verdict = world.submit(client);
    await world.pass(1000);
    await world.run(world.upstream.close(5000));
    assert.match((await world.run(verdict))[0] ?? '', /^451/);
    allBack(world);
  });
});

suite('who goes away', () => {
  const mail = 'MAIL FROM:<tim@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n';

  test('in the middle of the content costs the provider nothing', async () => {
    const world = new World();
    await world.breakOff(`${login}${mail}Subject: x\r\n`, 1000);
    await world.pass(1000);
    assert.equal(world.provider.connections.length, 0);
    assert.equal(world.upstream.statistics().verdicts.abandoned, 1);
    allBack(world);
  });

  test('while the provider thinks has the message cancelled (RFC 5321 §4.1.1.10)', async () => {
    const world = new World({ script: [{ at: 'message', after: 60_000 }] });
    await world.breakOff(`${login}${mail}Subject: x\r\n\r\n.\r\n`, 1000);
    await world.pass(1000);
    allBack(world);
    assert.equal(world.upstream.statistics().verdicts.abandoned, 1);
  });

  test('while waiting in line leaves it', async () => {
    const world = new World({
      script: [{ at: 'message', after: 20_000 }],
      account: { limits: { atOnce: 1 } },
    });
    const client = await world.client();
    const verdict = world.submit(client);
    await world.pass(1000);
    await world.breakOff(`${login}${mail}Subject: x\r\n\r\n.\r\n`, 1000);
    await world.pass(100);
    assert.equal(world.upstream.statistics().accounts['sales']?.waiting, 0);
    assert.match((await world.run(verdict))[0] ?? '', /^250/);
    await world.pass(1000);
    allBack(world);
  });
});

suite('limits', () => {
  const submitAll = async (world: World, count: number): Promise<string[]> => {
    const clients = await world.clients(count);
    const verdicts = await world.run(Promise.all(clients.map((client) => world.submit(client))));
    return verdicts.map(([verdict = '']) => verdict.slice(0, 9));
  };

  test('of an account: so many at once, and the others wait', async () => {
    const world = new World({
      script: [{ at: 'message', after: 500 }],
      account: { limits: { atOnce: 3 } },
    });
    assert.deepEqual(new Set(await submitAll(world, 12)), new Set(['250 2.0.0']));
    assert.equal(world.provider.mostOpen, 3);
    allBack(world);
  });

  test('of an account: so many in a minute and an hour, and the others wait or come again', async () => {
    const world = new World({
      account: { limits: { perMinute: 2, perHour: 5 } },
      upstream: { patience: 130_000 },
    });
    const begun = world.clock.now();
    const verdicts = await submitAll(world, 7);
    assert.equal(verdicts.filter((verdict) => verdict === '250 2.0.0').length, 5);
    assert.equal(verdicts.filter((verdict) => verdict === '451 4.3.2').length, 2);
    const minutes = world.provider.messages.map(({ at }) => Math.floor((at - begun) / 60_000));
    assert.deepEqual(minutes, [0, 0, 1, 1, 2]);
  });

  test('of all accounts together', async () => {
    const accounts = ['a', 'b', 'c'].map((id) => account({ id, domains: [`${id}.example`] }));
    const world = new World({
      accounts,
      script: [{ at: 'message', after: 500 }],
      upstream: { atOnce: 2 },
    });
    const clients = await world.clients(3);
    const submitted = clients.map((client, index) =>
      world.submit(client, { from: `x@${accounts[index]?.id}.example` }),
    );
    await world.pass(300);
    assert.deepEqual(world.upstream.statistics().messages, { inUse: 2, waiting: 1, limit: 2 });
    await world.run(Promise.all(submitted));
    allBack(world);
  });

  test('of one account are no matter of another, however slow its provider', async () => {
    const accounts = ['a', 'b'].map((id) =>
      account({ id, domains: [`${id}.example`], limits: { atOnce: 2 } }),
    );
    const world = new World({
      accounts,
      script: [
        ({ stage, from }) =>
          stage === 'message' && from.endsWith('@a.example') ? { after: 20_000 } : undefined,
      ],
    });
    const slow = (await world.clients(6)).map((client) => world.submit(client, { from: 'x@a.example' }));
    const begun = world.clock.now();
    for (let count = 0; count < 5; count += 1) {
      assert.match((await world.send({ from: 'x@b.example' }))[0] ?? '', /^250/);
    }
    assert.ok(world.clock.now() - begun < 2000);
    assert.equal(world.upstream.statistics().accounts['a']?.waiting, 4);
    await world.run(Promise.all(slow));
  });

  test('of an account may change, and its grant, while messages are on their way', async () => {
    let current = account({ limits: { atOnce: 1 } });
    const world = new World({
      upstream: { accounts: { find: () => current } },
      script: [{ at: 'message', after: 2000 }],
    });
    const clients = await world.clients(3);
    const [first, ...others] = clients.slice(0, 2).map((client) => world.submit(client));
    await world.pass(1000);
    assert.equal(world.upstream.statistics().accounts['sales']?.waiting, 1);
    current = account({ limits: { atOnce: 3 }, grant: { ...current.grant, clientId: 'another' } });
    others.push(world.submit(clients[2] as MailSession));
    await world.pass(500);
    assert.deepEqual(world.upstream.statistics().messages.inUse, 3);
    assert.match(String(await world.run(Promise.all([first, ...others]))), /^250.*,250.*,250/);
    assert.deepEqual(
      world.endpoint.asked.map((form) => form['client_id']),
      ['client', 'another'],
    );
    await world.pass(100_000);
    allBack(world);
  });

  test('of patience: who has waited long enough comes again', async () => {
    const world = new World({
      script: [{ at: 'message', after: 60_000 }],
      account: { limits: { atOnce: 1 } },
    });
    assert.deepEqual((await submitAll(world, 3)).sort(), ['250 2.0.0', '451 4.3.2', '451 4.3.2']);
  });

  test('of the line: who cannot even wait is told before he sends the content', async () => {
    const world = new World({
      script: [{ at: 'message', after: 5000 }],
      account: { limits: { atOnce: 1 } },
      upstream: { line: 1 },
    });
    const [one, two, three] = (await world.clients(3)) as [MailSession, MailSession, MailSession];
    const first = world.submit(one);
    await world.pass(1000);
    const second = world.submit(two);
    await world.pass(1000);
    assert.match((await world.run(world.submit(three)))[0] ?? '', /^451 4\.3\.2 Too many/);
    assert.match(String(await world.run(Promise.all([first, second]))), /^250.*,250/);
  });

  test('of memory: who finds none waits, and who needs more than he said is sent away', async () => {
    const world = new World({ upstream: { memory: 40_000, patience: 5000 } });
    const client = await world.client();
    const large = { text: `\r\n${'x'.repeat(50_000)}\r\n` };
    assert.match((await world.run(world.submit(client, large)))[0] ?? '', /^452 4\.3\.1/);
    assert.match((await world.run(world.submit(client)))[0] ?? '', /^250/);
    allBack(world);
  });

  test('of time: a message has its verdict before the client gives up (RFC 5321 §4.5.3.2.6)', async () => {
    const world = new World({
      script: [
        { at: ['mail', 'rcpt', 'data'], after: 55_000 },
        { at: 'message', after: 290_000 },
      ],
      upstream: { deadline: 300_000 },
    });
    const begun = world.clock.now();
    assert.match((await world.send())[0] ?? '', /^451/);
    assert.ok(world.clock.now() - begun < 302_000);
  });
});

test('each message is traced, without secrets', async () => {
  const seen: RelayTrace[] = [];
  const listen = (message: unknown) => void seen.push(message as RelayTrace);
  channel('tracing:mailwright:upstream.relay:asyncEnd').subscribe(listen);
  const world = new World({ script: [{ at: 'message', reply: reply(250, '2.0.0', 'Yes') }] });
  await world.send();
  channel('tracing:mailwright:upstream.relay:asyncEnd').unsubscribe(listen);
  const [{ session, ...trace }] = seen as [RelayTrace];
  assert.deepEqual(
    { ...trace, result: undefined },
    {
      account: 'sales',
      user: 'crm',
      recipients: 1,
      size: 20,
      verdict: { code: 250, enhanced: '2.0.0', text: ['Yes'] },
      result: undefined,
    },
  );
  assert.equal(session, 'client-1');
});
