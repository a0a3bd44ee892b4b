/** Resources by HTTPS: bounds and failures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getResource } from 'mailwright/web';

test('no more is read than the bound, and the transfer ends there', async () => {
  let sent = 0;
  let ended = false;
  const endless = async () => ({
    status: 200,
    headers: { get: () => null },
    body: (async function* () {
      try {
        for (;;) {
          sent += 1000;
          yield new Uint8Array(1000);
        }
      } finally {
        ended = true;
      }
    })(),
  });
  const got = await getResource('https://example.com/', endless, 5000);
  assert.deepEqual([got.ok, !got.ok && got.why, sent, ended], [false, 'too-large', 6000, true]);
});

test('the exact bound passes, and the type is told', async () => {
  const fetch = async (_url: string, init: { readonly redirect: string }) => {
    assert.equal(init.redirect, 'manual');
    return new Response('hello', { headers: { 'content-type': 'Text/Plain; charset=utf-8' } });
  };
  const got = await getResource('https://example.com/', fetch, 5);
  assert.ok(got.ok);
  assert.deepEqual([Buffer.from(got.octets).toString(), got.type], ['hello', 'text/plain']);
});

test('trouble is an answer', async () => {
  const broken = async () => {
    throw new TypeError('fetch failed');
  };
  assert.deepEqual(await getResource('https://a.example/', broken, 1), {
    ok: false,
    why: 'network',
    text: 'fetch failed',
  });
  const moved = async () => new Response(null, { status: 301 });
  assert.deepEqual(await getResource('https://a.example/', moved, 1), {
    ok: false,
    why: 'status',
    text: 'HTTP status 301',
  });
});
