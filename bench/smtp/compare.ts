/** Puts the same loads on all servers in turns, and prints what they came to. */
import { printComparison } from '../measure/lines.ts';
import { rounds, type Spread, spreadOf } from '../measure/rounds.ts';
import { type Load, type Server, send } from './contenders.ts';

/** A load with its name in the bench's lines. */
export type NamedLoad = Load & { readonly name: string };

/** How the servers are compared. */
export interface CompareOptions {
  readonly rounds: number;
  /** Also compares CPU time, which means something for servers of one process only. */
  readonly cpu: boolean;
}

/** Compares the first server with the others under one load. */
export async function compare(
  bench: string,
  [ours, ...peers]: readonly [Server, ...Server[]],
  { name, ...load }: NamedLoad,
  options: CompareOptions,
): Promise<void> {
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
  const rates = await rounds(contenders, { count: options.rounds });
  const rateOf = (server: Server) => rates[server.name] as Spread;
  const of = (figures: (server: Server) => Spread) =>
    Object.fromEntries(peers.map((peer) => [peer.name, figures(peer)]));
  printComparison({ name: `${bench} ${name}`, unit: 'messages/s', ours: rateOf(ours), peers: of(rateOf) });
  if (!options.cpu) return;
  // The first turn is the warm-up.
  const cpuOf = (server: Server) => spreadOf((cpu.get(server.name) ?? []).slice(1));
  printComparison({
    name: `${bench} cpu ${name}`,
    unit: 'us/message',
    ours: cpuOf(ours),
    peers: of(cpuOf),
    lowerIsBetter: true,
  });
}
