/** How much is asked of DNS, and for how long an attempt waits for it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mxRoutes } from 'mailwright/delivery';
import { type AnswerFor, type RecordType, type Resolver, type Zone, ZoneResolver } from 'mailwright/dns';
import { VirtualClock } from 'mailwright/testing';
import { contextOf, inShort, mxSite, routeTo, Survey, siteOf, still } from './survey.ts';
import { hosts, mx } from './zones.ts';

suite('what it costs', () => {
  test('a flood of MX records: twenty hosts are looked up, and no more', async () => {
    const flood = Array.from({ length: 3000 }, (_, place): [number, string] => [
      place % 7,
      `mx${place}.flood.example`,
    ]);
    const survey = new Survey();
    const zone: Zone = { 'example.org': mx(...flood), '*.flood.example': { A: ['192.0.2.5'] } };
    const options = still(zone, survey);
    const site = await siteOf(routeTo(mxRoutes(options), 'example.org'), survey);
    assert.ok(site.ok);
    assert.equal(site.hosts.length, 20);
    assert.equal(options.resolver.queryCount, 1 + 20 * 2);
  });

  test('a flood of addresses: five of each family', async () => {
    const many = (prefix: string) => Array.from({ length: 200 }, (_, place) => `${prefix}${place + 1}`);
    const zone = { 'example.org': { A: many('192.0.2.'), AAAA: many('2001:db8::') } };
    assert.equal(inShort(await mxSite(zone)).split(' ').length, 1 + 10);
  });

  test('a thousand messages at once for one domain ask once', async () => {
    const survey = new Survey();
    const options = still({ ...hosts, 'example.org': mx([1, 'mx1.example']) }, survey);
    const router = mxRoutes(options);
    const found = Array.from({ length: 1000 }, () => siteOf(routeTo(router, 'example.org'), survey));
    for (const site of await Promise.all(found)) assert.equal(inShort(site), 'mx1.example 192.0.2.1');
    assert.equal(options.resolver.queryCount, 3);
  });

  test('what is known holds for its TTL, a minute at most, without a Promise and with the same targets', async () => {
    const survey = new Survey();
    const clock = new VirtualClock();
    const zone = { ...hosts, 'example.org': { ...mx([1, 'mx1.example']), ttl: 30 } };
    const options = { ...still(zone, survey), clock };
    const route = routeTo(mxRoutes(options), 'example.org');
    const first = await siteOf(route, survey);
    await clock.run({ until: clock.now() + 29_000 });
    const again = await siteOf(route, survey);
    assert.ok(first.ok && again.ok);
    assert.equal(again.hosts[0]?.target, first.hosts[0]?.target);
    assert.ok(!(survey.route?.find('example.org', contextOf(), survey.signal) instanceof Promise));
    assert.equal(options.resolver.queryCount, 3);
    await clock.run({ until: clock.now() + 1_000 });
    await siteOf(route, survey);
    assert.equal(options.resolver.queryCount, 6);
  });

  test('a TTL of zero holds for those who wait together, and for nobody else', async () => {
    const survey = new Survey();
    const options = still({ ...hosts, 'example.org': { ...mx([1, 'mx1.example']), ttl: 0 } }, survey);
    const route = routeTo(mxRoutes(options), 'example.org');
    await Promise.all([siteOf(route, survey), siteOf(route, survey)]);
    assert.equal(options.resolver.queryCount, 3);
    await siteOf(route, survey);
    assert.equal(options.resolver.queryCount, 6);
  });
});

suite('waiting', () => {
  /** Answers for some names never come, or only after a while. */
  class Slow implements Resolver {
    readonly #zone: ZoneResolver;
    readonly #clock: VirtualClock;
    readonly #delays: Readonly<Record<string, number>>;

    constructor(zone: Zone, clock: VirtualClock, delays: Readonly<Record<string, number>>) {
      this.#zone = new ZoneResolver(zone);
      this.#clock = clock;
      this.#delays = delays;
    }

    resolve<Type extends RecordType>(name: string, type: Type): AnswerFor<Type> | Promise<AnswerFor<Type>> {
      const delay = this.#delays[name];
      if (delay === undefined) return this.#zone.resolve(name, type);
      return new Promise((resolve) =>
        this.#clock.after(delay, () => resolve(this.#zone.resolve(name, type))),
      );
    }
  }

  const zone = { ...hosts, 'example.org': mx([1, 'mx1.example'], [2, 'mx2.example'], [3, 'mx3.example']) };

  async function findWith(
    delays: Readonly<Record<string, number>>,
  ): Promise<{ site: string; waited: number }> {
    const survey = new Survey();
    const clock = new VirtualClock({ start: 0 });
    const options = { ...still(zone, survey), clock, resolver: new Slow(zone, clock, delays) };
    let waited = -1;
    const site = siteOf(routeTo(mxRoutes(options), 'example.org'), survey).then((found) => {
      waited = clock.now();
      return inShort(found);
    });
    await clock.run();
    return { site: await site, waited };
  }

  test('a dead backup delays no mail: a second after the best server is known, it goes on', async () => {
    const found = await findWith({ 'mx2.example': 30_000 });
    assert.deepEqual(found, {
      site: 'mx1.example 192.0.2.1, mx3.example 2001:db8::3 192.0.2.3',
      waited: 1_000,
    });
  });

  test('the best server is waited for, however soon the others are known', async () => {
    const { site, waited } = await findWith({ 'mx1.example': 30_000 });
    assert.match(site, /^mx1\.example 192\.0\.2\.1, mx2/);
    assert.equal(waited, 30_000);
  });

  test('where all are known at once, no timer is left behind', async () => {
    const survey = new Survey();
    const clock = new VirtualClock({ start: 0 });
    await siteOf(routeTo(mxRoutes({ ...still(zone, survey), clock }), 'example.org'), survey);
    await clock.run();
    assert.equal(clock.now(), 0);
  });

  test('who gives up gets a deferral at once, and the others their answer', async () => {
    const survey = new Survey();
    const clock = new VirtualClock({ start: 0 });
    const options = {
      ...still(zone, survey),
      clock,
      resolver: new Slow(zone, clock, { 'example.org': 5_000 }),
    };
    const route = routeTo(mxRoutes(options), 'example.org');
    const leaving = new AbortController();
    survey.signal = leaving.signal;
    const left = siteOf(route, survey).then(inShort);
    leaving.abort();
    assert.equal(await left, '4.4.3 deferred');
    survey.signal = new AbortController().signal;
    const stayed = siteOf(route, survey).then(inShort);
    await clock.run();
    assert.match(await stayed, /^mx1/);
  });
});

test('a resolver that throws costs an attempt, and a warning', async () => {
  const survey = new Survey();
  const codes: string[] = [];
  const resolver: Resolver = {
    resolve() {
      throw new Error('broken');
    },
  };
  const router = mxRoutes({ ...still({}, survey), resolver, warn: ({ code }) => codes.push(code) });
  assert.equal(inShort(await siteOf(routeTo(router, 'example.org'), survey)), '4.3.0 deferred');
  assert.deepEqual(codes, ['LOOKUP_FAULT']);
});
