import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { test } from 'node:test';
import { type NodeDns, NodeResolver } from 'mailwright/dns';

/** The module itself will do as well as one of its resolvers; only what a test needs is replaced. */
const failing = (code: string): NodeDns => ({
  ...dns,
  resolveMx: () => Promise.reject(Object.assign(new Error(`it says ${code}`), { code })),
});

test('codes of node:dns are told apart', async () => {
  const table: readonly (readonly [string, string])[] = [
    ['ENOTFOUND', 'nxdomain'],
    ['EBADNAME', 'nxdomain'],
    ['ENODATA', 'nodata'],
    ['ETIMEOUT', 'timeout'],
    ['ESERVFAIL', 'servfail'],
    ['EREFUSED', 'refused'],
    ['ENOTIMP', 'refused'],
    ['EFORMERR', 'malformed'],
    ['EBADRESP', 'malformed'],
    ['ECANCELLED', 'aborted'],
    ['ECONNREFUSED', 'network'],
    ['EWHATEVER', 'network'],
  ];
  for (const [code, expected] of table) {
    const answer = await new NodeResolver(failing(code)).resolve('example.com', 'MX');
    assert.equal(answer.status === 'failure' ? answer.why : answer.status, expected, code);
  }
});

test('addresses come with their TTL, the rest with the one that the host chose', async () => {
  const stub: NodeDns = {
    ...dns,
    resolve4: async () => [
      { address: '192.0.2.1', ttl: 30 },
      { address: '192.0.2.2', ttl: 20 },
    ],
    resolveTxt: async () => [['v=spf1 ', '-all']],
    resolveCaa: async () => [{ critical: 0, type: 'CAA', issue: 'ca.example' }],
    resolvePtr: async () => [],
  };
  const resolver = new NodeResolver(stub, { ttl: 5 });
  const [a, txt, caa, ptr] = await Promise.all([
    resolver.resolve('Example.com', 'A'),
    resolver.resolve('example.com', 'TXT'),
    resolver.resolve('example.com', 'CAA'),
    resolver.resolve('example.com', 'PTR'),
  ]);
  const common = { status: 'ok', name: 'example.com', authentic: false };
  assert.deepEqual(a, { ...common, records: ['192.0.2.1', '192.0.2.2'], ttl: 20 });
  assert.deepEqual(txt, { ...common, records: ['v=spf1 -all'], ttl: 5 });
  assert.deepEqual(caa, { ...common, records: [{ flags: 0, tag: 'issue', value: 'ca.example' }], ttl: 5 });
  assert.deepEqual(ptr, { status: 'nodata', ttl: 5, authentic: false });
});

test('an abort ends the wait', async () => {
  const resolver = new NodeResolver({ ...dns, resolveTxt: () => new Promise(() => {}) });
  const control = new AbortController();
  const pending = resolver.resolve('example.com', 'TXT', { signal: control.signal });
  control.abort();
  const answer = await pending;
  assert.equal(answer.status === 'failure' && answer.why, 'aborted');
});
