/**
 * Receiving durably: 250 only after the message is synced. Beside smtp-server writing one synced file a
 * message, Postfix queueing, and the canned sink, which keeps nothing, as the limit.
 *
 *     npm run bench smtp-durable [quick]
 */
import { compare, type NamedLoad } from './smtp/compare.ts';
import { nodeServer, type Server } from './smtp/contenders.ts';
import { postfix } from './smtp/postfix.ts';

const quick = process.argv.includes('quick');
const loads: readonly NamedLoad[] = [
  { name: '1k 10 sessions', octets: 1024, sessions: 10, messages: 10_000 },
  { name: '1k 100 sessions', octets: 1024, sessions: 100, messages: 10_000 },
  { name: '100k 10 sessions', octets: 102_400, sessions: 10, messages: 2000 },
];

const servers: [Server, ...Server[]] = [
  await nodeServer('mailwright', 'mailwright', 'spool', true),
  await nodeServer('canned', 'canned', ''),
  await nodeServer('smtp-server+fsync', 'smtp-server', 'fsync', true),
];
const queueing = await postfix();
if (queueing !== undefined) servers.push(queueing);

try {
  for (const load of quick ? loads.slice(0, 1) : loads) {
    await compare('smtp-durable', servers, load, { rounds: quick ? 3 : 5, cpu: false });
  }
} finally {
  for (const server of servers) await server.stop();
}
