/**
 * Ten thousand idle sessions: octets of the server for each (resident in memory, and in use by V8's heap
 * after a collection), and connections greeted a second; beside smtp-server and the canned sink.
 *
 *     npm run bench smtp-connections
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { printComparison } from './measure/lines.ts';
import { benchChild, residentOctets } from './measure/process.ts';
import { type Spread, spreadOf } from './measure/rounds.ts';
import { nodeServer } from './smtp/contenders.ts';

const sessions = Number(process.argv[2] ?? 10_000);
const contenders = [
  ['mailwright', 'mailwright', 'discard'],
  ['canned', 'canned', ''],
  ['smtp-server', 'smtp-server', 'discard'],
] as const;

/** What one server came to. */
interface Figures {
  readonly resident: number;
  readonly heap: number;
  readonly rate: number;
}

/** Opens the sessions to a fresh server. */
async function measure([name, module, mode]: (typeof contenders)[number]): Promise<Figures> {
  const server = await nodeServer(name, module, mode);
  const memory = async () => {
    server.process.send('memory');
    const [heap] = (await once(server.process, 'message')) as [number];
    return { heap, resident: residentOctets(server.pid).now };
  };
  try {
    const before = await memory();
    const crowd = await benchChild<number>(resolve(import.meta.dirname, 'smtp/crowd.ts'), [
      String(server.port),
      String(sessions),
    ]);
    const after = await memory();
    await crowd.stop();
    return {
      resident: (after.resident - before.resident) / sessions,
      heap: (after.heap - before.heap) / sessions,
      rate: sessions / (crowd.ready / 1000),
    };
  } finally {
    await server.stop();
  }
}

const measured = new Map<string, Figures[]>(contenders.map(([name]) => [name, []]));
for (let round = 0; round < 3; round += 1) {
  for (const contender of contenders) measured.get(contender[0])?.push(await measure(contender));
}

function print(name: string, unit: string, what: keyof Figures, lowerIsBetter: boolean): void {
  const spread = (who: string) => spreadOf((measured.get(who) ?? []).map((figures) => figures[what]));
  const peers: Record<string, Spread> = {};
  for (const [who] of contenders.slice(1)) peers[who] = spread(who);
  printComparison({
    name: `smtp-connections ${name}`,
    unit,
    ours: spread('mailwright'),
    peers,
    lowerIsBetter,
  });
}

print(`${sessions} idle`, 'octets/connection', 'resident', true);
print(`${sessions} idle heap`, 'octets/connection', 'heap', true);
print(`${sessions} accepted`, 'connections/s', 'rate', false);
