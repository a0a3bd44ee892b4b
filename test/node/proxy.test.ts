/** The PROXY protocol, versions 1 and 2: the header by itself, and in front of a session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConnectionInfo } from 'mailwright/machine';
import {
  networks,
  ProxyHeaderReader,
  type ProxyRead,
  SmtpServer,
  selfSignedCertificate,
} from 'mailwright/node';
import { mx } from 'mailwright/smtp';
import { Client } from './client.ts';

const signature = '0d0a0d0a000d0a515549540a';

/** A header of version 2 from hexadecimal; its length is filled in. */
function v2(command: string, family: string, variable: string): Buffer {
  const length = (variable.length / 2).toString(16).padStart(4, '0');
  return Buffer.from(`${signature}${command}${family}${length}${variable}`, 'hex');
}

function read(octets: Uint8Array, cut = octets.length): ProxyRead {
  const reader = new ProxyHeaderReader();
  const first = reader.take(octets.subarray(0, cut));
  return first.type === 'more' && cut < octets.length ? reader.take(octets.subarray(cut)) : first;
}

function ends(connection: ConnectionInfo | null): string | null {
  const text = (end: ConnectionInfo['local']) =>
    end.family === 'unix' ? end.path : `${end.address} ${end.port}`;
  return connection && `${text(connection.remote)} -> ${text(connection.local)}`;
}

const ipv4 = 'c0000201c633640a9c400019';
const ipv6 = `20010db8${'00'.repeat(11)}0120010db8${'00'.repeat(11)}029c400019`;
const unix = `${Buffer.from('/run/a').toString('hex').padEnd(216, '0')}${Buffer.from('/run/b').toString('hex').padEnd(216, '0')}`;

/** Headers that are right, and the two ends that they tell. */
const headers: readonly (readonly [string, Buffer, string | null])[] = [
  [
    'TCP4',
    Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.10 40000 25\r\n'),
    '192.0.2.1 40000 -> 198.51.100.10 25',
  ],
  [
    'TCP6',
    Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 0 65535\r\n'),
    '2001:db8::1 0 -> 2001:db8::2 65535',
  ],
  [
    'TCP6 with an IPv4-mapped address',
    Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n'),
    '192.0.2.1 1 -> 192.0.2.2 2',
  ],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['UNKNOWN with whatever', Buffer.from('PROXY UNKNOWN ffff:f...f ffff:f...f 65535 65535\r\n'), null],
  ['v2 TCP over IPv4', v2('21', '11', ipv4), '192.0.2.1 40000 -> 198.51.100.10 25'],
  ['v2 TCP over IPv6', v2('21', '21', ipv6), '2001:db8::1 40000 -> 2001:db8::2 25'],
  [
    'v2 IPv4-mapped',
    v2('21', '21', `${'00'.repeat(10)}ffffc0000201${'00'.repeat(10)}ffffc00002029c400019`),
    '192.0.2.1 40000 -> 192.0.2.2 25',
  ],
  ['v2 Unix', v2('21', '31', unix), '/run/a -> /run/b'],
  ['v2 with TLVs', v2('21', '11', `${ipv4}01000161040000`), '192.0.2.1 40000 -> 198.51.100.10 25'],
  ['v2 LOCAL', v2('20', '00', ''), null],
  ['v2 LOCAL with addresses', v2('20', '11', ipv4), null],
  ['v2 UNSPEC', v2('21', '00', 'ffff'), null],
];

test('headers tell the two ends, whole and cut anywhere', () => {
  for (const [name, octets, expected] of headers) {
    const all = Buffer.concat([octets, Buffer.from('EHLO x\r\n')]);
    for (let cut = 0; cut <= all.length; cut += 1) {
      const result = read(all, cut);
      assert.ok(result.type === 'header', `${name}, cut at ${cut}`);
      assert.equal(ends(result.header.connection), expected, name);
      const given = cut < octets.length ? all.length : cut;
      assert.deepEqual(
        Buffer.from(result.rest),
        all.subarray(octets.length, given),
        `${name}, cut at ${cut}`,
      );
    }
  }
});

