/** TLS as a client: whose certificate it must be, and what is said of those that are not. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, test } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import type { CertificateDemand } from 'mailwright/delivery';
import type { TlsaData } from 'mailwright/dns';
import type { TlsInfo } from 'mailwright/machine';
import {
  Certificates,
  type Secured,
  ServerMisuse,
  selfSignedCertificate,
  type TlsClientOptions,
  tlsClient,
  tlsInfo,
  tlsUpgrade,
} from 'mailwright/node';
import { intermediatePem, rootPem, serverKey, serverPem } from './issued-certificates.ts';

const issued = { cert: serverPem + intermediatePem, key: serverKey };
const selfSigned = selfSignedCertificate({ names: ['mx.test', '127.0.0.1'] });
const longAgo = selfSignedCertificate({ names: ['mx.test'], now: Date.now() - 60 * 86_400_000 });
const someday = selfSignedCertificate({ names: ['mx.test'], now: Date.now() + 86_400_000 });

/** A handshake with a server that shows this certificate, and what that server saw of it. */
async function handshake(
  server: TlsOptions,
  certificate: CertificateDemand,
  options: TlsClientOptions = {},
  host = 'mx.test',
): Promise<{ readonly secured: Secured; readonly seen: TlsInfo | undefined }> {
  let seen: TlsInfo | undefined;
  const listening = createServer(server, (socket) => {
    seen = tlsInfo(socket);
    socket.on('error', () => {}).write('.');
  });
  listening.on('tlsClientError', () => {});
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const secured = await tlsClient(options)(socket, { host, certificate });
  if (secured.ok) {
    await once(secured.socket, 'data');
    secured.socket.destroy();
  }
  await once(socket, 'close');
  listening.close();
  return { secured, seen };
}

function verdict(secured: Secured): string {
  if (!secured.ok) return `no TLS: ${secured.why}`;
  return secured.flaw?.why ?? 'sound';
}

const pkix = (...names: string[]): CertificateDemand => ({ kind: 'pkix', names });

test('pkix: who issued it, its dates and its names (RFC 8461 §4.1, RFC 9525 §6)', async () => {
  const trusting = (...authorities: string[]): TlsClientOptions => ({ authorities });
  const rows: readonly (readonly [string, TlsOptions, CertificateDemand, TlsClientOptions, string])[] = [
    ['issued, named', issued, pkix('mx.test'), trusting(rootPem), 'sound'],
    ['one of several names', issued, pkix('other.test', 'mx.test'), trusting(rootPem), 'sound'],
    ['a wildcard is a label', issued, pkix('a.mail.test'), trusting(rootPem), 'sound'],
    [
      'a wildcard is one label',
      issued,
      pkix('a.b.mail.test'),
      trusting(rootPem),
      'certificate-host-mismatch',
    ],
    ['the subject is no name', issued, pkix('subject.test'), trusting(rootPem), 'certificate-host-mismatch'],
    ['somebody else', issued, pkix('other.test'), trusting(rootPem), 'certificate-host-mismatch'],
    ['nobody is asked for', issued, pkix(), trusting(rootPem), 'certificate-host-mismatch'],
    ['unknown authority', issued, pkix('mx.test'), trusting(selfSigned.cert), 'certificate-not-trusted'],
    ['unknown to Node', issued, pkix('mx.test'), {}, 'certificate-not-trusted'],
    [
      'the link is missing',
      { ...issued, cert: serverPem },
      pkix('mx.test'),
      trusting(rootPem),
      'certificate-not-trusted',
    ],
    ['self-signed', selfSigned, pkix('mx.test'), trusting(rootPem), 'certificate-not-trusted'],
    ['self-signed and trusted', selfSigned, pkix('mx.test'), trusting(selfSigned.cert), 'sound'],
    ['by its address', selfSigned, pkix('127.0.0.1'), trusting(selfSigned.cert), 'sound'],
    [
      'another address',
      selfSigned,
      pkix('127.0.0.2'),
      trusting(selfSigned.cert),
      'certificate-host-mismatch',
    ],
    ['expired', longAgo, pkix('mx.test'), trusting(longAgo.cert), 'certificate-expired'],
    ['not valid yet', someday, pkix('mx.test'), trusting(someday.cert), 'certificate-not-trusted'],
  ];
  for (const [name, server, demand, options, expected] of rows) {
    assert.equal(verdict((await handshake(server, demand, options)).secured), expected, name);
  }
});

function tlsa(usage: 2 | 3, pem: string): TlsaData {
  const { publicKey } = new X509Certificate(pem);
  const data = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return { usage, selector: 1, matching: 1, data };
}

