/**
 * Receiving and discarding: messages a second and CPU time a message, beside smtp-server, smtp-sink
 * and a canned Node sink that parses nothing.
 *
 *     npm run bench smtp-receive [quick]
 */
import { compare, type NamedLoad } from './smtp/compare.ts';
import { nodeServer, type Server, smtpSink } from './smtp/contenders.ts';

const quick = process.argv.includes('quick');
const loads: readonly NamedLoad[] = [
  { name: '1k 10 sessions', octets: 1024, sessions: 10, messages: 30_000 },
  { name: '1k 100 sessions', octets: 1024, sessions: 100, messages: 30_000 },
  { name: '100k 10 sessions', octets: 102_400, sessions: 10, messages: 8000 },
  { name: '100k 100 sessions', octets: 102_400, sessions: 100, messages: 8000 },
];

const servers: [Server, ...Server[]] = [
  await nodeServer('mailwright', 'mailwright', 'discard'),
  await nodeServer('canned', 'canned', ''),
  await nodeServer('smtp-server', 'smtp-server', 'discard'),
];
const sink = await smtpSink();
if (sink !== undefined) servers.push(sink);

try {
  for (const load of quick ? loads.filter(({ sessions }) => sessions === 10) : loads) {
    await compare('smtp-receive', servers, load, { rounds: quick ? 3 : 5, cpu: true });
  }
} finally {
  for (const server of servers) await server.stop();
}
