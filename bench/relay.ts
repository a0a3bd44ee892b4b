/**
 * The whole relay: mail is received durably, queued, and delivered to `smtp-sink`; 4 kB, 20 sessions in.
 * Beside Postfix and Haraka, which do the same on this machine in the same run, and 70,000 messages a minute.
 *
 *     npm run bench relay [quick | sustained [minutes]]
 *
 * `sustained` keeps ours alone under a paced load of the target for ten minutes, and tells its memory.
 */
import { printComparison } from './measure/lines.ts';
import { residentOctets } from './measure/process.ts';
import { rounds, spreadOf } from './measure/rounds.ts';
import { nodeServer, type Server, send } from './smtp/contenders.ts';
import { type CountingSink, countingSink } from './smtp/counting-sink.ts';
import { haraka } from './smtp/haraka.ts';
import { postfix } from './smtp/postfix.ts';

/** Messages a second: 70,000 a minute. */
const target = 1167;
const [mode = '', minutes = '10'] = process.argv.slice(2);
const load = { octets: 4096, sessions: 20, messages: mode === 'quick' ? 5000 : 20_000 };
/** The others get fewer, so that a round of theirs takes no longer than ours. */
const fewer = { ...load, messages: load.messages / 4 };

interface Relay {
  readonly server: Server;
  readonly sink: CountingSink;
}

const firstSink = 21_000 + (process.pid % 9000);
const relays: Relay[] = [];

/** Starts a relay with a sink of its own; one that can't be had is left out. */
async function add(start: (sink: number) => Promise<Server | undefined>): Promise<void> {
  const sink = await countingSink(firstSink + relays.length);
  const server = await start(sink.port);
  if (server === undefined) await sink.stop();
  else relays.push({ server, sink });
}

/** Messages a second, from the first one sent until the sink has the last. */
async function through({ server, sink }: Relay, messages: number): Promise<number> {
  const before = sink.messages;
  const begin = performance.now();
  await send(server, { ...load, messages });
  const deadline = performance.now() + 120_000;
  while (sink.messages < before + messages) {
    if (performance.now() > deadline) {
      throw new Error(`${server.name}: ${sink.messages - before} of ${messages} messages reached the sink`);
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  return (1000 * messages) / (performance.now() - begin);
}

async function sustain({ server, sink }: Relay, end: number): Promise<void> {
  const begin = performance.now();
  const before = sink.messages;
  let sent = 0;
  while (performance.now() < end) {
    // Ten seconds' worth at once, then a pause until they are due.
    await send(server, { ...load, messages: target * 10 });
    sent += target * 10;
    const elapsed = (performance.now() - begin) / 1000;
    const resident = residentOctets(server.pid);
    console.log(
      `${elapsed.toFixed(0).padStart(4)} s: ${sent} sent, ${sink.messages - before} delivered, ` +
        `${(resident.now / 1e6).toFixed(0)} MB resident, at most ${(resident.peak / 1e6).toFixed(0)} MB`,
    );
    await new Promise((done) => setTimeout(done, Math.max(0, (sent / target) * 1000 - elapsed * 1000)));
  }
  if (sink.messages - before < sent)
    throw new Error(`${sent - sink.messages + before} messages are not delivered`);
  const rate = spreadOf([(sink.messages - before) / ((performance.now() - begin) / 1000)]);
  printComparison({
    name: 'relay sustained',
    unit: 'messages/s',
    ours: rate,
    peers: { target: spreadOf([target]) },
  });
}

try {
  await add((sink) => nodeServer('mailwright', 'mailwright-relay', String(sink), true));
  const [ours] = relays as [Relay];
  if (mode === 'sustained') {
    await sustain(ours, performance.now() + Number(minutes) * 60_000);
  } else {
    await add(postfix);
    await add(haraka);
    const contenders = Object.fromEntries(
      relays.map((relay) => [
        relay.server.name,
        () => through(relay, relay === ours ? load.messages : fewer.messages),
      ]),
    );
    const rates = await rounds(contenders, { count: mode === 'quick' ? 2 : 5 });
    const { mailwright, ...others } = rates;
    if (mailwright === undefined) throw new Error('nothing was measured');
    printComparison({
      name: 'relay',
      unit: 'messages/s',
      ours: mailwright,
      peers: { ...others, target: spreadOf([target]) },
    });
    console.log(`at most ${(residentOctets(ours.server.pid).peak / 1e6).toFixed(0)} MB resident`);
  }
} finally {
  for (const { server, sink } of relays) {
    await server.stop();
    await sink.stop();
  }
}
