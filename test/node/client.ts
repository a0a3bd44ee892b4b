/** A client that does what a test says, rightly or wrongly, over a real socket. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export class Client {
  socket: Socket;
  #received = '';
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    this.#listen();
  }

  /** Connects to a port of this machine, or to a Unix socket. */
  static async connect(where: number | string, host = '127.0.0.1'): Promise<Client> {
    const socket = typeof where === 'number' ? connectTcp(where, host) : connectTcp(where);
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Connects with TLS from the first octet; trusts every certificate unless told otherwise. */
  static async connectTls(port: number, options: ConnectionOptions = {}): Promise<Client> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    return new Client(socket);
  }

  /** Runs the handshake on this connection. */
  async startTls(options: ConnectionOptions = {}): Promise<void> {
    this.socket.removeAllListeners();
    this.socket = connectTls({ socket: this.socket, rejectUnauthorized: false, ...options });
    await once(this.socket, 'secureConnect');
    this.#listen();
  }

  /** Sends text, and gives the reply that comes next. */
  async say(text: string): Promise<string> {
    this.socket.write(`${text}\r\n`);
    return await this.reply();
  }

  /** The next reply, all its lines; what is there, where the connection ends before its last line. */
  async reply(): Promise<string> {
    for (;;) {
      const end = /^\d{3} [^\n]*\n/m.exec(this.#received);
      if (end !== null || this.#ended) {
        const length = end === null ? this.#received.length : end.index + end[0].length;
        const text = this.#received.slice(0, length);
        this.#received = this.#received.slice(length);
        return text.trimEnd();
      }
      await new Promise<void>((woken) => {
        this.#wake = woken;
      });
    }
  }

  /** Resolves with all that came and was not read, once the peer has closed. */
  async end(): Promise<string> {
    let rest = '';
    while (!this.#ended) rest += `${await this.reply()}\n`;
    this.socket.destroy();
    return `${rest}${this.#received}`.trim();
  }

  #listen(): void {
    this.socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    this.socket.on('error', () => {});
    for (const name of ['end', 'close']) {
      this.socket.on(name, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }
}
