/** The server machine in each of its states, fed with mutants of what belongs there. */
import { Buffer } from 'node:buffer';
import { accepted, mechanismNames, refused, scramKeys, temporary } from 'mailwright/sasl';
import {
  atrn,
  auth,
  deliverBy,
  etrn,
  futureRelease,
  lmtp,
  mtPriority,
  mx,
  noSoliciting,
  rrvs,
  type SmtpConnection,
  type SmtpServerEvent,
  SmtpServerMachine,
  type SmtpServerOptions,
  xclient,
  xforward,
} from 'mailwright/smtp';
import { fuzzMachine, type SeededRandom } from 'mailwright/testing';
import { faultOf } from './replies.ts';
import { connection, counting, replyOf } from './scripted-host.ts';

const trust = { trusts: () => true };
const extensions = [
  ...mx.extensions,
  auth({
    mechanisms: mechanismNames,
    random: counting,
    secret: counting(32),
    allowCleartext: true,
    allowCramMd5: true,
  }),
  deliverBy({ minimum: 10 }),
  futureRelease({ maximum: 1000, now: () => 0 }),
  mtPriority(),
  noSoliciting(),
  rrvs(),
  etrn(),
  atrn(),
  xclient(trust),
  xforward(trust),
];
const limits = { message: 2000, recipients: 5, recipientDomains: 3, transactions: 50 };
const options: SmtpServerOptions = { hostname: 'mx.example.org', extensions, limits };
const keys = scramKeys('pencil', { hash: 'SHA-256', salt: counting(16), iterations: 1 });

const hello = 'EHLO client.example\r\n';
const mail = `${hello}MAIL FROM:<a@example.org> SMTPUTF8\r\n`;
const rcpt = `${mail}RCPT TO:<b@example.net>\r\n`;

/** What belongs into more than one state. */
const commands = [
  'NOOP\r\n',
  'RSET\r\n',
  'QUIT\r\n',
  'HELP\r\n',
  'VRFY tim SMTPUTF8\r\n',
  'EXPN staff\r\n',
  hello,
  'HELO [192.0.2.1]\r\n',
  'MAIL FROM:<"a b"@example.org> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=a+2B BY=100;RT HOLDFOR=9 MT-PRIORITY=-3 SOLICIT=a:b AUTH=<>\r\n',
  'RCPT TO:<jörg@bücher.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\\x{DF}@x RRVS=2014-04-03T23:01:00Z;C\r\n',
  'BDAT 5 LAST\r\nhello',
  'STARTTLS\r\n',
  'AUTH PLAIN AHRpbQBwZW5jaWw=\r\n',
  'ETRN @example.org\r\n',
  'XCLIENT ADDR=IPV6:2001:db8::1 PORT=25 HELO=x LOGIN=tim\r\nEHLO x\r\n',
  'XFORWARD NAME=x+20y ADDR=[UNAVAILABLE]\r\n',
];
const content = [
  'Subject: x\r\n\r\n..dots\r\n.\r\nMAIL FROM:<>\r\n',
  'a\r\n.\nb\n.\r\nc\r.\r\r\n.\r\n',
  '.\r\n',
  'x'.repeat(2100),
];
const exchange = [
  'dGlt\r\ncGVuY2ls\r\n',
  '*\r\n',
  '=\r\n',
  'bixhPXRpbSwsbj10aW0scj1hYmM=\r\n',
  `${'A'.repeat(12_400)}\r\n`,
  'NOOP\r\n',
];

interface State {
  readonly name: string;
  readonly prefix: string;
  readonly seeds: readonly string[];
  readonly options?: Partial<SmtpServerOptions>;
  readonly connection?: Partial<SmtpConnection>;
  /** The host's word on the connection. */
  readonly greeting?: string;
  /** The code that the server says last on the way into the state. */
  readonly reached: number;
}

const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

/** Every phase of a session, some of them more than once. */
export const states: readonly State[] = [
  { name: 'greeted', reached: 220, prefix: '', seeds: commands },
  { name: 'refused', reached: 554, prefix: '', seeds: commands, greeting: '554 5.7.1 no' },
  { name: 'ready', reached: 250, prefix: hello, seeds: commands },
  { name: 'ready within TLS', reached: 250, prefix: hello, seeds: commands, connection: { tls } },
  {
    name: 'ready, lenient',
    reached: 250,
    prefix: hello,
    seeds: [...commands, ...content],
    options: {
      bareNewlines: 'normalise',
      paths: { brackets: 'optional', leadingSpace: 'accept' },
      heloNames: { oddNames: 'accept' },
    },
  },
  {
    name: 'authenticated',
    reached: 235,
    prefix: `${hello}AUTH PLAIN AHRpbQBwZW5jaWw=\r\n`,
    seeds: [...commands, 'ATRN example.org,example.net\r\n'],
  },
  { name: 'mail', reached: 250, prefix: mail, seeds: commands },
  {
    name: 'rcpt',
    reached: 250,
    prefix: rcpt,
    seeds: [...commands, ...content.map((text) => `DATA\r\n${text}`)],
  },
  { name: 'content', reached: 354, prefix: `${rcpt}DATA\r\n`, seeds: content },
  {
    name: 'content, lenient',
    reached: 354,
    prefix: `${rcpt}DATA\r\n`,
    seeds: content,
    options: { bareNewlines: 'normalise' },
  },
  {
    name: 'chunks',
    reached: 250,
    prefix: `${rcpt}BDAT 3\r\nab\r`,
    seeds: [...commands, 'BDAT 4\r\n\nfoo', 'BDAT 2\r\n\r\nBDAT 0 LAST\r\n'],
  },
  { name: 'within a chunk', reached: 250, prefix: `${rcpt}BDAT 50 LAST\r\n`, seeds: content },
  { name: 'LOGIN', reached: 334, prefix: `${hello}AUTH LOGIN\r\n`, seeds: exchange },
  { name: 'SCRAM', reached: 334, prefix: `${hello}AUTH SCRAM-SHA-256\r\n`, seeds: exchange },
  { name: 'upgrading', reached: 220, prefix: `${hello}STARTTLS\r\n`, seeds: commands },
  {
    name: 'LMTP',
    reached: 250,
    prefix: rcpt.replace('EHLO', 'LHLO'),
    seeds: [...commands, ...content.map((text) => `DATA\r\n${text}`)],
    options: { protocol: 'lmtp', extensions: lmtp.extensions },
  },
];

