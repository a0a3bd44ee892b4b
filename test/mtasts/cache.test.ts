/** Which policy holds, through fetches, failures and expiry (RFC 8461 §3.3, §5.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneResolver } from 'mailwright/dns';
import { MemoryPolicyCache, MtaSts } from 'mailwright/mtasts';
import type { WebFetch } from 'mailwright/web';

const text = 'version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 1000\n';

/** A domain whose record and web server can be changed, with the number of fetches. */
function world() {
  const zone = new ZoneResolver({ '_mta-sts.example.com': { TXT: ['v=STSv1; id=1'] } });
  const state = { text, status: 200, type: 'text/plain; charset=utf-8', fetches: 0, down: false };
  const fetch: WebFetch = async (url) => {
    state.fetches++;
    assert.equal(url, 'https://mta-sts.example.com/.well-known/mta-sts.txt');
    if (state.down) throw new Error('certificate has expired');
    const headers = { get: () => state.type };
    return {
      status: state.status,
      headers,
      body: (async function* () {
        yield Buffer.from(state.text);
      })(),
    };
  };
  const sts = new MtaSts({ resolver: zone, fetch });
  return { zone, state, find: (now: number) => sts.find('example.com', now) };
}

test('a policy is fetched once, and again when its id changes', async () => {
  const { zone, state, find } = world();
  assert.equal((await find(0)).kind, 'policy');
  assert.equal((await find(1)).kind, 'policy');
  assert.equal(state.fetches, 1);
  zone.set('_mta-sts.example.com', { TXT: ['v=STSv1; id=2'] });
  state.text = text.replace('enforce', 'testing');
  const found = await find(2);
  assert.equal(found.kind === 'policy' && found.policy.mode, 'testing');
  assert.equal(state.fetches, 2);
});

test('deliveries at the same time share one fetch', async () => {
  const { state, find } = world();
  await Promise.all([find(0), find(0), find(0)]);
  assert.equal(state.fetches, 1);
});

test('a cached policy holds while DNS or the web server fail, until it expires', async () => {
  const { zone, state, find } = world();
  await find(0);
  zone.set('_mta-sts.example.com', 'TIMEOUT');
  assert.equal((await find(999_999)).kind, 'policy');
  zone.set('_mta-sts.example.com', null);
  assert.equal((await find(999_999)).kind, 'policy');
  zone.set('_mta-sts.example.com', { TXT: ['v=STSv1; id=2'] });
  state.down = true;
  const found = await find(999_999);
  assert.equal(found.kind === 'policy' && found.text, 'certificate has expired');
  assert.equal((await find(1_000_001)).kind, 'failure');
  zone.set('_mta-sts.example.com', null);
  assert.equal((await find(1_000_001)).kind, 'none');
});

test('a fetch that failed is not tried again for five minutes (RFC 8461 §3.3)', async () => {
  const { state, find } = world();
  state.down = true;
  assert.equal((await find(0)).kind, 'failure');
  state.down = false;
  assert.equal((await find(299_999)).kind, 'failure');
  assert.equal(state.fetches, 1);
  assert.equal((await find(300_000)).kind, 'policy');
});

test('what is fetched and no policy', async () => {
  for (const [change, why] of [
    [{ status: 301 }, 'fetch'],
    [{ type: 'text/html' }, 'invalid'],
    [{ text: '<html>' }, 'invalid'],
    [{ text: `${text}${' '.repeat(70_000)}` }, 'invalid'],
  ] as const) {
    const { state, find } = world();
    Object.assign(state, change);
    const found = await find(0);
    assert.equal(found.kind === 'failure' && found.why, why, JSON.stringify(change).slice(0, 60));
  }
});

test('the memory cache forgets whom nobody asked for', () => {
  const cache = new MemoryPolicyCache(2);
  const entry = { policy: { mode: 'none', maxAge: 1, mx: [] }, id: '1', fetchedAt: 0 } as const;
  cache.set('a', entry);
  cache.set('b', entry);
  cache.get('a');
  cache.set('c', entry);
  assert.deepEqual(
    ['a', 'b', 'c'].map((domain) => cache.get(domain) !== undefined),
    [true, false, true],
  );
});
