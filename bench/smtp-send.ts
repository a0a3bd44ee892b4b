/**
 * Sending: messages a second and CPU time a message of the sender, beside the pool of nodemailer, over ten
 * connections to one sink.
 *
 *     npm run bench smtp-send [quick]
 */

import { bodyOf } from 'mailwright/delivery';
import { SmtpTransport } from 'mailwright/node';
import type { SmtpTransaction } from 'mailwright/smtp';
import { createTransport } from 'nodemailer';
import { printComparison } from './measure/lines.ts';
import { rounds, spreadOf } from './measure/rounds.ts';
import { nodeServer, smtpSink } from './smtp/contenders.ts';

const quick = process.argv.includes('quick');
const connections = 10;
const sink = (await smtpSink()) ?? (await nodeServer('mailwright', 'mailwright', 'discard'));

interface Sender {
  send(octets: Buffer): Promise<unknown>;
  close(): Promise<void>;
}

async function ours(): Promise<Sender> {
  const transport = new SmtpTransport();
  const target = {
    host: 'sink.test',
    at: { addresses: ['127.0.0.1'], port: sink.port },
    protocol: 'smtp',
    hostname: 'client.test',
    tls: { mode: 'none' },
  } as const;
  const idle = await Promise.all(
    Array.from({ length: connections }, async () => {
      const opened = await transport.open(target);
      if (!opened.ok) throw new Error(opened.failure.text);
      return opened.session;
    }),
  );
  return {
    async send(octets) {
      const session = idle.pop();
      if (session === undefined) throw new Error('all sessions are busy');
      const transaction: SmtpTransaction = {
        from: 'a@example.org',
        parameters: {},
        recipients: [{ path: 'b@example.org', parameters: {} }],
        size: octets.length,
      };
      const { recipients } = await session.send(transaction, bodyOf(octets));
      idle.push(session);
      if (recipients[0]?.result !== 'accepted') throw new Error('not accepted');
    },
    close: async () => void (await Promise.all(idle.map((session) => session.quit()))),
  };
}

function nodemailer(): Sender {
  const pool = createTransport({
    pool: true,
    host: '127.0.0.1',
    port: sink.port,
    ignoreTLS: true,
    maxConnections: connections,
    maxMessages: Number.POSITIVE_INFINITY,
  });
  const envelope = { from: 'a@example.org', to: ['b@example.org'] };
  return {
    send: (raw) => pool.sendMail({ envelope, raw }),
    close: async () => pool.close(),
  };
}

/** Sends so many messages, one for each connection at once; messages a second, and microseconds of this thread. */
async function timed(sender: Sender, octets: Buffer, count: number) {
  let left = count;
  const cpu = process.threadCpuUsage();
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) await sender.send(octets);
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.threadCpuUsage(cpu);
  return { rate: count / seconds, cpu: (user + system) / count };
}

const senders = { mailwright: await ours(), nodemailer: nodemailer() };
try {
  for (const [name, size, count] of [
    ['4k', 4096, 20_000],
    ['100k', 102_400, 4000],
  ] as const) {
    const line = `${'x'.repeat(76)}\r\n`;
    const octets = Buffer.from(`Subject: bench\r\n\r\n${line.repeat(Math.floor(size / line.length))}`);
    const cpu: Record<string, number[]> = { mailwright: [], nodemailer: [] };
    const contender = (who: keyof typeof senders) => async () => {
      const outcome = await timed(senders[who], octets, quick ? count / 4 : count);
      cpu[who]?.push(outcome.cpu);
      return outcome.rate;
    };
    const rates = await rounds(
      { mailwright: contender('mailwright'), nodemailer: contender('nodemailer') },
      { count: quick ? 3 : 5 },
    );
    // The first turn is the warm-up.
    const cpuOf = (who: keyof typeof senders) => spreadOf((cpu[who] ?? []).slice(1));
    printComparison({
      name: `smtp-send cpu ${name}`,
      unit: 'us/message',
      ours: cpuOf('mailwright'),
      peers: { nodemailer: cpuOf('nodemailer') },
      lowerIsBetter: true,
    });
    printComparison({
      name: `smtp-send ${name}`,
      unit: 'messages/s',
      ours: rates.mailwright,
      peers: { nodemailer: rates.nodemailer },
    });
  }
} finally {
  await Promise.all(Object.values(senders).map((sender) => sender.close()));
  await sink.stop();
}