const dictionary = [
  '\r\n.\r\n',
  '\n.\n',
  '\r.\r',
  '\r\n',
  '\0',
  'BDAT ',
  ' LAST',
  'DATA\r\n',
  '<',
  '>',
  '=',
  ' SIZE=',
  '+3D',
  '\\x{',
  ';',
  '*\r\n',
  'é',
  '\xff',
  '[IPv6:',
  '@',
].map((word) => Buffer.from(word, word === '\xff' ? 'latin1' : 'utf8'));

function open(state: State): SmtpServerMachine {
  return new SmtpServerMachine({ ...options, ...state.options }, { ...connection, ...state.connection });
}

/** How many questions stand on the smooth way into a state, and the last thing said on it. */
export function wayInto(state: State): { readonly questions: number; readonly said: string } {
  const machine = open(state);
  let questions = 0;
  const settle = () => {
    for (let event = machine.next(); event !== null; event = machine.next()) {
      if (!machine.parked) continue;
      questions += 1;
      lead(machine, event, state);
    }
    return Buffer.concat(machine.takeOutput()).toString();
  };
  const greeting = settle();
  machine.receive(Buffer.from(state.prefix));
  return { questions, said: settle() || greeting };
}

/** Fuzzes each state with so many mutants, and gives how many there were in all. */
export function fuzzStates(runs: number): number {
  let count = 0;
  for (const state of states) {
    const { questions } = wayInto(state);
    const seeds = state.seeds.map((seed) => Buffer.from(seed));
    const prefix = Buffer.from(state.prefix);
    const series = { name: state.name, runs, seeds, dictionary, prefix, faultOf };
    const report = fuzzMachine<SmtpServerEvent>(series, (random) => {
      const machine = open(state);
      let left = questions;
      return {
        machine,
        decide(event) {
          if (!machine.parked) return;
          left -= 1;
          if (left >= 0) lead(machine, event, state);
          else answer(machine, event, random);
        },
      };
    });
    count += report.runs;
  }
  return count;
}

/** Answers so that the session comes into its state. */
function lead(machine: SmtpServerMachine, event: SmtpServerEvent, { greeting }: State): void {
  if (event.type === 'connect') machine.answer(event, greeting === undefined ? undefined : replyOf(greeting));
  else if (event.type === 'verifyPassword') machine.answer(event, accepted('tim'));
  else if (event.type === 'scramKeys')
    machine.answer(event, { type: 'keys', keys, identity: { user: 'tim' } });
  else if ('envelope' in event || event.type === 'helo' || event.type === 'mail' || event.type === 'rcpt')
    machine.answer(event, undefined);
}

const verdicts = [
  undefined,
  undefined,
  undefined,
  undefined,
  replyOf('550 5.1.1 no\r\nnever'),
  replyOf('450 4.2.0 later\\nor never'),
  replyOf('421 4.3.2 bye'),
];

function answer(machine: SmtpServerMachine, event: SmtpServerEvent, random: SeededRandom): void {
  switch (event.type) {
    case 'connect':
    case 'helo':
    case 'mail':
    case 'rcpt':
    case 'data':
    case 'vrfy':
    case 'expn':
    case 'help':
    case 'etrn':
    case 'atrn':
      machine.answer(event, random.pick(verdicts));
      break;
    case 'message':
      machine.answer(
        event,
        random.below(2) === 0 ? random.pick(verdicts) : [random.pick(verdicts), random.pick(verdicts)],
      );
      break;
    case 'verifyPassword':
      machine.answer(event, event.password.reveal() === 'pencil' ? accepted('tim') : refused);
      break;
    case 'verifyToken':
    case 'external':
    case 'anonymous':
      machine.answer(event, random.below(2) === 0 ? accepted('tim') : temporary);
      break;
    case 'scramKeys':
      machine.answer(
        event,
        random.below(2) === 0 ? { type: 'keys', keys, identity: { user: 'tim' } } : refused,
      );
      break;
    case 'cramPassword':
      machine.answer(event, temporary);
  }
}