test('the name that a client asked the proxy for', () => {
  const name = Buffer.from('mx.example').toString('hex');
  const result = read(v2('21', '11', `${ipv4}02000a${name}`));
  assert.equal(result.type === 'header' && result.header.authority, 'mx.example');
});

/** Named for the advisories of servers that such headers brought down. */
const odd: readonly (readonly [string, Buffer])[] = [
  ['no header', Buffer.from('EHLO x\r\n')],
  ['TLS', Buffer.from('160301', 'hex')],
  ['lower case', Buffer.from('proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n')],
  ['no words', Buffer.from('PROXY \r\n')],
  ['too few words', Buffer.from('PROXY TCP4 192.0.2.1\r\n')],
  ['too many words', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n')],
  ['double space', Buffer.from('PROXY TCP4  192.0.2.1 192.0.2.2 1\r\n')],
  ['bare LF', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n')],
  ['port too large', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n')],
  ['port with sign', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 -1 25\r\n')],
  ['port with zero', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 025 25\r\n')],
  ['name for address', Buffer.from('PROXY TCP4 mx.example 192.0.2.2 1 2\r\n')],
  ['IPv6 as TCP4', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['IPv4 as TCP6', Buffer.from('PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['zone', Buffer.from('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
  ['unheard-of family', Buffer.from('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}`)],
  ['line one octet too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['v2 of version 1', v2('11', '11', ipv4)],
  ['v2 with command 2', v2('22', '11', ipv4)],
  ['v2 datagrams', v2('21', '12', ipv4)],
  ['v2 with unheard-of family', v2('21', '41', ipv4)],
  ['v2 with too few octets for its family', v2('21', '11', ipv4.slice(2))],
  ['v2 of IPv6 with the octets of IPv4', v2('21', '21', ipv4)],
  ['v2 that is too long', Buffer.from(`${signature}2111ffff`, 'hex')],
  ['v2 with half a TLV', v2('21', '11', `${ipv4}0200`)],
  ['v2 with a TLV past the end', v2('21', '11', `${ipv4}02000561`)],
];

test('prior failure: crash on odd PROXY header', () => {
  for (const [name, octets] of odd) assert.equal(read(octets).type, 'malformed', name);
  assert.equal(read(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`)).type, 'header', 'the longest line');
});

test('law: no octets make it throw, and how they are cut makes no difference', () => {
  const header = fc.constantFrom(...headers.map(([, octets]) => octets), ...odd.map(([, octets]) => octets));
  const changed = fc.tuple(header, fc.nat(), fc.nat(255)).map(([octets, at, octet]) => {
    const copy = Buffer.from(octets);
    copy[at % copy.length] = octet;
    return copy;
  });
  const input = fc.oneof(fc.uint8Array({ maxLength: 200 }), changed);
  fc.assert(
    fc.property(input, fc.nat(), (octets, at) => {
      const cut = at % (octets.length + 1);
      const [whole, parts] = [read(octets), read(octets, cut)];
      assert.equal(parts.type, whole.type);
      if (whole.type === 'header' && parts.type === 'header') assert.deepEqual(parts.header, whole.header);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test('cost: of a header that comes octet by octet each is copied a few times, not once for each other', (t) => {
  const octets = v2('21', '11', `${ipv4}e00ff1${'00'.repeat(4081)}`);
  let copied = 0;
  const set = t.mock.method(
    Uint8Array.prototype,
    'set',
    function (this: Uint8Array, from: Uint8Array, at = 0) {
      copied += from.length;
      for (const [index, octet] of from.entries()) this[at + index] = octet;
    },
  );
  const reader = new ProxyHeaderReader();
  const results = Array.from(octets, (octet) => reader.take(Buffer.of(octet)).type);
  set.mock.restore();
  assert.equal(results.indexOf('header'), octets.length - 1);
  assert.ok(copied >= octets.length && copied < 4 * octets.length, `${copied} octets`);
});

/** A server behind a proxy on loopback, that notes whom it takes its clients for. */
async function behindProxy(trusted: readonly string[] = ['127.0.0.1'], settings = {}) {
  const clients: (string | null)[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    proxies: networks(trusted),
    connect: ({ session }) => void clients.push(ends(session.connection)),
    ...settings,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { server, clients };
}

test('behind a trusted proxy a session is that of the client', async () => {
  const { server, clients } = await behindProxy();
  for (const [name, octets, expected] of headers) {
    const client = await Client.connect(server.port);
    client.socket.write(octets);
    assert.match(await client.reply(), /^220/, name);
    assert.match(await client.say('NOOP'), /^250/);
    if (expected === null) assert.match(clients.pop() ?? '', /^127\.0\.0\.1 /);
    else assert.equal(clients.pop(), expected);
    client.socket.destroy();
  }
  await server.destroy();
});

test('commands in the same packet as the header are not lost, even if they are early', async () => {
  const { server } = await behindProxy();
  const client = await Client.connect(server.port);
  client.socket.write('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO client.test\r\n');
  assert.match(await client.reply(), /^220/);
  assert.match(await client.reply(), /^250/);
  await server.destroy();
});

test('prior failure: crash on odd PROXY header, on a socket: it is closed, and others are served', async () => {
  const { server, clients } = await behindProxy();
  for (const [name, octets] of odd) {
    const client = await Client.connect(server.port);
    client.socket.write(octets);
    assert.equal(await client.end(), '', name);
  }
  const silent = await Client.connect(server.port);
  silent.socket.end();
  assert.equal(await silent.end(), '');
  assert.deepEqual(clients, []);
  const client = await Client.connect(server.port);
  client.socket.write('PROXY UNKNOWN\r\n');
  assert.match(await client.reply(), /^220/);
  await server.destroy();
});

test('a proxy that says nothing is not waited for for ever', async () => {
  const { server } = await behindProxy(['127.0.0.1'], { proxyTimeout: 0 });
  const client = await Client.connect(server.port);
  client.socket.write('PROXY TCP4 ');
  assert.equal(await client.end(), '');
  await server.close();
});

test('from anybody else the header is a command like any other that is none', async () => {
  const { server, clients } = await behindProxy(['192.0.2.77']);
  const client = await Client.connect(server.port);
  assert.match(await client.reply(), /^220/);
  assert.match(await client.say('PROXY TCP4 192.0.2.1 192.0.2.2 1 2'), /^500/);
  assert.match(clients[0] ?? '', /^127\.0\.0\.1 /);
  await server.destroy();
});

test('limits count the client, not the proxy, and IPv6 clients by network', async () => {
  const { server } = await behindProxy(['127.0.0.1'], { connections: { perAddress: 1 } });
  const greeting = async (address: string) => {
    const client = await Client.connect(server.port);
    client.socket.write(`PROXY TCP${address.includes(':') ? 6 : 4} ${address} ${address} 1 2\r\n`);
    return (await client.reply()).slice(0, 3);
  };
  assert.equal(await greeting('192.0.2.1'), '220');
  assert.equal(await greeting('192.0.2.2'), '220');
  assert.equal(await greeting('192.0.2.1'), '421');
  assert.equal(await greeting('2001:db8::1'), '220');
  assert.equal(await greeting('2001:db8::2'), '421');
  assert.equal(await greeting('2001:db8:0:1::2'), '220');
  await server.destroy();
});

test('the header comes before TLS', async () => {
  const { server, clients } = await behindProxy(['127.0.0.1'], {
    tls: selfSignedCertificate({ names: ['mx.test'] }),
  });
  const [, implicit] = [
    server.port,
    ...(await server.listen({ port: 0, host: '127.0.0.1', tls: 'implicit' })),
  ];
  assert.ok(implicit?.family === 'ipv4');
  const client = await Client.connect(implicit.port);
  client.socket.write('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
  await client.startTls();
  assert.match(await client.reply(), /^220/);
  assert.equal(clients[0], '192.0.2.1 1 -> 192.0.2.2 2');
  await server.destroy();
});
