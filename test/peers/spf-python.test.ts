/**
 * Debian's python3-spf as oracle: made-up records over one zone, checked by both.
 *
 * Void lookups are not limited here: python3-spf counts every address of an `mx` and a `ptr` among them,
 * and ours the terms, as RFC 7208 §4.6.4 has it. Nor are there `exists` without a domain and `%{d0}`, which it
 * takes against RFC 7208 §5.7 and §7.3, and senders without local-part, whom its `%{s}` leaves without one
 * against RFC 7208 §4.3.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import { checkMailFrom, type SpfClient } from 'mailwright/spf';
import { SeededRandom } from 'mailwright/testing';
import { run } from './programs.ts';

/** Debian's own: its modules are not seen by another Python that stands before it in PATH. */
const python = '/usr/bin/python3';
const module = '/usr/lib/python3/dist-packages/spf.py';

/** Reads zone and checks as JSON; writes result and explanation of each. */
const script = `
import json, sys, spf
plan = json.load(sys.stdin)
zone = plan["zone"]
def lookup(name, qtype, *rest, **more):
    held = zone.get(name.lower().rstrip("."), {})
    if held == "TIMEOUT": raise spf.TempError("DNS timeout")
    if qtype != "CNAME" and held.get("CNAME"): return [((name, "CNAME"), held["CNAME"][0])] + lookup(held["CNAME"][0], qtype)
    records = held.get(qtype, [])
    if records == "TIMEOUT": raise spf.TempError("DNS timeout")
    if qtype == "MX": records = [(each["preference"], each["exchange"]) for each in records]
    if qtype == "TXT": records = [(each.encode("latin1"),) for each in records]
    return [((name, qtype), each) for each in records]
spf.DNSLookup = lookup
spf.MAX_VOID_LOOKUPS = 1000
answers = []
for each in plan["checks"]:
    query = spf.query(i=each["ip"], s=each["mailFrom"], h=each["helo"], receiver="receiver.example", strict=True)
    query.set_default_explanation("DEFAULT")
    zone["example.com"]["TXT"] = [each["record"]]
    answers.append([query.check()[0], query.check()[2]])
json.dump(answers, sys.stdout)
`;

interface Check extends SpfClient {
  readonly record: string;
}

