/** TLS on real sockets: implicit, STARTTLS, names, rotation, resumption, stapling, client certificates. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { TlsInfo } from 'mailwright/machine';
import {
  Certificates,
  type CertificatesOptions,
  type ListenOn,
  ServerMisuse,
  SmtpServer,
  type SmtpServerSettings,
  selfSignedCertificate,
  tlsUpgrade,
} from 'mailwright/node';
import { mx, submission } from 'mailwright/smtp';
import { memoryUsers } from 'mailwright/users';
import { Client } from './client.ts';

const certificate = (...names: [string, ...string[]]) => selfSignedCertificate({ names });
const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;

/** A server that notes the TLS of each session at its MAIL. */
async function started(
  tls: SmtpServerSettings['tls'],
  listen: Partial<ListenOn> = {},
  settings: Partial<SmtpServerSettings> = {},
) {
  const seen: (TlsInfo | null)[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    ...(tls && { tls }),
    mail: (_event, { session }) => void seen.push(session.tls),
    ...settings,
  });
  await server.listen({ port: 0, host: '127.0.0.1', ...listen });
  return { server, seen };
}

/** A handshake with a listener of implicit TLS, and the greeting behind it. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

test('STARTTLS: offered once, then all starts anew under TLS (RFC 3207 §4.2)', async () => {
  const { server, seen } = await started(certificate('mx.test'));
  const client = await Client.connect(server.port);
  await client.reply();
  assert.match(await client.say('EHLO client.test'), /250[ -]STARTTLS/);
  assert.match(await client.say('STARTTLS'), /^220/);
  await client.startTls({ servername: 'mx.test' });
  assert.match(await client.say('MAIL FROM:<>'), /^503/);
  assert.doesNotMatch(await client.say('EHLO client.test'), /STARTTLS/);
  assert.match(await client.say('MAIL FROM:<>'), /^250/);
  assert.equal(seen[0]?.version, 'TLSv1.3');
  assert.equal(seen[0]?.servername, 'mx.test');
  assert.match(seen[0]?.cipher ?? '', /^TLS_/);
  assert.equal(seen[0]?.clientCertificate, undefined);
  assert.match(await client.say('QUIT'), /^221/);
  assert.equal(await client.end(), '');
  await server.close();
});

test('STARTTLS with something behind it in clear ends the session', async () => {
  const { server } = await started(certificate('mx.test'));
  const client = await Client.connect(server.port);
  await client.reply();
  await client.say('EHLO client.test');
  assert.doesNotMatch(await client.say('STARTTLS\r\nMAIL FROM:<>'), /^250/);
  assert.doesNotMatch(await client.end(), /250/);
  await server.close();
});

test('implicit TLS: the greeting comes under TLS (RFC 8314 §3.3)', async () => {
  const { server, seen } = await started(certificate('mx.test'), { tls: 'implicit' });
  const client = await Client.connectTls(server.port);
  assert.match(await client.reply(), /^220/);
  assert.doesNotMatch(await client.say('EHLO client.test'), /STARTTLS/);
  await client.say('MAIL FROM:<>');
  assert.equal(seen[0]?.servername, undefined);
  await client.say('QUIT');
  assert.equal(await client.end(), '');
  await server.close();
});

test('under TLS too, a client that closes its side early gets all its replies', async () => {
  const { server } = await started(certificate('mx.test'), { tls: 'implicit' });
  const client = await Client.connectTls(server.port);
  await client.reply();
  client.socket.end('EHLO client.test\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n');
  assert.match(await client.end(), /\n250 [^\n]*\n250 [^\n]*\n221 /);
  await server.close();
});

test('what has no certificate offers no TLS, and says so when it is demanded', async () => {
  const { server } = await started(undefined);
  const client = await Client.connect(server.port);
  await client.reply();
  assert.doesNotMatch(await client.say('EHLO client.test'), /STARTTLS/);
  await server.destroy();
  const code = (code: string) => (error: unknown) => error instanceof ServerMisuse && error.code === code;
  const settings = { ...submission, hostname: 'mx.test' };
  assert.throws(() => new SmtpServer(settings), code('NO_CERTIFICATE'));
  await assert.rejects(
    new SmtpServer({ ...mx, hostname: 'mx.test' }).listen({ port: 0, tls: 'implicit' }),
    code('NO_CERTIFICATE'),
  );
  await assert.rejects(
    new SmtpServer({ ...settings, tls: certificate('mx.test') }).listen({ port: 0, tls: 'none' }),
    code('NO_TLS'),
  );
});

test('SNI: exact names before wildcards of one label, else the first certificate', async () => {
  const named = {
    first: certificate('mx.test'),
    exact: certificate('a.example'),
    wild: certificate('*.example'),
    idn: { ...certificate('x.invalid'), names: ['Bücher.example'] },
  };
  const { server } = await started(Object.values(named), { tls: 'implicit' });
  const table: readonly (readonly [string | undefined, keyof typeof named])[] = [
    [undefined, 'first'],
    ['mx.test', 'first'],
    ['elsewhere.test', 'first'],
    ['a.example', 'exact'],
    ['A.Example', 'exact'],
    ['b.example', 'wild'],
    ['a.b.example', 'first'],
    ['example', 'first'],
    ['xn--bcher-kva.example', 'idn'],
  ];
  for (const [servername, which] of table) {
    const socket = await handshake(server.port, servername === undefined ? {} : { servername });
    assert.equal(socket.getPeerX509Certificate()?.fingerprint256, fingerprint(named[which].cert), servername);
    socket.destroy();
  }
  await server.destroy();
});

test('rotation: the next handshake shows the new certificate, and connections go on', async () => {
  const [old, young] = [certificate('mx.test'), certificate('mx.test')];
  const tls = new Certificates(old);
  const { server } = await started(tls, { tls: 'implicit' });
  const client = await Client.connectTls(server.port);
  await client.reply();
  assert.throws(
    () => tls.replace({ cert: young.cert, key: old.key }),
    (error) => error instanceof ServerMisuse && error.code === 'BAD_CERTIFICATE',
  );
  tls.replace(young);
  for (const servername of [undefined, 'mx.test']) {
    const socket = await handshake(server.port, servername === undefined ? {} : { servername });
    assert.equal(socket.getPeerX509Certificate()?.fingerprint256, fingerprint(young.cert));
    socket.destroy();
  }
  assert.match(await client.say('NOOP'), /^250/);
  await server.destroy();
});

test('what can not be read is told at once', () => {
  const good = certificate('mx.test');
  for (const bad of [
    { ...good, cert: 'nonsense' },
    { ...good, key: 'nonsense' },
    { ...good, key: '' },
  ]) {
    assert.throws(
      () => new Certificates(bad),
      (error) => error instanceof ServerMisuse && error.code === 'BAD_CERTIFICATE',
    );
  }
  assert.throws(() => new Certificates([]), { code: 'NO_CERTIFICATE' });
  assert.throws(() => new Certificates(good, { ticketKeys: new Uint8Array(47) }), {
    code: 'BAD_CERTIFICATE',
  });
});

/** Two connections, the second with the session of the first. */
async function resumes(first: number, second: number, between: () => void, options: ConnectionOptions) {
  const socket = connect({ port: first, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  const [session] = await once(socket, 'session');
  socket.destroy();
  between();
  const again = await handshake(second, { ...options, session });
  const reused = again.isSessionReused();
  again.destroy();
  return reused;
}

test('sessions are resumed by ticket: after rotation, in other processes, with TLS 1.2 and 1.3', async () => {
  const ticketKeys = new Uint8Array(48).fill(7);
  const authority = certificate('authority.test').cert;
  const two = [{}, { clientAuthorities: [authority] }].map((options: CertificatesOptions) => ({
    tls: new Certificates(certificate('mx.test'), { ticketKeys, ...options }),
    other: new Certificates(certificate('mx.test'), { ticketKeys, ...options }),
  }));
  for (const { tls, other } of two) {
    const { server } = await started(tls, { tls: 'implicit' });
    const { server: twin } = await started(other, { tls: 'implicit' });
    const { server: stranger } = await started(certificate('mx.test'), { tls: 'implicit' });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const servername of ['mx.test', 'elsewhere.test', '']) {
        const options = { maxVersion, servername };
        const rotate = () => tls.replace(certificate('mx.test'));
        assert.equal(await resumes(server.port, server.port, rotate, options), true);
        assert.equal(await resumes(server.port, twin.port, () => {}, options), true);
        assert.equal(await resumes(server.port, stranger.port, () => {}, options), false);
      }
    }
    const rekey = () => tls.replace(certificate('mx.test'), new Uint8Array(48).fill(8));
    assert.equal(await resumes(server.port, server.port, rekey, {}), false);
    await Promise.all([server.destroy(), twin.destroy(), stranger.destroy()]);
  }
});

