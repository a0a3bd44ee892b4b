/** Our side of a peer test: a server on loopback that takes everything into a spool on the disk. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ListenOn, SmtpServer, type SmtpServerSettings } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { type Context, FileSpool, type Spool } from 'mailwright/spool';
import { type Content, hasLoneCr } from './contents.ts';

/** A message as the spool gives it back. */
export interface Spooled {
  readonly context: Context;
  readonly content: Buffer;
}

type Settings = Partial<SmtpServerSettings>;

/** A server with a spool of its own. */
export class Reception implements AsyncDisposable {
  readonly server: SmtpServer;
  readonly port: number;
  /** The path of its Unix socket, where it has one. */
  readonly path: string;
  readonly #folder: string;
  #spool: FileSpool;

  private constructor(server: SmtpServer, spool: FileSpool, folder: string) {
    this.server = server;
    this.port = server.port;
    this.path = join(folder, 'socket');
    this.#spool = spool;
    this.#folder = folder;
  }

  /** Begins to receive. A handler that fails would show as a reply; its error is printed too. */
  static async open(
    settings: Settings | ((spool: Spool) => Settings) = {},
    on: ListenOn & { readonly unix?: true } = {},
  ): Promise<Reception> {
    const folder = await mkdtemp(join(tmpdir(), 'mailwright-peer-'));
    const spool = await FileSpool.open(join(folder, 'spool'));
    const server = new SmtpServer({
      ...mx,
      hostname: 'mx.test',
      ...spoolTo(spool),
      error: (error) => console.log(error),
      ...(typeof settings === 'function' ? settings(spool) : settings),
    });
    const { unix, ...rest } = on;
    const where = unix ? { path: join(folder, 'socket') } : { port: 0, host: '127.0.0.1' };
    await server.listen({ ...where, ...rest });
    return new Reception(server, spool, folder);
  }

  /** Waits until so many messages are durable. */
  async until(count: number, seconds = 60): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; (await this.#spool.count()) < count; ) {
      assert.ok(
        Date.now() < deadline,
        `${await this.#spool.count()} of ${count} messages after ${seconds} s`,
      );
      await sleep(20);
    }
  }

  /** Ends receiving, opens the spool anew as after a restart, and reads all that it has, the oldest first. */
  async harvest(): Promise<Spooled[]> {
    await this.server.close({ deadline: 5000 });
    await this.#spool.close();
    this.#spool = await FileSpool.open(join(this.#folder, 'spool'));
    const ids: string[] = [];
    for await (const { id } of this.#spool.list()) ids.push(id);
    const messages: Spooled[] = [];
    for (const id of ids.sort()) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await this.#spool.open(id)).open()) chunks.push(chunk);
      messages.push({ context: await this.#spool.context(id), content: Buffer.concat(chunks) });
    }
    return messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.destroy();
    await this.#spool.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The address that stands for the content at a place of a list, so that what came can be told apart. */
export function addressOf(at: number): string {
  return `number-${at}@example.org`;
}

/**
 * Checks that each content arrived once, at its address, and byte for byte; and that none did which
 * had to be refused.
 *
 * @param received what of a message is to be compared, where a relay legitimately adds to it
 */
export function assertArrived(
  spooled: readonly Spooled[],
  contents: readonly Content[],
  received: (message: Spooled) => Buffer = ({ content }) => content,
): void {
  const byAddress = new Map(spooled.map((each) => [each.context.envelope.recipients[0]?.path, each]));
  let expected = 0;
  for (const [at, sent] of contents.entries()) {
    if (hasLoneCr(sent)) continue;
    expected += 1;
    const message = byAddress.get(addressOf(at));
    assert.ok(message, `${sent.name} did not arrive`);
    const content = received(message);
    assert.ok(
      content.equals(sent.wire),
      `${sent.name} arrived differently: ${difference(content, sent.wire)}`,
    );
  }
  assert.equal(spooled.length, expected, 'messages in the spool');
}

function difference(came: Buffer, sent: Buffer): string {
  let at = 0;
  while (at < came.length && came[at] === sent[at]) at += 1;
  const show = (octets: Buffer) => JSON.stringify(octets.toString('latin1', Math.max(0, at - 20), at + 40));
  return `${came.length} octets for ${sent.length}, at ${at} ${show(came)} for ${show(sent)}`;
}
