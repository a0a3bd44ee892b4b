/** The client machine in each of its states, fed with mutants of what a server may say there. */
import { Buffer } from 'node:buffer';
import { Secret } from 'mailwright/machine';
import type { SmtpClientEvent, SmtpClientOptions } from 'mailwright/smtp';
import { fuzzMachine } from 'mailwright/testing';
import { type Mail, mailOf } from './back-to-back.ts';
import { ScriptedClient } from './scripted-client.ts';

interface State {
  readonly name: string;
  /** What brings the machine there. */
  readonly prefix: string;
  readonly seeds: readonly string[];
  readonly options?: Partial<SmtpClientOptions>;
  /** The wait that it is then in. */
  readonly reached: string;
  /** Content is awaited from a host that is slow. */
  readonly slow?: true;
}

const greeting = '220 mx.example.org\r\n';
const hello = (...extensions: string[]) =>
  ['mx', ...extensions].map((line, at) => `250${at < extensions.length ? '-' : ' '}${line}\r\n`).join('');
const plain = `${greeting}${hello()}`;
const piped = `${greeting}${hello('PIPELINING', 'SIZE 1000000', 'DSN')}`;
const chunked = `${greeting}${hello('PIPELINING', 'CHUNKING', 'BINARYMIME', '8BITMIME', 'LIMITS RCPTMAX=2 MAILMAX=5')}`;

const replies = [
  '250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 2.0.0 Queued\r\n',
  '250 ok\r\n550 5.1.1 no\r\n452 4.5.3 full\r\n554 5.5.1 no\r\n250 ok\r\n',
  '451 4.7.1 later\r\n503 5.5.1 what\r\n503 5.5.1 what\r\n354 go on\r\n554 no\r\n',
  '250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 three\r\n421 4.3.2 bye\r\n',
  '221 bye\r\n',
  '552 5.3.4 too big\r\n',
];
const hellos = [
  hello('PIPELINING', 'CHUNKING', 'SIZE 1000', 'AUTH PLAIN LOGIN SCRAM-SHA-256', 'LIMITS RCPTMAX=1'),
  hello('STARTTLS'),
  hello('AUTH=LOGIN', 'SIZE'),
  '502 what?\r\n250 mx\r\n',
  '500 what?\r\n550 no\r\n',
];
const credentials = { type: 'password', user: 'tim', password: new Secret('x') } as const;
const challenges = [
  '334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 ok\r\n',
  '334 cj1BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVJFaE1VRlJZWHh5eixzPWFiY2Rl,aT00MDk2\r\n235 ok\r\n',
  '334 \r\n535 5.7.8 no\r\n',
  '334 ====\r\n501 no\r\n',
];

/** Every stage of a session, some of them more than once. */
export const states: readonly State[] = [
  {
    name: 'greeting',
    prefix: '',
    seeds: [greeting, '220-a\r\n220 b\r\n', '554 no\r\n'],
    reached: 'greeting',
  },
  { name: 'hello', prefix: greeting, seeds: hellos, reached: 'hello' },
  {
    name: 'STARTTLS',
    prefix: `${greeting}${hello('STARTTLS')}`,
    seeds: ['220 go\r\n', '454 no\r\n250 ok\r\n'],
    reached: 'starttls',
  },
  {
    name: 'LOGIN',
    prefix: `${greeting}${hello('AUTH LOGIN')}`,
    seeds: challenges,
    options: { credentials, allowCleartext: true },
    reached: 'auth',
  },
  {
    name: 'SCRAM',
    prefix: `${greeting}${hello('AUTH SCRAM-SHA-256')}`,
    seeds: challenges,
    options: { credentials },
    reached: 'auth',
  },
  { name: 'MAIL', prefix: plain, seeds: replies, reached: 'mail' },
  { name: 'RCPT', prefix: `${plain}250 ok\r\n`, seeds: replies, reached: 'rcpt' },
  { name: 'a flight', prefix: piped, seeds: replies, reached: 'mail' },
  { name: 'DATA', prefix: `${piped}250 ok\r\n250 ok\r\n250 ok\r\n`, seeds: replies, reached: 'data' },
  {
    name: 'content',
    prefix: `${piped}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`,
    seeds: replies,
    reached: 'content',
    slow: true,
  },
  {
    name: 'end of data, with a message ahead',
    prefix: `${piped}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`,
    seeds: replies,
    reached: 'end-of-data',
  },
  { name: 'chunks in a flight', prefix: chunked, seeds: replies, reached: 'mail' },
  { name: 'chunks, the host slow', prefix: chunked, seeds: replies, reached: 'mail', slow: true },
  {
    name: 'LMTP',
    prefix: `${piped}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`,
    seeds: replies,
    options: { protocol: 'lmtp' },
    reached: 'end-of-data',
  },
  {
    name: 'LMTP, chunks',
    prefix: chunked,
    seeds: replies,
    options: { protocol: 'lmtp' },
    reached: 'mail',
  },
];

const dictionary = [
  '250 ',
  '250-',
  '\r\n',
  '354 x\r\n',
  '421 x\r\n',
  '550 5.1.1 ',
  '334 ',
  '220 x\r\n',
  '\0',
  '\r',
  '\xff',
].map((word) => Buffer.from(word, 'latin1'));

const mails: readonly Mail[] = [
  mailOf('hello\r\n.\r\nQUIT\r\n', ['b@example.net', 'c@example.net']),
  mailOf('', ['b@example.net']),
  mailOf('x\n.\ny', ['b@example.net', 'c@example.net', 'd@example.net'], { ret: 'full' }),
];

/** A client in the hands of a host that sends a few messages. */
export class FuzzedClient extends ScriptedClient {
  readonly #slow: boolean;

  constructor(state: State) {
    super({ client: { ...state.options }, mails });
    this.#slow = state.slow === true;
  }

  override decide(event: SmtpClientEvent): void {
    super.decide(event, this.#slow && event.type === 'content' ? 'wait' : undefined);
    if (this.#slow && event.type === 'content') this.machine.feed(Buffer.from('half a line'));
  }
}

/** Commands that a client may say; content stands between DATA or BDAT and what comes next. */
const commands = /^(?:EHLO|HELO|LHLO|STARTTLS|AUTH|MAIL|RCPT|DATA|BDAT|RSET|QUIT|\*|=|[A-Za-z0-9+/]+={0,2}$)/;

/** What is wrong with what the client said. */
function faultOf(output: Uint8Array): string | undefined {
  const text = Buffer.from(output).toString('latin1');
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) return 'a bare CR or LF';
  // With the content taken out, only commands are left.
  const said = text
    .replace(/hello\r\n\.{1,2}\r\nQUIT\r\n/g, '')
    .replace(/x\r\n\.{1,2}\r\ny\r\n/g, '')
    .replace(/half a line.*/s, '')
    .split('\r\n');
  const odd = said.find((line) => line !== '' && line !== '.' && !commands.test(line));
  return odd === undefined ? undefined : `no command: ${odd}`;
}

/** Fuzzes each state with so many mutants, and gives how many there were in all. */
export function fuzzStates(runs: number): number {
  let count = 0;
  for (const state of states) {
    const report = fuzzMachine<SmtpClientEvent>(
      {
        name: state.name,
        runs,
        seeds: state.seeds.map((seed) => Buffer.from(seed, 'latin1')),
        dictionary,
        prefix: Buffer.from(state.prefix),
        faultOf,
      },
      () => {
        const client = new FuzzedClient(state);
        return { machine: client.machine, decide: (event) => client.decide(event) };
      },
    );
    count += report.runs;
  }
  return count;
}