test('dane: TLSA records against all certificates that the server shows (RFC 7672 §3.1)', async () => {
  const whole = { ...issued, cert: serverPem + intermediatePem + rootPem };
  const other = selfSignedCertificate({ names: ['other.test'] });
  const rows: readonly (readonly [string, TlsOptions, TlsaData, string, string])[] = [
    ['its own key', issued, tlsa(3, serverPem), 'mx.test', 'sound'],
    ['its own key: names and dates are no matter', longAgo, tlsa(3, longAgo.cert), 'other.test', 'sound'],
    ['another key', issued, tlsa(3, other.cert), 'mx.test', 'validation-failure'],
    ['an authority right above', issued, tlsa(2, intermediatePem), 'mx.test', 'sound'],
    ['the root, where it is shown', whole, tlsa(2, rootPem), 'mx.test', 'sound'],
    ['the root, where it is not', issued, tlsa(2, rootPem), 'mx.test', 'validation-failure'],
    ['an authority, another name', whole, tlsa(2, rootPem), 'other.test', 'certificate-host-mismatch'],
    ['an authority, too late', longAgo, tlsa(2, longAgo.cert), 'mx.test', 'certificate-expired'],
  ];
  for (const [name, server, record, host, expected] of rows) {
    const demand: CertificateDemand = { kind: 'dane', records: [record], names: [host] };
    assert.equal(verdict((await handshake(server, demand)).secured), expected, name);
  }
});

test('a demand that is none is a failure, and no exception', async () => {
  const { secured } = await handshake(
    issued,
    { kind: 'pkix', names: ['no\0name'] },
    { authorities: [rootPem] },
  );
  assert.ok(!secured.ok && secured.why === 'validation-failure');
});

test('any certificate will do where none is demanded; SNI names hosts and no addresses (RFC 6066 §3)', async () => {
  const named = await handshake(longAgo, { kind: 'any' });
  assert.equal(verdict(named.secured), 'sound');
  assert.equal(named.seen?.servername, 'mx.test');
  const literal = await handshake(selfSigned, { kind: 'any' }, {}, '127.0.0.1');
  assert.equal(verdict(literal.secured), 'sound');
  assert.equal(literal.seen?.servername, undefined);
});

test('both sides bind to the same channel (RFC 9266 §2, RFC 5929 §4.1)', async () => {
  const [client, server] = duplexPair();
  const upgraded = tlsUpgrade(new Certificates(issued))(server);
  const ours = await tlsClient()(client, { host: 'mx.test', certificate: { kind: 'any' } });
  assert.ok(ours.ok);
  const theirs = await upgraded;
  assert.deepEqual(ours.tls.channelBindings, theirs.tls.channelBindings);
  assert.equal(Object.keys(ours.tls.channelBindings ?? {}).length, 2);
  assert.equal(ours.tls.version, 'TLSv1.3');
  assert.equal(ours.tls.clientCertificate, undefined);
  ours.socket.destroy();
});

test('a certificate of our own is shown to servers that ask', async () => {
  const certificate = selfSignedCertificate({ names: ['client.test'] });
  const asking = { ...issued, requestCert: true, rejectUnauthorized: false };
  const { seen } = await handshake(asking, { kind: 'any' }, { certificate });
  assert.equal(seen?.clientCertificate?.subject, 'CN=client.test');
  assert.equal((await handshake(asking, { kind: 'any' })).seen?.clientCertificate, undefined);
  const broken = { cert: certificate.cert, key: selfSigned.key };
  assert.throws(
    () => tlsClient({ certificate: broken }),
    (error) => error instanceof ServerMisuse && error.code === 'BAD_CERTIFICATE',
  );
});

test('TLS 1.1 is no TLS (RFC 8996 §5)', async () => {
  const old = { ...issued, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  assert.equal(verdict((await handshake(old, { kind: 'any' })).secured), 'no TLS: validation-failure');
});

test('a server that speaks no TLS, goes, or never answers: no exception, and the connection closed', async () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['speaks something else', '250 hello\r\n'],
    ['goes', null],
  ];
  for (const [name, answer] of rows) {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => (answer === null ? socket.destroy() : socket.write(answer)));
    }).listen(0, '127.0.0.1');
    after(() => server.close());
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const secured = await tlsClient()(socket, { host: 'mx.test', certificate: { kind: 'any' } });
    assert.equal(verdict(secured), 'no TLS: validation-failure', name);
    assert.ok(socket.destroyed);
  }
  const [closed] = duplexPair();
  closed.destroy();
  await once(closed, 'close');
  assert.equal(
    verdict(await tlsClient()(closed, { host: 'mx.test', certificate: { kind: 'any' } })),
    'no TLS: validation-failure',
  );
  const [client] = duplexPair();
  const securing = tlsClient()(client, { host: 'mx.test', certificate: { kind: 'any' } });
  client.destroy();
  assert.equal(verdict(await securing), 'no TLS: validation-failure');
});
