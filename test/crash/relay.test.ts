/**
 * A whole relay under load is killed, again and again. What it acknowledged is delivered in the end, and twice only
 * where the kill fell between the next server's 250 and the record of it.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bodyOf } from 'mailwright/delivery';
import { SmtpTransport } from 'mailwright/node';
import { ScriptedPeer, SeededRandom } from 'mailwright/testing';

const program = fileURLToPath(new URL('./relay-child.ts', import.meta.url));
const thorough = Boolean(process.env['MAILWRIGHT_THOROUGH']);
const kills = thorough ? 100 : 8;
const clients = 10;
/** Between a 250 and its record lies one commit, on however busy a disk. */
const commitTime = 1500;

class Relay {
  readonly port: Promise<number>;
  readonly #process: ChildProcess;
  readonly #dead: Promise<unknown>;

  constructor(directory: string, onward: number) {
    const args = ['--conditions=mailwright-source', program, directory, String(onward)];
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#dead = once(this.#process, 'close');
    assert.ok(this.#process.stdout);
    const lines = createInterface(this.#process.stdout);
    const failed = this.#dead.then(() => assert.fail('the relay ended before it listened'));
    this.port = Promise.race([once(lines, 'line').then(([line]) => Number(line)), failed]);
    this.port.catch(() => {});
  }

  async kill(): Promise<number> {
    this.#process.kill('SIGKILL');
    const at = Date.now();
    await this.#dead;
    return at;
  }
}

const recipients = ['a@one.example', 'b@one.example', 'c@two.example'];

test(`killed ${kills} times under load: nothing acknowledged is lost`, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mailwright-relay-'));
  const peer = new ScriptedPeer();
  const onward = await peer.listen();
  const transport = new SmtpTransport();
  const acknowledged = new Set<number>();
  let next = 0;
  let stopping = false;
  let relay = new Relay(directory, onward);

  /** Sends message after message, on a new connection after each kill. */
  async function client(): Promise<void> {
    while (!stopping) {
      const opened = await transport.open({
        host: 'relay.example',
        at: { addresses: ['127.0.0.1'], port: await relay.port },
        protocol: 'smtp',
        hostname: 'client.example',
        tls: { mode: 'none' },
      });
      if (!opened.ok) {
        await wait(20);
        continue;
      }
      const { session } = opened;
      while (!stopping && !session.closed) {
        const number = next++;
        const body = bodyOf(Buffer.from(`X-Number: ${number}\r\n\r\n${'x'.repeat(number % 3000)}\r\n`));
        const { recipients: results } = await session.send(
          {
            from: 'me@client.example',
            parameters: {},
            recipients: recipients.map((path) => ({ path, parameters: {} })),
            size: body.size,
          },
          body,
        );
        if (results.every(({ result }) => result === 'accepted')) acknowledged.add(number);
      }
      session.destroy();
    }
  }

  try {
    const random = new SeededRandom(kills);
    const killed: number[] = [];
    const load = Array.from({ length: clients }, client);
    for (let kill = 0; kill < kills; kill++) {
      await relay.port;
      await wait(random.below(250));
      killed.push(await relay.kill());
      relay = new Relay(directory, onward);
    }
    stopping = true;
    await Promise.all(load);

    const deliveries = () => {
      const times = new Map<string, number[]>();
      for (const { octets, recipients: to, at } of peer.messages) {
        const number = /^X-Number: (\d+)/.exec(octets.toString('latin1', 0, 40))?.[1];
        for (const { path } of to) {
          times.set(`${number} ${path}`, [...(times.get(`${number} ${path}`) ?? []), at]);
        }
      }
      return times;
    };
    const missing = (times: ReadonlyMap<string, unknown>) =>
      [...acknowledged].flatMap((number) =>
        recipients.map((path) => `${number} ${path}`).filter((each) => !times.has(each)),
      );
    for (const deadline = Date.now() + 20_000; missing(deliveries()).length > 0; await wait(50)) {
      assert.ok(Date.now() < deadline, `not delivered: ${missing(deliveries()).slice(0, 10)}`);
    }
    const twice = [...deliveries()].filter(([, times]) => times.length > 1);
    for (const [each, times] of twice) {
      for (const time of times.slice(0, -1)) {
        const excused = killed.some((kill) => time <= kill + 50 && kill < time + commitTime);
        assert.ok(excused, `${each} was delivered twice, and no kill came after the first time`);
      }
    }
    assert.ok(acknowledged.size > kills * 10, `${acknowledged.size} messages are too few to tell`);
    t.diagnostic(`${acknowledged.size} messages, ${kills} kills, ${twice.length} deliveries twice`);
  } finally {
    stopping = true;
    await relay.kill();
    await peer.close();
    await rm(directory, { recursive: true, force: true });
  }
});
