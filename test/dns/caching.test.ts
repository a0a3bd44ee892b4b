import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AnswerFor,
  CacheMisuse,
  CachingResolver,
  type RecordType,
  type ResolveOptions,
  type Resolver,
  type Zone,
  ZoneResolver,
} from 'mailwright/dns';

/** A cache before a zone, and its clock in milliseconds. */
function open(zone: Zone, options: ConstructorParameters<typeof CachingResolver>[1] = {}) {
  const clock = { now: 1_000_000 };
  const source = new ZoneResolver(zone);
  const cache = new CachingResolver(source, { now: () => clock.now, ...options });
  return { clock, source, cache };
}

/** A source that answers when it is told to. */
class SlowResolver implements Resolver {
  readonly asked: { answer: (answer: AnswerFor<RecordType>) => void; signal: AbortSignal | undefined }[] = [];

  resolve<Type extends RecordType>(
    _name: string,
    _type: Type,
    { signal }: ResolveOptions = {},
  ): Promise<AnswerFor<Type>> {
    return new Promise((resolve) => {
      this.asked.push({ answer: (answer) => resolve(answer as AnswerFor<Type>), signal });
      signal?.addEventListener('abort', () => resolve({ status: 'failure', why: 'aborted', text: '' }));
    });
  }
}

const found = (address: string): AnswerFor<'A'> => {
  return { status: 'ok', records: [address], name: 'a.example', ttl: 60, authentic: false };
};

test('an answer is kept for its TTL, and tells what is left of it', () => {
  const { clock, source, cache } = open({ 'a.example': { A: ['192.0.2.1'], ttl: 60 } });
  const ttl = () => {
    const answer = cache.resolve('A.example.', 'A');
    return !(answer instanceof Promise) && answer.status === 'ok' && answer.ttl;
  };
  assert.equal(ttl(), 60);
  clock.now += 10_500;
  assert.equal(ttl(), 50);
  clock.now += 49_499;
  assert.equal(ttl(), 1);
  assert.equal(source.queryCount, 1);
  clock.now += 1;
  assert.equal(ttl(), 60);
  assert.equal(source.queryCount, 2);
});

test('absence is kept as long as it holds (RFC 2308 §5), failure a little (RFC 9520 §3.2)', () => {
  const zone: Zone = { 'a.example': { A: ['192.0.2.1'] }, 'slow.example': 'TIMEOUT' };
  const { clock, source, cache } = open(zone, { maxNegativeTtl: 100, failureTtl: 7 });
  const holds = (name: string, type: RecordType, seconds: number) => {
    const before = source.queryCount;
    cache.resolve(name, type);
    clock.now += seconds * 1000 - 1;
    cache.resolve(name, type);
    assert.equal(source.queryCount, before + 1, `${name} within`);
    clock.now += 1;
    cache.resolve(name, type);
    assert.equal(source.queryCount, before + 2, `${name} after`);
  };
  holds('a.example', 'MX', 100);
  holds('b.example', 'A', 100);
  holds('slow.example', 'A', 7);
});

test('no answer is kept longer than maxTtl, one without TTL not at all', () => {
  const zone: Zone = {
    'a.example': { A: ['192.0.2.1'], ttl: 1e9 },
    'b.example': { A: ['192.0.2.1'], ttl: 0 },
  };
  const { clock, source, cache } = open(zone, { maxTtl: 30 });
  cache.resolve('a.example', 'A');
  clock.now += 30_000;
  cache.resolve('a.example', 'A');
  assert.equal(source.queryCount, 2);
  cache.resolve('b.example', 'A');
  cache.resolve('b.example', 'A');
  assert.equal(source.queryCount, 4);
});

test('equal questions under way are one', async () => {
  const source = new SlowResolver();
  const cache = new CachingResolver(source);
  const pending = Array.from({ length: 50 }, (_, at) =>
    cache.resolve(at % 2 ? 'a.example' : 'A.EXAMPLE', 'A'),
  );
  const other = cache.resolve('a.example', 'MX');
  assert.equal(source.asked.length, 2);
  source.asked[0]?.answer(found('192.0.2.1'));
  source.asked[1]?.answer({ status: 'nodata', ttl: 5, authentic: false });
  for (const answer of await Promise.all(pending)) assert.deepEqual(answer, found('192.0.2.1'));
  assert.equal((await other).status, 'nodata');
  assert.equal((cache.resolve('a.example', 'A') as AnswerFor<'A'>).status, 'ok');
  assert.equal(source.asked.length, 2);
});

test('who gives up leaves the others their answer; the last to leave ends the question', async () => {
  const source = new SlowResolver();
  const cache = new CachingResolver(source);
  const [one, two] = [new AbortController(), new AbortController()];
  const first = cache.resolve('a.example', 'A', { signal: one.signal });
  const second = cache.resolve('a.example', 'A', { signal: two.signal });
  one.abort();
  const gone = await first;
  assert.equal(gone.status === 'failure' && gone.why, 'aborted');
  assert.equal(source.asked[0]?.signal?.aborted, false);
  source.asked[0]?.answer(found('192.0.2.1'));
  assert.equal((await second).status, 'ok');

  cache.clear();
  const three = new AbortController();
  const third = cache.resolve('a.example', 'A', { signal: three.signal });
  three.abort();
  assert.equal((await third).status, 'failure');
  assert.equal(source.asked[1]?.signal?.aborted, true);
  const fourth = cache.resolve('a.example', 'A');
  assert.equal(source.asked.length, 3, 'what was given up is asked anew, and not kept');
  source.asked[2]?.answer(found('192.0.2.2'));
  assert.deepEqual(await fourth, found('192.0.2.2'));
});

