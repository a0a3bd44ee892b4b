import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TlsInfo } from 'mailwright/machine';
import {
  type ClientOptions,
  type MechanismName,
  mechanismNames,
  type ServerOptions,
  startServer,
} from 'mailwright/sasl';
import { converse, credentialsFor, hostOf, serverOptions, tls } from './conversation.ts';

const plain: readonly MechanismName[] = ['SCRAM-SHA-256'];
const { channelBindings: _, ...withoutBindings } = tls;
const other: TlsInfo = { ...tls, channelBindings: { 'tls-exporter': Buffer.alloc(32, 9) } };

interface Row {
  readonly name: string;
  readonly mechanism: MechanismName;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly end: 'success' | 'channel-binding' | 'unsupported';
}

const rows: readonly Row[] = [
  { name: 'both bind to the same connection', mechanism: 'SCRAM-SHA-256-PLUS', end: 'success' },
  {
    name: 'both bind by the certificate (RFC 5929 §4)',
    mechanism: 'SCRAM-SHA-256-PLUS',
    client: { channelBinding: 'tls-server-end-point' },
    end: 'success',
  },
  {
    name: 'somebody between has a TLS connection with each',
    mechanism: 'SCRAM-SHA-256-PLUS',
    client: { tls: other },
    end: 'channel-binding',
  },
  {
    name: 'the server has another kind only',
    mechanism: 'SCRAM-SHA-256-PLUS',
    client: { channelBinding: 'tls-server-end-point' },
    server: { tls: other },
    end: 'channel-binding',
  },
  {
    name: 'neither binds, both could: "n" is the client\'s choice',
    mechanism: 'SCRAM-SHA-256',
    end: 'success',
  },
  {
    name: '-PLUS was taken off the list between them: "y" gives it away',
    mechanism: 'SCRAM-SHA-256',
    client: { offered: plain },
    end: 'channel-binding',
  },
  {
    name: 'the server has no -PLUS switched on: "y" is true',
    mechanism: 'SCRAM-SHA-256',
    client: { offered: plain },
    server: { mechanisms: plain },
    end: 'success',
  },
  {
    name: 'the server stands behind a proxy that ends TLS: "y" is true',
    mechanism: 'SCRAM-SHA-256',
    client: { offered: plain },
    server: { tls: withoutBindings },
    end: 'success',
  },
  {
    name: '-PLUS of the other hash is not what "y" is about',
    mechanism: 'SCRAM-SHA-256',
    client: { offered: plain },
    server: { mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS'] },
    end: 'success',
  },
  {
    name: 'the client cannot bind: "n"',
    mechanism: 'SCRAM-SHA-256',
    client: { offered: plain, tls: withoutBindings },
    end: 'success',
  },
  {
    name: 'no TLS at the server',
    mechanism: 'SCRAM-SHA-256-PLUS',
    server: { tls: null },
    end: 'unsupported',
  },
  {
    name: 'no TLS at the client',
    mechanism: 'SCRAM-SHA-256-PLUS',
    client: { tls: null },
    end: 'unsupported',
  },
];

test('SCRAM: channel binding and its downgrade (RFC 5802 §6, RFC 9266 §2)', () => {
  for (const { name, mechanism, end, ...options } of rows) {
    const { server, client } = converse({
      mechanism,
      credentials: credentialsFor(mechanism, 'tim', 'pencil'),
      decide: hostOf('tim', 'pencil'),
      ...options,
    });
    assert.equal(server.type === 'failure' ? server.failure.reason : server.type, end, name);
    assert.equal(client.type, end === 'success' ? 'done' : 'failure', name);
  }
});

test('SCRAM: a flag that does not go with the mechanism is refused (RFC 5802 §6)', () => {
  const cases = [
    ['SCRAM-SHA-1-PLUS', 'n,,n=tim,r=abc'],
    ['SCRAM-SHA-1-PLUS', 'y,,n=tim,r=abc'],
    ['SCRAM-SHA-1', 'p=tls-exporter,,n=tim,r=abc'],
    ['SCRAM-SHA-1-PLUS', 'p=tls-unique,,n=tim,r=abc'],
    ['SCRAM-SHA-1-PLUS', 'p=toString,,n=tim,r=abc'],
    ['OAUTHBEARER', 'p=tls-exporter,,\x01auth=Bearer abc\x01\x01'],
  ] as const;
  for (const [mechanism, message] of cases) {
    const { step } = startServer(mechanism, Buffer.from(message), {
      ...serverOptions,
      mechanisms: mechanismNames,
    });
    assert.ok(
      step.type === 'failure' && step.failure.reason === 'channel-binding',
      `${mechanism} ${message}`,
    );
  }
});
