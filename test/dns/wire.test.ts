/** The stub resolver among servers that lose, forge, cut short, refuse and keep silent. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Packet } from 'dns2';
import { WireMisuse, type WireOptions, WireResolver, type Zone, ZoneResolver } from 'mailwright/dns';
import { type Asked, type Behaviour, example, honest, ZoneServer } from './zone-server.ts';

/** A server that behaves so, and a resolver that asks it. */
async function open(behave: Behaviour = honest, options: WireOptions = {}, zone: Zone = example) {
  const server = await ZoneServer.start(new ZoneResolver(zone));
  server.behave = behave;
  const resolver = new WireResolver({ servers: [server.address], timeoutMs: 1000, attempts: 3, ...options });
  return { server, resolver, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The first `count` questions are met with `behave`, the others honestly. */
function first(count: number, behave: Behaviour): Behaviour {
  let left = count;
  return (asked) => (left-- > 0 ? behave(asked) : honest(asked));
}

/** The true answer with other octets. */
function forged(change: (message: Buffer) => void): Behaviour {
  return async ({ answer, send }) => {
    const message = answer().toBuffer();
    change(message);
    await send(message);
  };
}

const silent: Behaviour = () => {};
const withCode =
  (rcode: number): Behaviour =>
  ({ answer, send }) => {
    const response = answer();
    response.header.rcode = rcode;
    response.answers = [];
    return send(response);
  };

test('lost packets are sent again, each with an id and a port of its own', async () => {
  await using at = await open(first(2, silent), { timeoutMs: 250 });
  const answer = await at.resolver.resolve('example.com', 'A');
  assert.equal(answer.status, 'ok');
  assert.equal(at.server.asked.length, 3);
  assert.equal(new Set(at.server.asked.map(({ port }) => port)).size, 3);
});

test('ids and ports are not to be guessed (RFC 5452 §9.2)', async () => {
  await using at = await open();
  await Promise.all(Array.from({ length: 40 }, () => at.resolver.resolve('example.com', 'A')));
  const ids = at.server.asked.map(({ id }) => id);
  const ports = at.server.asked.map(({ port }) => port);
  assert.ok(new Set(ids).size > 35);
  assert.ok(new Set(ports).size > 30);
  const steps = new Set(ids.slice(1).map((id, index) => id - (ids[index] ?? 0)));
  assert.ok(steps.size > 30, 'ids are no sequence');
});

describe('what does not answer the question is not heard (RFC 5452 §9.1)', () => {
  const lies: Readonly<Record<string, Behaviour>> = {
    'another id': forged((message) => message.writeUInt16BE(message.readUInt16BE(0) ^ 1, 0)),
    'a question': forged((message) => message.writeUInt8(message.readUInt8(2) & 0x7f, 2)),
    'another opcode': forged((message) => message.writeUInt8(message.readUInt8(2) | 0x08, 2)),
    'another name': forged((message) => message.write('f', 14)),
    'another type': forged((message) => message.writeUInt16BE(28, 12 + 13)),
    'another class': forged((message) => message.writeUInt16BE(3, 12 + 15)),
    'no question': forged((message) => message.writeUInt16BE(0, 4)),
    'two questions': forged((message) => message.writeUInt16BE(2, 4)),
    'three octets': async ({ send }) => send(Buffer.from([1, 2, 3])),
    'a name without end': async ({ id, send }) => {
      const message = Buffer.alloc(16, 0xc0);
      message.writeUInt16BE(id, 0);
      message.writeUInt16BE(0x8180, 2);
      message.writeUInt16BE(1, 4);
      await send(message);
    },
  };
  for (const [name, lie] of Object.entries(lies)) {
    test(`${name}, and then the truth`, async () => {
      await using at = await open(async (asked) => {
        await lie(asked);
        await sleep(5);
        await honest(asked);
      });
      const answer = await at.resolver.resolve('example.com', 'A');
      assert.deepEqual(answer.status === 'ok' && answer.records, ['192.0.2.1', '192.0.2.2']);
      assert.equal(at.server.asked.length, 1);
    });
    test(`${name}, and nothing else`, async () => {
      await using at = await open(lie, { attempts: 1, timeoutMs: 50 });
      const answer = await at.resolver.resolve('example.com', 'A');
      assert.equal(answer.status === 'failure' && answer.why, 'timeout');
    });
  }

  test('the truth from another port', async () => {
    const stranger = createSocket('udp4');
    await using at = await open(({ answer, port }) => stranger.send(answer().toBuffer(), port, '127.0.0.1'), {
      attempts: 1,
    });
    const answer = await at.resolver.resolve('example.com', 'A');
    stranger.close();
    assert.equal(answer.status === 'failure' && answer.why, 'timeout');
  });

  test('the letters of the name may have another case (RFC 4343 §3)', async () => {
    await using at = await open(forged((message) => message.write('EXAMPLE', 13)));
    assert.equal((await at.resolver.resolve('example.com', 'A')).status, 'ok');
  });
});

describe('answers that do not fit are asked for by TCP (RFC 1123 §6.1.3.2)', () => {
  const many: Zone = {
    'many.example': { TXT: Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(200)}`) },
  };

  test('and come whole', async () => {
    await using at = await open(honest, {}, many);
    const answer = await at.resolver.resolve('many.example', 'TXT');
    assert.equal(answer.status === 'ok' && answer.records.length, 40);
    assert.deepEqual(
      at.server.asked.map(({ by }) => by),
      ['udp', 'tcp'],
    );
  });

  /** A server whose UDP side cuts everything short, and whose TCP side does this with the connection. */
  async function overTcp(serve: (socket: Socket, response: Buffer) => void) {
    const tcp = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (chunk) => {
        const response = Packet.createResponseFromRequest(Packet.parse(chunk.subarray(2)));
        response.answers.push(
          new Packet.Resource({ name: 'example.com', type: 1, class: 1, ttl: 5, address: '192.0.2.7' }),
        );
        const message = response.toBuffer();
        serve(socket, Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]));
      });
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address() as { port: number };
    const udp = createSocket('udp4', (message, { port, address }) => {
      const response = Packet.createResponseFromRequest(Packet.parse(message));
      response.header.tc = 1;
      udp.send(response.toBuffer(), port, address);
    });
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    const servers = [{ address: '127.0.0.1', port }];
    const resolver = new WireResolver({ servers, timeoutMs: 200, attempts: 1 });
    const answer = await resolver.resolve('example.com', 'A');
    udp.close();
    tcp.close();
    return answer.status === 'failure' ? `${answer.why}: ${answer.text}` : answer.status;
  }

  test('octet by octet', async () => {
    const result = await overTcp(async (socket, response) => {
      socket.setNoDelay();
      for (const octet of response) {
        socket.write(Buffer.of(octet));
        await sleep(0);
      }
      socket.end();
    });
    assert.equal(result, 'ok');
  });

  const troubles: readonly (readonly [string, (socket: Socket, response: Buffer) => void, RegExp])[] = [
    ['closed at once', (socket) => socket.end(), /^network: .*closed/],
    ['reset', (socket) => socket.resetAndDestroy(), /^network: /],
    ['cut in the middle', (socket, response) => socket.end(response.subarray(0, 20)), /^network: .*closed/],
    ['a length of zero', (socket) => socket.end(Buffer.alloc(2)), /^network: .*another question/],
    [
      'another id',
      (socket, response) => {
        response.writeUInt16BE(response.readUInt16BE(2) ^ 1, 2);
        socket.end(response);
      },
      /^network: .*another question/,
    ],
    [
      'truncated here, too',
      (socket, response) => {
        response.writeUInt8(response.readUInt8(4) | 2, 4);
        socket.end(response);
      },
      /^malformed: /,
    ],
    ['silence', (socket) => setTimeout(() => socket.destroy(), 400), /^timeout: /],
  ];
  for (const [name, serve, expected] of troubles) {
    test(name, async () => assert.match(await overTcp(serve), expected));
  }
});

describe('servers in trouble', () => {
  for (const [name, behave, why] of [
    ['SERVFAIL', withCode(2), 'servfail'],
    ['REFUSED', withCode(5), 'refused'],
    ['silence', silent, 'timeout'],
  ] as const) {
    test(`${name}: the next one is asked`, async () => {
      await using bad = await open(behave);
      await using good = await open();
      const servers = [bad.server.address, good.server.address];
      const resolver = new WireResolver({ servers, timeoutMs: 300 });
      assert.equal((await resolver.resolve('example.com', 'A')).status, 'ok');
      assert.equal(bad.server.asked.length, 1);
    });

    test(`${name} everywhere`, async () => {
      await using at = await open(behave, { attempts: 2, timeoutMs: 50 });
      const answer = await at.resolver.resolve('example.com', 'A');
      assert.equal(answer.status === 'failure' && answer.why, why);
      // Who answered is not asked again; who did not may have lost a packet.
      assert.equal(at.server.asked.length, why === 'timeout' ? 2 : 1);
    });
  }

  test('a closed port', async () => {
    const at = await open();
    await at[Symbol.asyncDispose]();
    const answer = await at.resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'network');
  });

  test('one that does not know EDNS is asked without it (RFC 6891 §7)', async () => {
    await using at = await open((asked) => {
      const knows = asked.request.additionals.length === 0;
      return knows ? honest(asked) : withCode(Packet.RCODE.FORMERR)(asked);
    });
    assert.equal((await at.resolver.resolve('example.com', 'A')).status, 'ok');
    assert.equal(at.server.asked.length, 2);
  });

  test('one that understands nothing', async () => {
    await using at = await open(async ({ id, send }) => {
      const header = Buffer.alloc(12);
      header.writeUInt16BE(id, 0);
      header.writeUInt16BE(0x8181, 2);
      await send(header);
    });
    const answer = await at.resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'refused');
    assert.equal(at.server.asked.length, 2);
  });

  test('BADVERS, whose upper bits are in the OPT record (RFC 6891 §6.1.3)', async () => {
    await using at = await open(({ answer, send }) => {
      const response = answer();
      response.answers = [];
      response.header.rcode = Packet.RCODE.BADVERS;
      response.additionals.push(Packet.Resource.EDNS([]));
      return send(response);
    });
    const answer = await at.resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'refused');
  });

  test('an address record of five octets', async () => {
    await using at = await open(({ answer, send }) => {
      const response = answer();
      response.answers = [];
      const message = response.toBuffer();
      message.writeUInt16BE(1, 6);
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 5, 1, 2, 3, 4, 5]);
      const end = 12 + 13 + 4;
      return send(Buffer.concat([message.subarray(0, end), record, message.subarray(end)]));
    });
    const answer = await at.resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'malformed');
  });
});

describe('waiting', () => {
  test('ends by the deadline, however many servers and attempts there are', async () => {
    await using at = await open(silent);
    const servers = new Array(50).fill(at.server.address);
    const resolver = new WireResolver({ servers, timeoutMs: 40, attempts: 50, deadlineMs: 200 });
    const begin = performance.now();
    const answer = await resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'timeout');
    assert.ok(performance.now() - begin < 1500);
    assert.ok(at.server.asked.length < 15, 'of 2,500 tries');
  });

  test('ends by the signal, at once', async () => {
    await using at = await open(silent, { timeoutMs: 20_000, deadlineMs: 60_000 });
    const control = new AbortController();
    const pending = at.resolver.resolve('example.com', 'A', { signal: control.signal });
    setTimeout(() => control.abort(), 30);
    const answer = await pending;
    assert.equal(answer.status === 'failure' && answer.why, 'aborted');
    assert.equal(at.server.asked.length, 1);
  });

  test('a drop of lies now and then does not prolong it', async () => {
    await using at = await open(
      async ({ id, send }) => {
        const lie = Buffer.alloc(12);
        lie.writeUInt16BE(id ^ 1, 0);
        for (let count = 0; count < 8; count++) {
          await send(lie);
          await sleep(10);
        }
      },
      { attempts: 1, timeoutMs: 100 },
    );
    const begin = performance.now();
    const answer = await at.resolver.resolve('example.com', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'timeout');
    assert.ok(performance.now() - begin < 1500);
  });

  test('no more sockets than allowed are open at once; the others wait for their turn', async () => {
    let now = 0;
    let most = 0;
    await using at = await open(
      async (asked) => {
        most = Math.max(most, ++now);
        await sleep(5);
        now--;
        await honest(asked);
      },
      { maxSockets: 3 },
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => at.resolver.resolve('example.com', 'A')),
    );
    assert.ok(answers.every(({ status }) => status === 'ok'));
    assert.equal(most, 3);
  });

  test('in the queue it ends by deadline and signal, too', async () => {
    await using at = await open(silent, { maxSockets: 1, timeoutMs: 300, attempts: 1, deadlineMs: 100 });
    const signal = AbortSignal.timeout(30);
    const answers = await Promise.all([
      at.resolver.resolve('example.com', 'A'),
      at.resolver.resolve('example.com', 'A', { signal }),
      at.resolver.resolve('example.com', 'A'),
    ]);
    const whys = answers.map((answer) => answer.status === 'failure' && answer.why);
    assert.deepEqual(whys, ['timeout', 'aborted', 'timeout']);
    assert.equal(at.server.asked.length, 1);
    at.server.behave = honest;
    assert.equal((await at.resolver.resolve('example.com', 'A')).status, 'ok');
  });
});

describe('the AD bit (RFC 4035 §3.2.3)', () => {
  const ad = ({ request }: Asked) => Object(request.header).ad;
  const name = '_25._tcp.mx.example.com';

  test('is asked for and believed where the host says so', async () => {
    await using at = await open();
    const resolver = new WireResolver({ servers: [{ ...at.server.address, validating: true }] });
    const proved = await resolver.resolve(name, 'TLSA');
    const plain = await resolver.resolve('example.com', 'A');
    assert.deepEqual(at.server.asked.map(ad), [1, 1]);
    assert.equal(proved.status === 'ok' && proved.authentic, true);
    assert.equal(plain.status === 'ok' && plain.authentic, false);
  });

  test('and from nobody else', async () => {
    await using at = await open();
    const answer = await at.resolver.resolve(name, 'TLSA');
    assert.deepEqual(at.server.asked.map(ad), [0]);
    assert.equal(answer.status === 'ok' && answer.authentic, false);
  });
});

test('absence holds for the lesser of the SOA and its MINIMUM (RFC 2308 §5)', async () => {
  await using at = await open(honest, {}, { 'a.example': { A: ['192.0.2.1'], ttl: 77 } });
  const nodata = await at.resolver.resolve('a.example', 'MX');
  assert.deepEqual(nodata, { status: 'nodata', ttl: 77, authentic: false });
  at.server.behave = ({ answer, send }) => {
    const response = answer();
    response.authorities = [];
    return send(response);
  };
  const unkept = await at.resolver.resolve('b.example', 'MX');
  assert.deepEqual(unkept, { status: 'nxdomain', ttl: 0, authentic: false });
});

test('a TTL with the top bit set is none (RFC 2181 §8)', async () => {
  await using at = await open(forged((message) => message.writeUInt32BE(0x80000001, 12 + 13 + 4 + 6)));
  const answer = await at.resolver.resolve('example.com', 'A');
  assert.equal(answer.status === 'ok' && answer.ttl, 0);
});

test('a name that DNS cannot hold is not asked for', async () => {
  await using at = await open();
  assert.equal((await at.resolver.resolve('a..b', 'A')).status, 'nxdomain');
  assert.equal(at.server.asked.length, 0);
});

test('numbers and servers that cannot be are misuse', () => {
  const named = { servers: [{ address: 'ns.example' }] };
  for (const options of [{ servers: [] }, named, { attempts: 0 }, { timeoutMs: -1 }, { deadlineMs: NaN }]) {
    assert.throws(() => new WireResolver(options), WireMisuse);
  }
});
