/** Several processes on one port. The host's script is `worker-server.ts`. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { workerNumber } from 'mailwright/node';
import { Client } from './client.ts';

interface Told {
  readonly port?: number;
  readonly implicit?: { readonly port: number };
  readonly error?: string;
  readonly failure?: string;
  readonly code?: string;
}

class Host {
  readonly process: ChildProcess;
  readonly told: Told[] = [];
  output = '';
  readonly #exit: Promise<unknown[]>;

  constructor(...args: readonly string[]) {
    this.process = fork(new URL('./worker-server.ts', import.meta.url), args, {
      execArgv: ['--conditions=mailwright-source'],
      silent: true,
    });
    this.process.on('message', (told: Told) => this.told.push(told));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.#exit = once(this.process, 'close');
  }

  async until<T>(find: (told: readonly Told[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.told);
      if (found !== undefined) return found;
      if (this.process.exitCode !== null) throw new Error(`the host ended: ${this.output}`);
      await new Promise((turn) => setTimeout(turn, 10));
    }
  }

  async ended(word?: 'close' | 'destroy'): Promise<unknown> {
    if (word !== undefined) this.process.send(word);
    const [code] = await this.#exit;
    return code;
  }
}

/** The worker that serves a new connection, by its greeting. */
async function greeted(port: number): Promise<{ client: Client; worker: string; pid: number }> {
  const client = await Client.connect(port);
  const [, worker = '', pid = ''] = /worker (\d) process (\d+)/.exec(await client.reply()) ?? [];
  return { client, worker, pid: Number(pid) };
}

async function bothWorkers(port: number): Promise<Map<string, number>> {
  const pids = new Map<string, number>();
  while (pids.size < 2) {
    const { client, worker, pid } = await greeted(port);
    pids.set(worker, pid);
    client.socket.destroy();
  }
  return pids;
}

test('two workers share a port; one that dies is restarted; close() ends all in order', async () => {
  const host = new Host();
  const { port, implicit } = await host.until((told) => told.find((each) => each.port !== undefined));
  assert.ok(port !== undefined && implicit !== undefined);
  const pids = await bothWorkers(port);
  assert.deepEqual([...pids.keys()].sort(), ['1', '2']);

  // A ticket of one is good with the other, though each made a certificate of its own.
  const options = { port: implicit.port, host: '127.0.0.1', rejectUnauthorized: false };
  const first = connect(options);
  const [session] = await once(first, 'session');
  first.destroy();
  for (let round = 0; round < 4; round += 1) {
    const again = connect({ ...options, session });
    await once(again, 'data');
    assert.equal(again.isSessionReused(), true);
    again.destroy();
  }

  const { client, worker, pid } = await greeted(port);
  await client.say('VRFY postmaster');
  await host.until((told) => told.find(({ error }) => error?.includes(`worker ${worker} ended with code 3`)));
  const now = await bothWorkers(port);
  assert.notEqual(now.get(worker), pid);

  const waiting = await greeted(port);
  assert.equal(await host.ended('close'), 0);
  assert.match(await waiting.client.end(), /^421/);
  assert.deepEqual(host.output.trim().split('\n').sort(), ['closed 0', 'closed 1', 'closed 2']);
  await assert.rejects(Client.connect(port), { code: 'ECONNREFUSED' });
});

test('a worker that is killed is restarted, and destroy() ends all at once', async () => {
  const host = new Host();
  const port = await host.until((told) => told[0]?.port);
  const { worker, pid } = await greeted(port);
  process.kill(pid, 'SIGKILL');
  await host.until((told) =>
    told.find(({ error }) => error?.includes(`worker ${worker} ended with SIGKILL`)),
  );
  const { client } = await greeted(port);
  assert.equal(await host.ended('destroy'), 0);
  assert.equal(await client.end(), '');
});

test('a port that is taken is told by the primary', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  assert.ok(taken !== null && typeof taken !== 'string');
  const host = new Host(`${taken.port}`);
  const failure = await host.until((told) => told.find((each) => each.failure !== undefined));
  assert.equal(failure.code, 'EADDRINUSE');
  assert.equal(await host.ended(), 0);
  other.close();
});

test('without workers the number is 0', () => {
  assert.equal(workerNumber(), 0);
});