test('TLS 1.2 at least, with suites of forward secrecy and AEAD only (RFC 9325 §3.1.1, §4.2)', async () => {
  const { server } = await started(certificate('mx.test'), { tls: 'implicit' });
  const refused = async (options: ConnectionOptions) => {
    const lax = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...lax,
      ...options,
    });
    const [error] = await once(socket, 'error').catch((error: unknown) => [error]);
    return error instanceof Error;
  };
  assert.equal(await refused({ maxVersion: 'TLSv1.1' }), true);
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-CCM']) {
    assert.equal(await refused({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), true, ciphers);
  }
  const socket = await handshake(server.port, { maxVersion: 'TLSv1.2' });
  assert.equal(socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
  await server.destroy();
});

test('OCSP: the response is stapled, fetched once, and again when it has run out (RFC 6066 §8)', async () => {
  const answers: (Uint8Array | Error | null)[] = [
    Buffer.from('one'),
    Buffer.from('two'),
    new Error('authority is down'),
  ];
  let validity = 60_000;
  let fetched = 0;
  const ocsp = async () => {
    fetched += 1;
    const der = answers.shift() ?? null;
    if (der instanceof Error) throw der;
    return der && { der, validUntil: Date.now() + validity };
  };
  const { server } = await started({ ...certificate('mx.test'), ocsp }, { tls: 'implicit' });
  const stapled = async (options: ConnectionOptions = {}) => {
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      requestOCSP: true,
      ...options,
    });
    const [response]: unknown[] = await once(socket, 'OCSPResponse');
    socket.destroy();
    return response instanceof Buffer ? response.toString() : null;
  };
  assert.deepEqual(await Promise.all([stapled(), stapled({ servername: 'mx.test' })]), ['one', 'one']);
  validity = 20;
  assert.equal(await stapled(), 'one');
  assert.equal(fetched, 1);
  await server.destroy();
});

