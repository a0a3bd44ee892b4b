/** What macros stand for: the examples of RFC 7208 §7.4, seen from the questions that they lead to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import { checkMailFrom, type SpfOptions } from 'mailwright/spf';

const strongBad = { ip: '192.0.2.3', helo: 'mx.example.org', mailFrom: 'strong-bad@email.example.com' };
const names: Zone = {
  '3.2.0.192.in-addr.arpa': { PTR: ['mx.example.org'] },
  'mx.example.org': { A: ['192.0.2.3'], AAAA: ['2001:db8::cb01'] },
};

/** The name that `domain` in a mechanism is expanded to; none where nobody is asked. */
async function nameOf(domain: string, client = strongBad, more: Zone = {}): Promise<string | undefined> {
  const zone = new ZoneResolver({
    ...names,
    ...more,
    'email.example.com': { TXT: [`v=spf1 exists:${domain} -all`] },
  });
  await checkMailFrom(client, zone);
  return [...zone.queries.keys()]
    .find((question) => question.startsWith('A ') && !question.endsWith(' mx.example.org'))
    ?.slice(2);
}

/** What an explanation says. */
async function textOf(
  text: string,
  client = strongBad,
  options: SpfOptions = {},
): Promise<string | undefined> {
  const zone = new ZoneResolver({
    ...names,
    'email.example.com': { TXT: ['v=spf1 -all exp=why.%{d}'] },
    'why.email.example.com': { TXT: [text] },
  });
  return (await checkMailFrom(client, zone, options)).explanation;
}

test('names (RFC 7208 §7.4)', async () => {
  const table: Readonly<Record<string, string>> = {
    '%{o}': 'email.example.com',
    '%{d4}': 'email.example.com',
    '%{d3}': 'email.example.com',
    '%{d2}': 'example.com',
    '%{d1}': 'com',
    '%{dr}': 'com.example.email',
    '%{d2r}': 'example.email',
    '%{ir}.%{v}._spf.%{d2}': '3.2.0.192.in-addr._spf.example.com',
    '%{lr-}.lp._spf.%{d2}': 'bad.strong.lp._spf.example.com',
    '%{lr-}.lp.%{ir}.%{v}._spf.%{d2}': 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com',
    '%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}': '3.2.0.192.in-addr.strong.lp._spf.example.com',
    '%{d2}.trusted-domains.example.net': 'example.com.trusted-domains.example.net',
    '%{p}.example.net': 'mx.example.org.example.net',
    '%{h}.example.net': 'mx.example.org.example.net',
    '%{l1-}.%{L-}.example.net': 'bad.strong.bad.example.net',
    '%{s}.%{S2}.example.net': 'strong-bad@email.example.com.example.com.example.net',
    '%{S}.example.net': 'strong-bad%40email.example.com.example.net',
    'a%%b%_c%-d.example.net': 'a%b c%20d.example.net',
    '%{d99999999999999999999}.example.net': 'email.example.com.example.net',
  };
  for (const [domain, name] of Object.entries(table)) assert.equal(await nameOf(domain), name, domain);
});

test('names of clients with IPv6 (RFC 7208 §7.4)', async () => {
  const client = { ...strongBad, ip: '2001:db8::cb01' };
  assert.equal(
    await nameOf('%{ir}.%{v}._spf.%{d2}', client),
    '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com',
  );
});

test('texts (RFC 7208 §7.2)', async () => {
  const table: Readonly<Record<string, string | undefined>> = {
    '%{s} of %{o}': 'strong-bad@email.example.com of email.example.com',
    '%{l-}, %{lr}, %{lr-}, %{l1r-}': 'strong.bad, strong-bad, bad.strong, strong',
    '%{c} at %{r} at %{t}': '192.0.2.3 at mx.example.net at 1234567890',
    'See http://%{D}/?s=%{S}&i=%{I}&%{H}.':
      'See http://email.example.com/?s=strong-bad%40email.example.com&i=192.0.2.3&mx.example.org.',
    'named %{p}': 'named mx.example.org',
    'ends with a dot.': 'ends with a dot.',
    '%%%_%-': '% %20',
    'broken %{x}': undefined,
    'broken %': undefined,
    'a\ttab': undefined,
    'caf\xe9': undefined,
    '': '',
  };
  const options = { receiver: 'mx.example.net', now: () => 1_234_567_890_999 };
  for (const [text, expected] of Object.entries(table)) {
    assert.equal(await textOf(text, strongBad, options), expected, text);
  }
  assert.equal(
    await textOf('%{c} is %{i}', { ...strongBad, ip: '2001:DB8:0::CB01' }),
    `2001:db8::cb01 is ${[...'20010db800000000000000000000cb01'].join('.')}`,
  );
  assert.equal(await textOf('%{r}'), 'unknown');
});

test('everything but unreserved characters is escaped (RFC 3986 §2.3)', async () => {
  const client = { ...strongBad, mailFrom: `~a-b_c.d!'()*+=&/\\"@email.example.com` };
  assert.equal(await textOf('%{L}', client), '~a-b_c.d%21%27%28%29%2A%2B%3D%26%2F%5C%22');
});

test('a local-part that is not ASCII stands in no name, and matches nothing (RFC 8616 §4)', async () => {
  const client = { ...strongBad, mailFrom: 'стронг@email.example.com' };
  assert.equal(await nameOf('%{l}.example.net', client), undefined);
  assert.equal(await nameOf('%{S}.example.net', client), undefined);
  assert.equal(await nameOf('%{o}.example.net', client), 'email.example.com.example.net');
  assert.equal(await textOf('%{l}', client), undefined);
});

test('names of more than 253 octets lose labels at their left (RFC 7208 §7.3)', async () => {
  const long = 'a123456789.'.repeat(22);
  assert.equal(await nameOf(`x%{d}.${long}example.net`), `${long}example.net`);
  assert.equal(
    await nameOf(`${'%{d}.'.repeat(5000)}example.net`),
    `com.${'email.example.com.'.repeat(13)}example.net`,
  );
  assert.equal(await nameOf(`%{l}${'a'.repeat(64)}.example`), undefined, 'a label that is too long remains');
});

test('the client is called by the name that is nearest to the domain (RFC 7208 §7.3)', async () => {
  const host = { A: ['192.0.2.3'] };
  const ptr = (...hosts: string[]): Zone => ({
    '3.2.0.192.in-addr.arpa': { PTR: hosts },
    'other.example': host,
    'a.email.example.com': host,
    'forged.email.example.com': { A: ['192.0.2.99'] },
    'line\nbreak.example': host,
  });
  const nearest = (zone: Zone) => textOfZone('%{p}', zone);
  assert.equal(await nearest(ptr('other.example', 'a.email.example.com')), 'a.email.example.com');
  assert.equal(await nearest(ptr('other.example', 'forged.email.example.com')), 'other.example');
  assert.equal(await nearest(ptr('forged.email.example.com')), 'unknown');
  assert.equal(await nearest(ptr('line\nbreak.example')), 'unknown');
  assert.equal(await nearest({}), 'unknown');
  assert.equal(await nearest({ '3.2.0.192.in-addr.arpa': 'TIMEOUT' }), 'unknown');
});

async function textOfZone(text: string, zone: Zone): Promise<string | undefined> {
  const all = {
    'email.example.com': { TXT: ['v=spf1 -all exp=why.example'] },
    'why.example': { TXT: [text] },
  };
  return (await checkMailFrom(strongBad, new ZoneResolver({ ...zone, ...all }))).explanation;
}
