/**
 * A small protocol to test the test tools with: `ADD name` asks the host, `TEXT` reads lines up to
 * a lone dot, `AUTH base64` asks with a secret, `TLS` upgrades, `BODY` streams, `QUIT` ends.
 */
import { type Asks, type Machine, type Patience, Secret, type Segment } from 'mailwright/machine';

export type ToyEvent =
  | ({ readonly type: 'add'; readonly name: string } & Asks<string>)
  | ({ readonly type: 'auth'; readonly password: Secret } & Asks<boolean>)
  | { readonly type: 'text'; readonly octets: string };

/** Ways to be wrong, so that tests can prove that the tools notice. */
export type ToyDefect = 'chunk-sensitive' | 'throws' | 'bare-newline' | 'hoards' | 'restless';

export class ToyMachine implements Machine<ToyEvent> {
  readonly #defect: ToyDefect | undefined;
  #unread = '';
  #text: string | null = null;
  #out: Segment[] = [Buffer.from('220 toy\r\n')];
  #asked: ToyEvent | null = null;
  #hoard: string[] = [];
  #ended = false;

  constructor(defect?: ToyDefect) {
    this.#defect = defect;
  }

  get parked(): boolean {
    return this.#asked !== null;
  }

  get wantsInput(): boolean {
    return !this.#ended && this.#asked === null;
  }

  get held(): number {
    return this.#unread.length + (this.#text?.length ?? 0) + this.#hoard.join('').length;
  }

  readonly patience: Patience = { id: 0, ms: 1000, why: 'command' };

  receive(chunk: Uint8Array): void {
    const text = Buffer.from(chunk).toString('latin1');
    if (this.#defect === 'hoards') this.#hoard.push(text);
    if (this.#defect === 'throws' && text.includes('\0'))
      throw new TypeError('an octet that nobody expected');
    if (this.#defect === 'chunk-sensitive' && !text.endsWith('\n')) this.#say('500 incomplete');
    this.#unread += text;
    if (this.#unread.length > 4096 && !this.#unread.includes('\r\n')) {
      this.#unread = '';
      this.#say('500 line too long');
    }
  }

  receiveEnd(): void {
    this.#say('221 gone');
    this.#ended = true;
  }

  next(): ToyEvent | null {
    if (this.#defect === 'restless' && this.#unread.includes('LOOP')) return { type: 'text', octets: '' };
    while (this.wantsInput) {
      const end = this.#unread.indexOf('\r\n');
      if (end < 0) return null;
      const line = this.#unread.slice(0, end);
      this.#unread = this.#unread.slice(end + 2);
      const event = this.#line(line);
      if (event) return event;
    }
    return null;
  }

  #line(line: string): ToyEvent | null {
    if (this.#text !== null) {
      if (line !== '.') {
        this.#text = (this.#text + line).slice(0, 100_000);
        return null;
      }
      const octets = this.#text;
      this.#text = null;
      this.#say('250 read');
      return { type: 'text', octets };
    }
    const [verb = '', rest = ''] = [line.slice(0, 4).trim(), line.slice(4).trim()];
    if (verb === 'ADD') {
      this.#asked = { type: 'add', name: rest };
      return this.#asked;
    }
    if (verb === 'AUTH') {
      const password = Buffer.from(rest, 'base64').toString().split('\0').at(-1) ?? '';
      this.#asked = { type: 'auth', password: new Secret(password) };
      return this.#asked;
    }
    if (verb === 'TEXT') {
      this.#text = '';
      this.#say('354 go on');
    } else if (verb === 'BODY') {
      this.#out.push({
        size: 6,
        async *open() {
          yield Buffer.from('body');
          yield Buffer.from('\r\n');
        },
      });
    } else if (verb === 'TLS') this.#say('220 go ahead');
    else if (verb === 'QUIT') {
      this.#say('221 bye');
      this.#ended = true;
    } else this.#say(this.#defect === 'bare-newline' && verb === 'B' ? '500 what\n' : '500 what');
    return null;
  }

  answer(event: ToyEvent, verdict: string | boolean): boolean {
    if (event !== this.#asked) return false;
    this.#asked = null;
    this.#say(typeof verdict === 'string' ? verdict : verdict ? '235 welcome' : '535 no');
    return true;
  }

  takeOutput(): readonly Segment[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  expire(): void {
    this.#say('421 too slow');
    this.#ended = true;
  }

  tlsEstablished(info: { version: string }): void {
    this.#unread = '';
    this.#say(`250 now ${info.version}`);
  }

  #say(text: string): void {
    this.#out.push(Buffer.from(`${text}\r\n`));
  }
}