test('OCSP: what has run out is fetched again, and a source that fails is left alone for a while', async () => {
  const { OcspStaple } = await import('../../src/node/ocsp-staple.ts');
  let fetched = 0;
  const expired = new OcspStaple(() => {
    fetched += 1;
    return { der: Buffer.from(`${fetched}`), validUntil: Date.now() + 30 };
  });
  assert.equal(String(await expired.get()), '1');
  await new Promise((waited) => setTimeout(waited, 40));
  assert.equal(String(await expired.get()), '2');
  let asked = 0;
  const failing = new OcspStaple(() => {
    asked += 1;
    throw new Error('authority is down');
  });
  assert.equal(await failing.get(), null);
  assert.equal(await failing.get(), null);
  assert.equal(asked, 1);
  const stale = new OcspStaple(async () => ({ der: Buffer.from('old'), validUntil: Date.now() - 1 }));
  assert.equal(await stale.get(), null);
});

test('client certificates are asked for, never demanded, and told with what they are worth', async () => {
  const [known, stranger] = [certificate('client.example'), certificate('stranger.example')];
  const tls = new Certificates(certificate('mx.test'), { clientAuthorities: [known.cert] });
  const { server, seen } = await started(tls);
  const table: readonly (readonly [ConnectionOptions, TlsInfo['clientCertificate']])[] = [
    [{}, undefined],
    [known, { authorized: true, subject: 'CN=client.example', fingerprint256: fingerprint(known.cert) }],
    [
      stranger,
      { authorized: false, subject: 'CN=stranger.example', fingerprint256: fingerprint(stranger.cert) },
    ],
  ];
  for (const servername of ['mx.test', 'elsewhere.test']) {
    for (const [options, expected] of table) {
      const client = await Client.connect(server.port);
      await client.reply();
      await client.say('EHLO client.test');
      await client.say('STARTTLS');
      await client.startTls({ ...options, servername });
      await client.say('EHLO client.test');
      assert.match(await client.say('MAIL FROM:<>'), /^250/);
      assert.deepEqual(seen.pop()?.clientCertificate, expected);
      client.socket.destroy();
    }
  }
  await server.destroy();
});

