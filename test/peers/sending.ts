/** Our side of a peer test that sends: a queue on a spool of its own, with one server as the next hop. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Delivered,
  type Failed,
  notifier,
  type OutcomeNotice,
  Queue,
  type RelayRouteOptions,
  relayRoute,
  SmtpSender,
} from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { SmtpTransport } from 'mailwright/node';
import { type SmtpHandlers, spoolTo } from 'mailwright/reception';
import { type Envelope, MemorySpool } from 'mailwright/spool';
import type { Content } from './contents.ts';
import { addressOf } from './reception.ts';

export class Sending implements AsyncDisposable {
  readonly queue: Queue;
  readonly spool = new MemorySpool();
  /** What became of recipients for good. */
  readonly outcomes: OutcomeNotice<Delivered | Failed>[] = [];
  readonly #sender: SmtpSender;

  /**
   * @param port the next hop's on loopback
   * @param authority whom to trust with certificates
   */
  constructor(port: number, settings: Partial<RelayRouteOptions> = {}, authority = '') {
    const note = (notice: OutcomeNotice<Delivered | Failed>) => {
      this.outcomes.push(notice);
      return undefined;
    };
    this.#sender = new SmtpSender({
      transport: new SmtpTransport({ authorities: [authority] }),
      pool: { perTarget: 5 },
    });
    const route = relayRoute({
      sender: this.#sender,
      resolver: new ZoneResolver({}),
      hostname: 'queue.test',
      servers: [{ host: '127.0.0.1', port }],
      tls: 'none',
      ...settings,
    });
    this.queue = new Queue({
      spool: this.spool,
      router: route,
      hooks: { delivered: note, failed: note },
      notifier: notifier({ hostname: 'queue.test' }),
    });
    void this.queue.start();
  }

  /** The handler that takes mail into this queue. */
  get reception(): Pick<SmtpHandlers, 'data'> {
    return spoolTo(this.spool);
  }

  /** Queues a message. */
  async send({ wire }: Pick<Content, 'wire'>, envelope: Envelope): Promise<void> {
    const body = wire.some((octet) => octet > 0x7f) ? ({ body: '8bitmime' } as const) : {};
    await this.queue.enqueue({ protocol: 'ESMTP', envelope: { ...body, ...envelope } }, wire);
  }

  /** Queues each content to the address that stands for its place. */
  async sendAll(contents: readonly Content[]): Promise<void> {
    for (const [at, content] of contents.entries()) {
      await this.send(content, { from: 'sender@example.org', recipients: [{ path: addressOf(at) }] });
    }
  }

  /** Waits until every message is out of the queue. */
  async settled(): Promise<void> {
    for (const deadline = Date.now() + 60_000; (await this.spool.count()) > 0; await sleep(20)) {
      const { messages } = await this.queue.list();
      assert.ok(Date.now() < deadline, `still queued: ${JSON.stringify(messages.slice(0, 3))}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.stop({ within: 1000 });
    await this.#sender.close();
    await this.spool.close();
  }
}