test('the size is bounded: what was not asked for longest goes first', () => {
  const zone = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`n${at}.example`, { TXT: ['x'.repeat(1000)] }]),
  );
  const { source, cache } = open(zone, { maxSize: 20_000 });
  for (let at = 0; at < 100; at++) {
    cache.resolve('n0.example', 'TXT');
    cache.resolve(`n${at}.example`, 'TXT');
    assert.ok(cache.size <= 20_000);
  }
  const kept = [...cache.entries()].map(({ name }) => name);
  assert.ok(kept.length > 10);
  assert.deepEqual(kept.slice(-2), ['n0.example', 'n99.example']);
  assert.equal(source.queries.get('TXT n0.example'), 1);
  cache.clear();
  assert.equal(cache.size, 0);
});

test('an answer larger than the cache passes through it', () => {
  const { source, cache } = open({ 'a.example': { TXT: ['x'.repeat(5000)] } }, { maxSize: 1000 });
  cache.resolve('a.example', 'TXT');
  const answer = cache.resolve('a.example', 'TXT');
  assert.equal(!(answer instanceof Promise) && answer.status, 'ok');
  assert.equal(source.queryCount, 2);
  assert.equal(cache.size, 0);
});

test('entries are listed with what is left of them; the others are gone', () => {
  const zone: Zone = { 'a.example': { A: ['192.0.2.1'], ttl: 10 }, 'b.example': { MX: [], ttl: 20 } };
  const { clock, cache } = open(zone);
  cache.resolve('a.example', 'A');
  cache.resolve('b.example', 'MX');
  clock.now += 4000;
  assert.deepEqual(
    [...cache.entries()],
    [
      { name: 'a.example', type: 'A', answer: { ...found('192.0.2.1'), ttl: 6 }, expires: 1_010_000 },
      {
        name: 'b.example',
        type: 'MX',
        answer: { status: 'nodata', ttl: 16, authentic: false },
        expires: 1_020_000,
      },
    ],
  );
  clock.now += 6000;
  assert.deepEqual(
    [...cache.entries()].map(({ name }) => name),
    ['b.example'],
  );
});

test('clearing takes a domain and what is below it', () => {
  const names = ['example', 'a.example', 'b.a.example', 'notexample', 'example.org'];
  const { cache } = open(Object.fromEntries(names.map((name) => [name, { A: ['192.0.2.1'] }])));
  for (const name of names) cache.resolve(name, 'A');
  cache.clear('A.Example');
  assert.deepEqual(
    [...cache.entries()].map(({ name }) => name),
    ['example', 'notexample', 'example.org'],
  );
  cache.clear('example');
  assert.deepEqual(
    [...cache.entries()].map(({ name }) => name),
    ['notexample', 'example.org'],
  );
  cache.clear('no..name');
  cache.clear();
  assert.deepEqual([...cache.entries()], []);
});

test('refreshing asks again; trouble leaves what was known in place', async () => {
  const { source, cache } = open({ 'a.example': { A: ['192.0.2.1'] } });
  cache.resolve('a.example', 'A');
  source.set('a.example', { A: ['192.0.2.2'] });
  const fresh = await cache.refresh('a.example', 'A');
  assert.deepEqual(fresh.status === 'ok' && fresh.records, ['192.0.2.2']);
  source.set('a.example', 'TIMEOUT');
  assert.equal((await cache.refresh('a.example', 'A')).status, 'failure');
  const kept = cache.resolve('a.example', 'A');
  assert.deepEqual(!(kept instanceof Promise) && kept.status === 'ok' && kept.records, ['192.0.2.2']);
  assert.equal((await cache.refresh('no..name', 'A')).status, 'nxdomain');
});

test('domains may have resolvers of their own: the nearest one answers', () => {
  const zone = (address: string) =>
    new ZoneResolver({ '*.example': { A: [address] }, '*.org': { A: [address] }, example: { A: [address] } });
  const overrides = { 'Inner.example': zone('10.0.0.1'), 'deep.inner.example': zone('10.0.0.2') };
  const cache = new CachingResolver(zone('192.0.2.1'), { overrides });
  const address = (name: string) => {
    const answer = cache.resolve(name, 'A');
    return !(answer instanceof Promise) && answer.status === 'ok' && answer.records[0];
  };
  assert.equal(address('inner.example'), '10.0.0.1');
  assert.equal(address('a.b.inner.example'), '10.0.0.1');
  assert.equal(address('a.deep.inner.example'), '10.0.0.2');
  assert.equal(address('notinner.example'), '192.0.2.1');
  assert.equal(address('example'), '192.0.2.1');
  assert.equal(address('a.org'), '192.0.2.1');
  const everything = new CachingResolver(zone('192.0.2.1'), { overrides: { '.': zone('10.0.0.3') } });
  const answer = everything.resolve('a.org', 'A') as AnswerFor<'A'>;
  assert.deepEqual(answer.status === 'ok' && answer.records, ['10.0.0.3']);
});

test('limits that cannot be are misuse', () => {
  const source = new ZoneResolver({});
  for (const options of [{ maxSize: -1 }, { maxTtl: NaN }, { failureTtl: 0 }, { failureTtl: 301 }]) {
    assert.throws(() => new CachingResolver(source, options), CacheMisuse);
  }
  assert.throws(() => new CachingResolver(source, { overrides: { 'a..b': source } }), CacheMisuse);
});
