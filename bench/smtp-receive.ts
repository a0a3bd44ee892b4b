/**
 * Receiving and discarding: messages a second and CPU time a message, beside smtp-server, smtp-sink
 * and a canned Node sink that parses nothing.
 *
 *     npm run bench smtp-receive [-- quick]
 */
import { printComparison } from './measure/lines.ts';
import { rounds, type Spread, spreadOf } from './measure/rounds.ts';
import { type Load, nodeServer, type Server, send, smtpSink } from './smtp/contenders.ts';

const quick = process.argv.includes('quick');
const loads: readonly (Load & { readonly name: string })[] = [
  { name: '1k 10 sessions', octets: 1024, sessions: 10, messages: 30_000 },
  { name: '1k 100 sessions', octets: 1024, sessions: 100, messages: 30_000 },
  { name: '100k 10 sessions', octets: 102_400, sessions: 10, messages: 8000 },
  { name: '100k 100 sessions', octets: 102_400, sessions: 100, messages: 8000 },
];

const ours = await nodeServer('mailwright', 'mailwright', 'discard');
const peers: Server[] = [
  await nodeServer('canned', 'canned', ''),
  await nodeServer('smtp-server', 'smtp-server', 'discard'),
];
const sink = await smtpSink();
if (sink !== undefined) peers.push(sink);

try {
  for (const { name, ...load } of quick ? loads.filter(({ sessions }) => sessions === 10) : loads) {
    const cpu = new Map<string, number[]>();
    const contenders = Object.fromEntries(
      [ours, ...peers].map((server) => [
        server.name,
        async () => {
          const outcome = await send(server, load);
          cpu.set(server.name, [...(cpu.get(server.name) ?? []), outcome.cpuPerMessage]);
          return outcome.messagesPerSecond;
        },
      ]),
    );
    const spreads = await rounds(contenders, { count: quick ? 3 : 5 });
    const others = (figures: (server: Server) => Spread) =>
      Object.fromEntries(peers.map((peer) => [peer.name, figures(peer)]));
    const cpuOf = (server: Server) => spreadOf((cpu.get(server.name) ?? []).slice(1));
    const rateOf = (server: Server) => spreads[server.name] as Spread;
    printComparison({
      name: `smtp-receive ${name}`,
      unit: 'messages/s',
      ours: rateOf(ours),
      peers: others(rateOf),
    });
    printComparison({
      name: `smtp-receive cpu ${name}`,
      unit: 'us/message',
      ours: cpuOf(ours),
      peers: others(cpuOf),
      lowerIsBetter: true,
    });
  }
} finally {
  for (const server of [ours, ...peers]) await server.stop();
}
