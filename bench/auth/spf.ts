/**
 * SPF of MAIL FROM beside mailauth, with records served by a stub: one record alone, and one that is found
 * through an include. Both get their records through a Promise for each question, as from a network; `known`
 * is ours from a resolver that knows the answers, as a cache does.
 */

import { spf } from 'mailauth/lib/spf/index.js';
import { type Resolver, ZoneResolver } from 'mailwright/dns';
import { checkMailFrom } from 'mailwright/spf';
import { printComparison } from '../measure/lines.ts';
import { perSecond, rounds } from '../measure/rounds.ts';

const texts: Readonly<Record<string, string>> = {
  'example.org': 'v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/25 -all',
  'example.com': 'v=spf1 ip4:198.51.100.0/24 include:_spf.example.net mx -all',
  '_spf.example.net': 'v=spf1 ip4:203.0.113.0/26 ip4:192.0.2.0/25 ip6:2001:db8::/48 ~all',
};
const zone = new ZoneResolver(
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { TXT: [text] }])),
);
const promised: Resolver = { resolve: async (name, type) => zone.resolve(name, type) };

/** As mailauth wants it: TXT records as lists of strings. */
const records = new Map(Object.entries(texts).map(([name, text]) => [name, [[text]]]));
async function theirs(name: string): Promise<string[][]> {
  const found = records.get(name);
  if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  return found;
}

const batch = 500;

/** Checks one after another, each of them awaited. */
function every(check: () => Promise<string>): () => Promise<number> {
  const work = async () => {
    for (let count = 0; count < batch; count++) {
      const result = await check();
      if (result !== 'pass') throw new Error(`SPF is ${result}`);
    }
  };
  return async () => batch * (await perSecond(work));
}

for (const [name, domain] of [
  ['auth spf', 'example.org'],
  ['auth spf include', 'example.com'],
] as const) {
  const client = { ip: '192.0.2.25', helo: 'mx.example.com', mailFrom: `bounces+1234@${domain}` };
  const { ip, helo, mailFrom: sender } = client;
  const { ours, known, mailauth } = await rounds({
    ours: every(async () => (await checkMailFrom(client, promised)).result),
    known: every(async () => (await checkMailFrom(client, zone)).result),
    mailauth: every(
      async () => (await spf({ ip, helo, sender, mta: 'mx.example.org', resolver: theirs })).status.result,
    ),
  });
  printComparison({ name, unit: 'op/s', ours, peers: { mailauth } });
  printComparison({ name: `${name} known`, unit: 'op/s', ours: known, peers: { mailauth } });
}
