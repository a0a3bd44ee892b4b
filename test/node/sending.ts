/** What the tests of sending have in common: messages, targets, and servers to send to. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { after } from 'node:test';
import { bodyOf, type MailSession, type NotOpened, type Opened, type Target } from 'mailwright/delivery';
import type { Body } from 'mailwright/machine';
import { type ListenOn, SmtpServer, type SmtpServerSettings } from 'mailwright/node';
import { mx, type RecipientResult, type SmtpTransaction } from 'mailwright/smtp';

/** Text as content. */
export const contentOf = (text: string): Body => bodyOf(Buffer.from(text, 'latin1'));

/** Text as content that comes in pieces. */
export function contentIn(pieces: number, text: string): Body {
  const step = Math.ceil(text.length / pieces);
  return {
    size: text.length,
    async *open() {
      for (let at = 0; at < text.length; at += step) yield Buffer.from(text.slice(at, at + step), 'latin1');
    },
  };
}

export function transactionOf(content: Body, ...recipients: readonly string[]): SmtpTransaction {
  const paths = recipients.length === 0 ? ['b@mx.test'] : recipients;
  return {
    from: 'a@client.test',
    parameters: {},
    recipients: paths.map((path) => ({ path, parameters: {} })),
    size: content.size,
  };
}

export function targetOf(port: number, more: Partial<Target> = {}): Target {
  return {
    host: 'mx.test',
    at: { addresses: ['127.0.0.1'], port },
    protocol: 'smtp',
    hostname: 'client.test',
    tls: { mode: 'opportunistic' },
    ...more,
  };
}

/** What a server got. */
interface Received {
  readonly text: string;
  readonly tls: string | undefined;
  readonly user: string | null;
}

/** A server that keeps what it gets, on a free port of loopback or on a Unix socket. */
export async function receiving(settings: Partial<SmtpServerSettings> = {}, listen: Partial<ListenOn> = {}) {
  const received: Received[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    data: (_envelope, { session }) => {
      let text = '';
      return {
        write: (chunk) => {
          text += Buffer.from(chunk).toString('latin1');
        },
        end: () => {
          received.push({ text, tls: session.tls?.version, user: session.identity?.user ?? null });
          return undefined;
        },
        abort: () => {},
      };
    },
    ...settings,
  });
  await server.listen('path' in listen ? listen : { port: 0, host: '127.0.0.1', ...listen });
  after(() => server.destroy());
  return { server, received };
}

/** What a scripted server does when a line came: says this, goes, or is silent. */
export type Step = string | 'go' | null;

/**
 * Talks as it is told: `greeting` first, then the step for each command by its first word (`.` for the end of
 * data), or else 250.
 */
export function talk(
  socket: Duplex,
  greeting: Step,
  steps: Record<string, Step>,
  heard: string[] = [],
): void {
  let rest = '';
  let content = false;
  let deaf = false;
  const act = (step: Step) => {
    if (step === 'go') socket.destroy();
    else if (step !== null) socket.write(`${step}\r\n`);
  };
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (deaf) return;
      if (content && line !== '.') continue;
      const word = line.split(' ')[0] ?? '';
      const usual = word === 'DATA' ? '354 go on' : word === 'QUIT' ? '221 bye' : '250 fine';
      const step = steps[word] === undefined ? usual : steps[word];
      heard.push(word);
      content = word === 'DATA' && step !== null && step.startsWith('354');
      // What comes next would be a handshake.
      deaf = word === 'STARTTLS' && step !== null && step.startsWith('220');
      act(step);
    }
  });
  act(greeting);
}

/** A scripted server on loopback. */
export async function scripted(
  greeting: Step,
  steps: Record<string, Step> = {},
  host = '127.0.0.1',
  port = 0,
) {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    talk(socket, greeting, steps, heard);
  });
  server.listen(port, host);
  await once(server, 'listening');
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, heard, sockets };
}

export function opened(opening: Opened | NotOpened): MailSession {
  if (!opening.ok) throw new Error(`not opened: ${opening.failure.text}`, { cause: opening });
  return opening.session;
}

/** A result in a few words. */
export function summary(result: RecipientResult | undefined): string {
  switch (result?.result) {
    case 'accepted':
      return `accepted ${result.reply.code}`;
    case 'refused':
      return `refused ${result.reply.code} at ${result.stage}`;
    case 'failed':
      return `${result.failure.why} at ${result.failure.stage}${result.ambiguous ? ', ambiguous' : ''}`;
    case 'unsuitable':
      return `needs ${result.missing}`;
    default:
      return 'nothing';
  }
}
