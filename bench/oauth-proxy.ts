/**
 * The OAuth2 proxy: 1,000 clients submit messages of 4 kB as fast as they are answered, over 100 accounts, and
 * one connection in a hundred is broken off at a random moment; beside the target of 70,000 messages a minute.
 *
 *     npm run bench oauth-proxy [quick]
 *
 * Access tokens are good for 20 seconds, so that all accounts renew theirs while it runs. In the end no
 * permit may be missing, memory must not have grown, and what clients were told must be so; else it fails.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { UpstreamStatistics } from 'mailwright/upstream';
import { printComparison } from './measure/lines.ts';
import { benchChild, cpuMicroseconds, residentOctets } from './measure/process.ts';
import { spreadOf } from './measure/rounds.ts';
import type { CrowdCount } from './smtp/submitting-crowd.ts';

/** Messages a second: 70,000 a minute. */
const target = 1167;
const seconds = process.argv[2] === 'quick' ? 10 : 45;
const warmup = 5;
const [clients, accounts, atOnce, octets, cutShare] = [1000, 100, 5, 4096, 0.01];

let tokens = 0;
const endpoint = createServer(async (request, response) => {
  let form = '';
  for await (const chunk of request) form += chunk;
  const client = new URLSearchParams(form).get('client_id');
  const token = `token/${client}/${Date.now() + 20_000}`;
  tokens += 1;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 20 }));
});
endpoint.listen(0, '127.0.0.1');
await once(endpoint, 'listening');
const { port } = endpoint.address() as AddressInfo;

const child = (module: string, ...args: readonly (string | number)[]) =>
  benchChild<number>(resolve(import.meta.dirname, `smtp/${module}.ts`), args.map(String));
const children: Awaited<ReturnType<typeof child>>[] = [];
try {
  const provider = await child('xoauth2-sink');
  children.push(provider);
  const proxy = await child('oauth-proxy', `http://127.0.0.1:${port}/`, provider.ready, accounts, atOnce);
  children.push(proxy);
  const crowd = await child('submitting-crowd', proxy.ready, clients, accounts, octets, cutShare);
  children.push(crowd);

  const died = once(crowd.process, 'exit').then(() => Promise.reject(new Error('the crowd died')));
  const told = async (): Promise<CrowdCount> => {
    const [count] = await Promise.race([once(crowd.process, 'message'), died]);
    return count as CrowdCount;
  };
  for (let second = 0; second < warmup; second += 1) await told();
  const rates: number[] = [];
  const memory: number[] = [];
  let last = await told();
  let cpu = cpuMicroseconds(proxy.pid);
  const first = { accepted: last.accepted, cpu };
  let at = performance.now();
  while (memory.length < seconds) {
    const count = await told();
    const now = performance.now();
    rates.push(((count.accepted - last.accepted) * 1000) / (now - at));
    memory.push(residentOctets(proxy.pid).now);
    [last, at] = [count, now];
  }
  cpu = (cpuMicroseconds(proxy.pid) - first.cpu) / (last.accepted - first.accepted);

  crowd.process.send('leave');
  while (!last.done) last = await told();
  died.catch(() => {});
  // The last that was broken off is noticed, and sessions are put back.
  await new Promise((done) => setTimeout(done, 1000));
  const [statistics] = (await Promise.all([
    once(proxy.process, 'message').then(([message]) => message),
    proxy.process.send('tell'),
  ])) as [UpstreamStatistics, unknown];
  const [taken] = (await Promise.all([
    once(provider.process, 'message').then(([message]) => message),
    provider.process.send('tell'),
  ])) as [number, unknown];

  const megabytes = (samples: readonly number[]) => spreadOf(samples).median / 1e6;
  const half = Math.floor(memory.length / 2);
  const [early, late] = [megabytes(memory.slice(0, half)), megabytes(memory.slice(half))];
  const { messages, octets: held, accounts: each, sessions, verdicts } = statistics;
  const out = [messages, held, ...Object.values(each)].reduce(
    (sum, { inUse, waiting }) => sum + inUse + waiting,
    0,
  );
  const { accepted, refused, cut, lastRefusal } = last;
  console.log(
    `accepted ${accepted}, refused ${refused}${refused > 0 ? ` (${lastRefusal})` : ''}, broken off ${cut}`,
  );
  console.log(`the provider took ${taken}: ${taken - accepted} of them for clients that had gone`);
  console.log(`verdicts ${JSON.stringify(verdicts)}; sessions ${JSON.stringify(sessions)}; ${tokens} tokens`);
  console.log(`permits not given back: ${out}; ${cpu.toFixed(0)} us of CPU for each message`);
  console.log(`resident: ${early.toFixed(0)} MB in the first half, ${late.toFixed(0)} MB in the second`);
  printComparison({
    name: 'oauth-proxy',
    unit: 'messages/s',
    ours: spreadOf(rates),
    peers: { target: spreadOf([target]) },
  });
  if (out > 0 || taken < accepted || late > early * 1.2) process.exitCode = 1;
} finally {
  for (const each of children.reverse()) await each.stop();
  endpoint.close();
  endpoint.closeAllConnections();
}
