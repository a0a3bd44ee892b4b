/**
 * So many clients that log in and submit one message after another, of whom some break off at random moments
 * and come back. Says what it has done each second; any message lets each finish what is in hand and leave.
 */
import { connect, type Socket } from 'node:net';

/** What the crowd has done so far. */
export interface CrowdCount {
  /** Messages answered 250. */
  readonly accepted: number;
  /** Messages answered otherwise. */
  readonly refused: number;
  /** Connections that a client broke off. */
  readonly cut: number;
  /** The last answer that was not 250. */
  readonly lastRefusal: string;
  /** Everybody has left. */
  readonly done: boolean;
}

const [port = '', clients = '', accounts = '', octets = '', share = ''] = process.argv.slice(2);
const count = { accepted: 0, refused: 0, cut: 0, lastRefusal: '' };
let present = Number(clients);
let leaving = false;

const lines = Math.ceil(Number(octets) / 64);
const content = Buffer.from(
  `From: a@example.org\r\nSubject: bench\r\n\r\n${`${'x'.repeat(62)}\r\n`.repeat(lines)}.\r\n`,
);

type State = 'greeting' | 'hello' | 'login' | 'envelope' | 'content';

class Client {
  readonly #number: number;
  readonly #envelope: string;
  #socket!: Socket;
  #state: State = 'greeting';
  #text = '';
  /** Whether this message is broken off, and where. */
  #cutAt: 'envelope' | 'content' | 'verdict' | null = null;

  constructor(number: number) {
    this.#number = number % Number(accounts);
    const from = `a${this.#number}@example.org`;
    this.#envelope = `MAIL FROM:<${from}>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n`;
    this.#connect();
  }

  #connect(): void {
    this.#state = 'greeting';
    this.#text = '';
    this.#socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  #take(text: string): void {
    this.#text += text;
    // All replies of a state have come when its last line has.
    if (!this.#text.endsWith('\r\n')) return;
    const replies = this.#text.match(/^\d{3} .*$/gm) ?? [];
    const due = this.#state === 'envelope' ? 3 : 1;
    const bad = replies.find((reply) => !/^[23]/.test(reply));
    if (replies.length < due) return;
    this.#text = '';
    if (bad !== undefined && this.#state !== 'content') throw new Error(`${this.#state}: ${bad}`);
    this.#advance(replies.at(-1) ?? '');
  }

  #advance(reply: string): void {
    switch (this.#state) {
      case 'greeting':
        this.#say('hello', 'EHLO client.example\r\n');
        break;
      case 'hello':
        this.#say('login', `AUTH PLAIN ${btoa(`\0user-${this.#number}\0password`)}\r\n`);
        break;
      case 'login':
        this.#begin();
        break;
      case 'envelope':
        if (this.#cutAt === 'content') this.#cut(content.subarray(0, Math.random() * content.length));
        else if (this.#cutAt === 'verdict') this.#cut(content);
        else this.#say('content', content);
        break;
      case 'content':
        if (reply.startsWith('250')) {
          count.accepted += 1;
        } else {
          count.refused += 1;
          count.lastRefusal = reply;
        }
        this.#begin();
    }
  }

  #begin(): void {
    if (leaving) {
      this.#socket.removeAllListeners('data');
      this.#socket.end('QUIT\r\n');
      present -= 1;
      return;
    }
    const places = ['envelope', 'content', 'verdict'] as const;
    this.#cutAt = Math.random() < Number(share) ? (places[Math.floor(Math.random() * 3)] ?? null) : null;
    if (this.#cutAt === 'envelope') this.#cut(this.#envelope);
    else this.#say('envelope', this.#envelope);
  }

  #say(state: State, octets: string | Buffer): void {
    this.#state = state;
    this.#socket.write(octets);
  }

  /** Says the last, breaks off a moment later, and comes back. */
  #cut(last: string | Buffer): void {
    count.cut += 1;
    const socket = this.#socket;
    socket.removeAllListeners('data');
    socket.write(last);
    setTimeout(() => {
      if (Math.random() < 0.5) socket.resetAndDestroy();
      else socket.destroy();
      if (leaving) present -= 1;
      else this.#connect();
    }, Math.random() * 20);
  }
}

for (let number = 0; number < Number(clients); number += 1) {
  new Client(number);
  // A server's backlog is not to overflow.
  if (number % 100 === 99) await new Promise((done) => setTimeout(done, 50));
}
process.send?.('begun');
process.on('message', () => {
  leaving = true;
});
const telling = setInterval(() => {
  process.send?.({ ...count, done: present === 0 } satisfies CrowdCount);
  if (present === 0) clearInterval(telling);
}, 1000);
