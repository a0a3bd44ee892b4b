import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  domainRoutes,
  firstOf,
  localRoute,
  mxRoutes,
  type NoRoute,
  type Router,
  senderDomain,
  senderRoutes,
} from 'mailwright/delivery';
import { contextOf, recipientAt, routeTo, Survey, still } from './survey.ts';

const to = (destination: string) => localRoute(() => undefined, { destination });

/** What the router says of a domain, in a word. */
function ask(router: Router, domain: string, from = 'us@sender.example'): string | undefined {
  const found = router(recipientAt(domain), contextOf({ from }));
  return found !== undefined && 'destination' in found ? found.destination : found?.kind;
}

suite('by the domain of the recipient', () => {
  const router = domainRoutes({
    'example.org': to('exact'),
    '.example.org': to('below'),
    '.sub.example.org': to('nearer'),
    'Bücher.example': to('international'),
    '[192.0.2.1]': to('literal'),
    '[ipv6:2001:DB8:0::1]': to('literal'),
    '': to('postmaster'),
  });
  const table: [domain: string, expected: string | undefined][] = [
    ['example.org', 'exact'],
    ['a.example.org', 'below'],
    ['a.b.example.org', 'below'],
    ['sub.example.org', 'below'],
    ['a.sub.example.org', 'nearer'],
    ['notexample.org', undefined],
    ['org', undefined],
    ['xn--bcher-kva.example', 'international'],
    ['[192.0.2.1]', 'literal'],
    ['[192.0.2.2]', undefined],
    ['[IPv6:2001:db8::1]', 'literal'],
    // RFC 5321 §4.5.1: <Postmaster> without a domain.
    ['', 'postmaster'],
  ];
  for (const [domain, expected] of table) {
    test(`${domain || 'Postmaster'}: ${expected}`, () => assert.equal(ask(router, domain), expected));
  }

  test('* is for every other domain, and for no Postmaster', () => {
    const all = domainRoutes({ 'example.org': to('exact'), '*': to('others') });
    assert.equal(ask(all, 'example.org'), 'exact');
    assert.equal(ask(all, 'elsewhere.example'), 'others');
    assert.equal(ask(all, '[192.0.2.1]'), 'others');
    assert.equal(ask(all, ''), undefined);
  });

  test('keys that are no domains are refused', () => {
    for (const key of ['a b', '.', '*.example.org', 'a..b', '[no literal']) {
      assert.throws(() => domainRoutes({ [key]: to('x') }), { name: 'RouteMisuse', code: 'BAD_DOMAIN' }, key);
    }
  });
});

suite('by the domain of the sender', () => {
  const router = senderRoutes({ 'sender.example': to('ours'), '': to('notifications') });
  test('of its own', () => assert.equal(ask(router, 'example.org', 'us@SENDER.example'), 'ours'));
  test('of another', () => assert.equal(ask(router, 'example.org', 'us@other.example'), undefined));
  // RFC 5321 §4.5.5.
  test('of the null path', () => assert.equal(ask(router, 'example.org', ''), 'notifications'));

  test('the domain is the one behind the last @ that counts', () => {
    assert.equal(senderDomain(contextOf({ from: '"a@b"@Bücher.example' })), 'xn--bcher-kva.example');
    assert.equal(senderDomain(contextOf({ from: 'a@[IPv6:2001:DB8::1]' })), '[IPv6:2001:db8::1]');
    assert.equal(senderDomain(contextOf({ from: '' })), '');
  });
});

suite('one after another', () => {
  const none: NoRoute = { kind: 'none', outcome: { result: 'failed', status: '5.1.2', text: 'no' } };
  const own = domainRoutes({ 'example.org': to('own') });

  test('the first that has an answer gives it', () => {
    const router = firstOf(own, to('rest'));
    assert.equal(ask(router, 'example.org'), 'own');
    assert.equal(ask(router, 'example.net'), 'rest');
  });
  test('that there is no route is an answer', () => {
    assert.equal(ask(firstOf(domainRoutes({ 'example.net': none }), to('rest')), 'example.net'), 'none');
  });
  test('nobody may have one', () => assert.equal(ask(firstOf(own), 'example.net'), undefined));
  test('routers nest', () => {
    const router = domainRoutes({ '*': senderRoutes({ '.example': firstOf(own, to('deep')) }) });
    assert.equal(ask(router, 'example.net'), 'deep');
  });
});

suite('routes by MX', () => {
  test('recipients of a domain share a route, others have their own; Postmaster has none', () => {
    const router = mxRoutes(still({}, new Survey()));
    assert.equal(routeTo(router, 'example.org'), routeTo(router, 'example.org'));
    assert.equal(routeTo(router, 'example.org').key, 'mx example.org');
    assert.notEqual(routeTo(router, 'example.org'), routeTo(router, 'example.net'));
    assert.equal(router(recipientAt(''), contextOf()), undefined);
  });
  test('ten thousand of them are kept, those used last', () => {
    const router = mxRoutes(still({}, new Survey()));
    const first = routeTo(router, 'first.example');
    for (let count = 1; count < 10_000; count++) routeTo(router, `d${count}.example`);
    assert.equal(routeTo(router, 'first.example'), first, 'used again before it was crowded out');
    const second = routeTo(router, 'd1.example');
    routeTo(router, 'new.example');
    assert.equal(routeTo(router, 'first.example'), first);
    assert.equal(routeTo(router, 'd1.example'), second);
    for (let count = 0; count < 10_000; count++) routeTo(router, `e${count}.example`);
    assert.notEqual(routeTo(router, 'first.example'), first);
  });
});
