/** A name server on loopback, of dns2's parts, that serves a zone and lies on demand. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import DNS, { Packet } from 'dns2';
import type { RecordType, Zone, ZoneResolver } from 'mailwright/dns';

type Resource = InstanceType<typeof Packet.Resource>;

/** A question as the server got it. */
export interface Asked {
  readonly by: 'udp' | 'tcp';
  readonly request: Packet;
  readonly id: number;
  /** The port that it came from. */
  readonly port: number;
  /** The true answer. */
  readonly answer: () => Packet;
  /** Sends whatever it is given. */
  readonly send: (message: Packet | Buffer) => Promise<unknown>;
}

/** What a server does with a question. */
export type Behaviour = (asked: Asked) => unknown;

export const honest: Behaviour = ({ answer, send }) => send(answer());

const types: Readonly<Record<number, RecordType>> = {
  1: 'A',
  5: 'CNAME',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  52: 'TLSA',
  257: 'CAA',
};

export class ZoneServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  behave: Behaviour = honest;
  readonly port: number;
  readonly #zone: ZoneResolver;
  readonly #udp: InstanceType<typeof DNS.UDPServer>;
  readonly #tcp: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(zone: ZoneResolver, udp: InstanceType<typeof DNS.UDPServer>, tcp: Server) {
    this.#zone = zone;
    this.#udp = udp;
    this.#tcp = tcp;
    this.port = (udp.address() as AddressInfo).port;
    udp.on('request', (request, send, client) => this.#handle('udp', request, send, Object(client).port));
    tcp.on('request', (request, send, client) =>
      this.#handle('tcp', request, send, Object(client).remotePort),
    );
    tcp.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
  }

  /** UDP and TCP on one port. */
  static async start(zone: ZoneResolver): Promise<ZoneServer> {
    for (;;) {
      const udp = DNS.createUDPServer();
      await udp.listen(0, '127.0.0.1');
      const tcp: Server = DNS.createTCPServer();
      try {
        tcp.listen((udp.address() as AddressInfo).port, '127.0.0.1');
        await once(tcp, 'listening');
        return new ZoneServer(zone, udp, tcp);
      } catch {
        udp.close();
      }
    }
  }

  get address() {
    return { address: '127.0.0.1', port: this.port };
  }

  /** Sends a datagram from the server's own port. */
  sendTo(port: number, message: Buffer): void {
    this.#udp.send(message, port, '127.0.0.1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }

  #handle(by: Asked['by'], request: Packet, send: Asked['send'], port: number): void {
    const answer = () => this.#answer(request);
    const asked: Asked = { by, request, id: request.header.id, port, answer, send };
    this.asked.push(asked);
    void this.behave(asked);
  }

  #answer(request: Packet): Packet {
    const response = Packet.createResponseFromRequest(request);
    response.header.ra = 1;
    const [question] = response.questions;
    const type = types[question?.type ?? 0];
    if (question === undefined || type === undefined) return response;
    const flags = response.header as { ad?: number };
    let { name } = question;
    for (let links = 0; type !== 'CNAME' && links < 20; links++) {
      const alias = this.#zone.resolve(name, 'CNAME');
      if (alias.status !== 'ok') break;
      const [domain = ''] = alias.records;
      response.answers.push(resource(name, 5, alias.ttl, { domain }));
      name = domain;
    }
    const answer = this.#zone.resolve(question.name, type);
    if (answer.status === 'failure') response.header.rcode = Packet.RCODE.SERVFAIL;
    else {
      if (answer.authentic) flags.ad = 1;
      if (answer.status === 'nxdomain') response.header.rcode = Packet.RCODE.NXDOMAIN;
      if (answer.status === 'ok') {
        for (const data of answer.records) {
          response.answers.push(resource(name, question.type, answer.ttl, fieldsOf(type, data)));
        }
      } else response.authorities.push(soa(answer.ttl));
    }
    return response;
  }
}

/** The SOA beside a negative answer: its MINIMUM is what counts here. */
export function soa(minimum: number): Resource {
  const fields = { primary: 'ns.test', admin: 'hostmaster.test', serial: 1, refresh: 2, retry: 3, minimum };
  return resource('test', 6, 86_400, { ...fields, expiration: 4 });
}

export function resource(name: string, type: number, ttl: number, fields: object): Resource {
  return new Packet.Resource({ name, type, class: Packet.CLASS.IN, ttl, ...fields });
}

function fieldsOf(type: RecordType, data: unknown): object {
  if (type === 'TXT') {
    const octets = Buffer.from(String(data), 'latin1');
    const strings: Buffer[] = [];
    for (let at = 0; at < octets.length; at += 255) strings.push(octets.subarray(at, at + 255));
    return { data: strings };
  }
  if (type === 'TLSA') {
    const { usage, selector, matching, data: hash } = Object(data);
    return { data: Buffer.from([usage, selector, matching, ...hash]) };
  }
  if (type === 'MX') return { exchange: Object(data).exchange, priority: Object(data).preference };
  if (typeof data === 'string') return type.startsWith('A') ? { address: data } : { domain: data };
  return Object(data);
}

/** Some of every type, with names to get lost in. */
export const example: Zone = {
  'example.com': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    MX: [
      { preference: 10, exchange: 'mx.example.com' },
      { preference: 20, exchange: 'mx2.example.com' },
    ],
    TXT: ['v=spf1 -all', `${'long '.repeat(70)}end`, 'caf\xe9 \xff'],
    CAA: [{ flags: 128, tag: 'issue', value: 'ca.example' }],
    ttl: 60,
  },
  'null.example.com': { MX: [{ preference: 0, exchange: '' }] },
  '1.2.0.192.in-addr.arpa': { PTR: ['example.com'] },
  '_imaps._tcp.example.com': { SRV: [{ priority: 1, weight: 2, port: 993, target: 'imap.example.net' }] },
  '_25._tcp.mx.example.com': {
    TLSA: [{ usage: 3, selector: 1, matching: 1, data: Uint8Array.from({ length: 32 }, (_, at) => at * 8) }],
    authentic: true,
  },
  'www.example.com': { CNAME: ['web.example.com'], ttl: 30 },
  'web.example.com': { CNAME: ['example.com'], ttl: 90 },
  'astray.example.com': { CNAME: ['nowhere.example.com'] },
  'loop.example.com': { CNAME: ['loop2.example.com'] },
  'loop2.example.com': { CNAME: ['loop.example.com'] },
  'broken.example.com': 'SERVFAIL',
  '*.wild.example.com': { A: ['192.0.2.9'] },
};
