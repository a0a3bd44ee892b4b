/**
 * A mail provider at the floor of what it costs: XOAUTH2 with tokens that name their user and their end, and
 * fixed replies to all else. Answers any message with how many messages it has taken.
 */
import { createServer, type Socket } from 'node:net';

const ehlo = '250-provider\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH XOAUTH2\r\n';
const end = Buffer.from('\r\n.\r\n');
let taken = 0;

/** `token/ACCOUNT/MILLISECONDS`, as the bench's token endpoint issues them. */
function isGood(initial: string): boolean {
  const [user = '', auth = ''] = Buffer.from(initial, 'base64').toString().split('\x01');
  const [kind, owner, ends] = auth.split('/');
  return (
    kind === 'auth=Bearer token' && user === `user=${owner}@provider.example` && Number(ends) > Date.now()
  );
}

class Session {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #content = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#take(chunk));
    socket.write('220 provider ESMTP\r\n');
  }

  #take(chunk: Buffer): void {
    let input = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let replies = '';
    for (;;) {
      const marker = this.#content ? end : '\r\n';
      const at = input.indexOf(marker);
      if (at === -1) break;
      const line = this.#content ? '' : input.toString('latin1', 0, at);
      input = input.subarray(at + marker.length);
      replies += this.#content ? this.#complete() : this.#reply(line);
    }
    // Of content, only what may be the beginning of its end counts.
    this.#rest = this.#content ? input.subarray(-4) : input;
    if (replies !== '') this.#socket.write(replies);
    if (replies.startsWith('221')) this.#socket.end();
  }

  #complete(): string {
    this.#content = false;
    taken += 1;
    return '250 2.0.0 Ok\r\n';
  }

  #reply(line: string): string {
    switch (line.charCodeAt(0)) {
      case 0x41: // AUTH XOAUTH2 initial
        return isGood(line.slice(13)) ? '235 2.7.0 Ok\r\n' : '535 5.7.8 Bad token\r\n';
      case 0x44: // DATA
        this.#content = true;
        return '354 Go\r\n';
      case 0x45: // EHLO
        return ehlo;
      case 0x51: // QUIT
        return '221 2.0.0 Bye\r\n';
      default:
        return '250 2.0.0 Ok\r\n';
    }
  }
}

const server = createServer({ noDelay: true }, (socket) => void new Session(socket));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
process.on('message', () => process.send?.(taken));