test('EXTERNAL lets a client in by its certificate (RFC 4422 §A)', async () => {
  const known = certificate('client.example');
  const credentials = memoryUsers(
    { tim: 'tanstaaf' },
    { memory: 64, passes: 1, iterations: 4096, certificates: { [fingerprint(known.cert)]: 'tim' } },
  );
  const tls = new Certificates(certificate('mx.test'), { clientAuthorities: [known.cert] });
  const { server } = await started(tls, { tls: 'implicit' }, { ...submission, credentials });
  const client = await Client.connectTls(server.port, known);
  await client.reply();
  assert.match(await client.say('EHLO client.test'), /AUTH EXTERNAL SCRAM-SHA-256-PLUS/);
  assert.match(await client.say('AUTH EXTERNAL ='), /^235/);
  await server.destroy();
});

test('channel bindings are the same on both sides (RFC 9266 §2, RFC 5929 §4.1)', async () => {
  const own = certificate('mx.test');
  const { server, seen } = await started(own, { tls: 'implicit' });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await Client.connectTls(server.port, { maxVersion });
    await client.reply();
    await client.say('EHLO client.test');
    await client.say('MAIL FROM:<>');
    const bindings = seen.pop()?.channelBindings ?? {};
    const endPoint = createHash('sha256').update(new X509Certificate(own.cert).raw).digest('hex');
    assert.equal(Buffer.from(bindings['tls-server-end-point'] ?? []).toString('hex'), endPoint);
    const exported = (client.socket as TLSSocket).exportKeyingMaterial(
      32,
      'EXPORTER-Channel-Binding',
      Buffer.alloc(0),
    );
    // RFC 9266 §4: not under TLS 1.2, unless the master secret is known to be an extended one.
    const expected = maxVersion === 'TLSv1.3' ? exported.toString('hex') : '';
    assert.equal(Buffer.from(bindings['tls-exporter'] ?? []).toString('hex'), expected);
    client.socket.destroy();
  }
  await server.destroy();
});

test('a handshake has its deadline, and nonsense for one ends the connection', async () => {
  const tls = certificate('mx.test');
  const { server } = await started(tls, { tls: 'implicit' }, { handshakeTimeout: 0 });
  const silent = await Client.connect(server.port);
  assert.equal(await silent.end(), '');
  await server.close();
  const { server: other } = await started(tls, { tls: 'implicit' });
  for (const nonsense of [
    'EHLO client.test\r\n',
    '\x16\x03\x01\x00\x05hello',
    '\x80\x00'.repeat(9),
    '\0'.repeat(1000),
  ]) {
    const client = await Client.connect(other.port);
    client.socket.write(nonsense, 'latin1');
    await client.end();
  }
  const half = await Client.connect(other.port);
  half.socket.write('\x16\x03\x01', 'latin1');
  half.socket.resetAndDestroy();
  const client = await Client.connectTls(other.port);
  assert.match(await client.reply(), /^220/);
  await other.destroy();
});

test('a full server closes a TLS connection without a line in clear', async () => {
  const { server } = await started(
    certificate('mx.test'),
    { tls: 'implicit' },
    { connections: { total: 0 } },
  );
  const client = await Client.connect(server.port);
  assert.equal(await client.end(), '');
  await server.close();
});

test('handshakes at the same time are not mixed up, however long SNI and stapling take', async () => {
  const ocsp = async () => {
    await new Promise((waited) => setTimeout(waited, 30));
    return { der: Buffer.from('late'), validUntil: Date.now() + 1000 };
  };
  const upgrade = tlsUpgrade(new Certificates({ ...certificate('mx.test'), ocsp }));
  const names = Array.from({ length: 12 }, (_, index) => `client-${index}.test`);
  const upgraded = names.map(async (servername, index) => {
    // Every second one on a stream that is no socket.
    const [near, far] = duplexPair();
    const client = connect({
      socket: far,
      servername,
      rejectUnauthorized: false,
      requestOCSP: index % 2 === 0,
      ...(index % 3 === 0 && { maxVersion: 'TLSv1.2' }),
    });
    client.resume();
    const { tls, socket } = await upgrade(near);
    socket.destroy();
    client.destroy();
    return tls.servername;
  });
  assert.deepEqual(await Promise.all(upgraded), names);
});

test('a connection that closes during the handshake rejects the upgrade', async () => {
  const upgrade = tlsUpgrade(new Certificates(certificate('mx.test')));
  const [near, far] = duplexPair();
  const upgraded = upgrade(near);
  far.write('\x16\x03\x01');
  near.destroy(new Error('reset'));
  await assert.rejects(upgraded, /during the handshake/);
});

test('close() during a handshake does not wait for it', async () => {
  const { server } = await started(certificate('mx.test'), { tls: 'implicit' });
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise((turn) => setTimeout(turn, 10));
  await server.close();
});
