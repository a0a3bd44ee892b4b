/** A session whose host lets everything pass, and what arrives by it. */
import { Buffer } from 'node:buffer';
import { chunking, type SmtpServerEvent, SmtpServerMachine } from 'mailwright/smtp';
import { connection } from './scripted-host.ts';

const base = { hostname: 'mx.example.org', extensions: [chunking()] };
const optionsOf = {
  reject: { ...base, bareNewlines: 'reject' },
  normalise: { ...base, bareNewlines: 'normalise' },
} as const;

/** What came of a session that let everything pass. */
export interface Arrival {
  readonly output: Buffer;
  readonly mails: number;
  readonly messages: number;
  readonly resets: number;
  readonly content: string;
}

/** One session that lets everything pass; `pieces` come one after another. */
export function arrive(bareNewlines: 'reject' | 'normalise', pieces: readonly Buffer[]): Arrival {
  const options = optionsOf[bareNewlines];
  const machine = new SmtpServerMachine(options, connection);
  const output: Buffer[] = [];
  const content: Buffer[] = [];
  const counts = { mail: 0, message: 0, reset: 0 };
  const settle = () => {
    for (let event = machine.next(); event !== null; event = machine.next()) {
      if (event.type === 'body') content.push(Buffer.from(event.chunk));
      if (event.type in counts) counts[event.type as keyof typeof counts] += 1;
      if (machine.parked) machine.answer(event as Extract<SmtpServerEvent, { type: 'mail' }>, undefined);
    }
    output.push(...machine.takeOutput().map((octets) => Buffer.from(octets)));
  };
  settle();
  for (const piece of pieces) {
    machine.receive(piece);
    settle();
  }
  return {
    output: Buffer.concat(output),
    mails: counts.mail,
    messages: counts.message,
    resets: counts.reset,
    content: Buffer.concat(content).toString('latin1'),
  };
}