const zone: Zone = {
  'example.com': {
    A: ['192.0.2.1'],
    AAAA: ['2001:db8::1'],
    MX: [
      { preference: 10, exchange: 'mx.example.com' },
      { preference: 20, exchange: 'v4.example.net' },
    ],
  },
  'mx.example.com': { A: ['192.0.2.25', '192.0.2.26'], AAAA: ['2001:db8::25'], TXT: ['v=spf1 a -all'] },
  'v4.example.net': { A: ['198.51.100.7'] },
  'v6.example.net': { AAAA: ['2001:db8:1::7'] },
  'alias.example.net': { CNAME: ['v4.example.net'] },
  'slow.example.net': 'TIMEOUT',
  'pass.example.net': { TXT: ['v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all'] },
  'fail.example.net': { TXT: ['v=spf1 -all exp=why.example.net'] },
  'broken.example.net': { TXT: ['v=spf1 whatever'] },
  'loop.example.net': { TXT: ['v=spf1 include:loop.example.net -all'] },
  'chain.example.net': { TXT: ['v=spf1 redirect=pass.example.net'] },
  'bob.users.example.net': { A: ['127.0.0.2'] },
  'com.example.zone.example.net': { A: ['127.0.0.2'] },
  '1.2.0.192.in-addr.zone.example.net': { A: ['127.0.0.2'] },
  'why.example.net': { TXT: ['%{i} (%{c}) of %{h}, named %{p}: not for %{s}, %{L}, %{o1} by %{R} %% %_ %-'] },
  'two.example.net': { TXT: ['one', 'two'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['example.com'] },
  '25.2.0.192.in-addr.arpa': { PTR: ['forged.example.com', 'mx.example.com'] },
  '7.100.51.198.in-addr.arpa': { PTR: ['v4.example.net'] },
  [`5.2.${'0.'.repeat(22)}8.b.d.0.1.0.0.2.ip6.arpa`]: { PTR: ['mx.example.com'] },
};

const words = (text: string) => text.trim().split(/\s+/);

const hosts = words(`
  example.com mx.example.com v4.example.net v6.example.net alias.example.net nowhere.example %{d} %{o} %{h} %{d2}
  %{l}.users.example.net %{l1r+-}.users.example.net %{dr}.zone.example.net %{ir}.%{v}.zone.example.net %{p} %{P2}
`);
const policies = words('pass.example.net fail.example.net chain.example.net mx.example.com');
const traps = words(`
  slow.example.net broken.example.net loop.example.net two.example.net why.example.net ${'x'.repeat(64)}.example.net
  a..example.net %{x}.example example example.1
`);
const prefixes = ['', '', '', '/24', '/31', '/0', '//64', '//0', '/24//64'];
const brokenPrefixes = ['/33', '/032', '/8/8', '//129', '/'];
const networks = words(`
  ip4:192.0.2.1 ip4:192.0.2.0/24 ip4:198.51.100.0/25 ip6:2001:db8::/32 ip6:2001:db8::25 ip6:2001:db8:1::/47
  ip6:::ffff:192.0.2.1
`);
const brokenNetworks = words('ip4:192.0.2 ip4:192.0.2.0/33 ip6:192.0.2.1 ip6:2001:db8:::1 ip4');
const clients: readonly string[] = [
  ...['192.0.2.1', '192.0.2.25', '198.51.100.7', '203.0.113.9'],
  ...['2001:db8::25', '2001:db8:1::7', '::ffff:192.0.2.1'],
];
const senders = ['bob@example.com', 'alice-bob+list@example.com', 'a!b&c@example.com', ''];

function madeUp(random: SeededRandom): Check {
  const pick = (list: readonly string[]): string => list[random.below(list.length)] ?? '';
  const mostly = (sound: readonly string[], broken: readonly string[]) =>
    pick(random.below(12) > 0 ? sound : broken);
  const term = () => {
    const kind = pick(['all', 'a', 'a', 'mx', 'mx', 'ptr', 'ip', 'ip', 'ip', 'exists', 'include', 'include']);
    const qualifier = pick(['', '', '+', '-', '~', '?']);
    if (kind === 'all') return `${qualifier}all`;
    if (kind === 'ip') return qualifier + mostly(networks, brokenNetworks);
    if (kind === 'include') return `${qualifier}include:${mostly(policies, traps)}`;
    if (kind === 'exists') return `${qualifier}exists:${mostly(hosts, traps)}`;
    const domain = random.below(2) > 0 ? `:${mostly(hosts, traps)}` : '';
    if (kind === 'ptr') return `${qualifier}ptr${domain}`;
    return qualifier + kind + domain + mostly(prefixes, brokenPrefixes);
  };
  const terms = Array.from({ length: random.below(6) }, term);
  if (random.below(3) === 0) terms.push(pick(['-all', '~all', '?all']));
  if (random.below(4) === 0) terms.push(`redirect=${mostly(policies, traps)}`);
  if (random.below(2) === 0) terms.push(`exp=${mostly(['why.example.net'], [...traps, ...hosts])}`);
  if (random.below(30) === 0) terms.push(pick(['x=y', 'x=%{z}', '=y', 'exp=why.example.net']));
  return {
    record: ['v=spf1', ...terms].join(' '),
    ip: pick(clients),
    helo: pick(['mx.example.com', 'example.com', 'OEMCOMPUTER']),
    mailFrom: pick(senders),
  };
}

test('results and explanations are those of python3-spf', { timeout: 120_000 }, async (t) => {
  if (!existsSync(module)) {
    const missing = 'python3-spf is missing: the Debian package of that name gives it, .ci/peers installs it';
    if (process.env['PEERS_OPTIONAL'] !== '1') assert.fail(missing);
    t.skip(missing);
    return;
  }
  const random = new SeededRandom(7208);
  const checks = Array.from({ length: 4000 }, () => madeUp(random));
  const output = await run(python, ['-c', script], { input: JSON.stringify({ zone, checks }) });
  const theirs: readonly [result: string, explanation: string][] = JSON.parse(output);
  const tally = new Map<string, number>();
  const unlike: string[] = [];
  for (const [at, { record, ...client }] of checks.entries()) {
    const resolver = new ZoneResolver(zone);
    resolver.set('example.com', { ...Object(zone['example.com']), TXT: [record] });
    const ours = await checkMailFrom(client, resolver, {
      maxVoidLookups: 1000,
      receiver: 'receiver.example',
    });
    const [result = '', explanation = ''] = theirs[at] ?? [];
    tally.set(ours.result, (tally.get(ours.result) ?? 0) + 1);
    // Digits of IPv6 addresses are in upper case there, in lower case here, as in RFC 7208 §7.4.
    const said = ours.result === 'fail' && result === 'fail' ? explanation.toLowerCase() : 'default';
    if (ours.result === result && (ours.explanation ?? 'DEFAULT').toLowerCase() === said) continue;
    unlike.push(
      `${JSON.stringify(checks[at])}\n  theirs ${result} ${explanation}\n  ours   ${ours.result} (${ours.reason}) ${ours.explanation}`,
    );
  }
  console.log(
    `python3-spf: ${checks.length} checks, ${[...tally].map(([result, count]) => `${count} ${result}`).join(', ')}`,
  );
  assert.equal(unlike.length, 0, `${unlike.length} unlike:\n${unlike.slice(0, 15).join('\n')}`);
});
