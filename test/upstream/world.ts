/** Clients, a proxy, a token endpoint and a provider on a network in memory, in virtual time. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { MailSession, Target } from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { type Body, Secret } from 'mailwright/machine';
import { SmtpTransport, serveSmtp } from 'mailwright/node';
import { accepted, refused } from 'mailwright/sasl';
import {
  auth,
  lmtp,
  type RecipientResult,
  SmtpServerMachine,
  type SmtpServerOptions,
  submission,
} from 'mailwright/smtp';
import {
  type Link,
  type LinkFault,
  type PeerRule,
  type PeerScript,
  ScriptedPeer,
  SeededRandom,
  VirtualClock,
  VirtualNetwork,
} from 'mailwright/testing';
import {
  AccessTokens,
  type Account,
  memoryAccounts,
  Upstream,
  type UpstreamOptions,
} from 'mailwright/upstream';
import type { Credentials } from 'mailwright/users';
import { TokenEndpoint } from './token-endpoint.ts';

const proxyAddress = '192.0.2.1';
export const providerAddress = '192.0.2.2';
const clientAddress = '192.0.2.3';
const dyingAddress = '192.0.2.4';

/** What a world is made of, as far as a test cares. */
export interface WorldOptions {
  readonly script?: readonly (PeerRule | PeerScript)[];
  /** Fields of the account that are not as usual, or several accounts. */
  readonly account?: Partial<Account>;
  readonly accounts?: readonly Account[];
  readonly upstream?: Partial<UpstreamOptions>;
  /** Options of the proxy's own server. */
  readonly server?: Partial<SmtpServerOptions>;
  /** Options of the provider's server. */
  readonly provider?: Partial<SmtpServerOptions>;
  readonly faults?: (link: Link) => LinkFault | undefined;
  readonly seed?: number;
}

/** Text as content. */
export function contentOf(text: string): Body {
  const octets = Buffer.from(text, 'latin1');
  return {
    size: octets.length,
    open: async function* () {
      yield octets;
    },
  };
}

/** An account of the user `crm`. */
export function account(more: Partial<Account> = {}): Account {
  return {
    id: 'sales',
    users: ['crm'],
    provider: { host: 'smtp.provider.example', port: 587, tls: 'none' },
    user: 'sales@example.com',
    grant: {
      endpoint: 'https://login.example/token',
      clientId: 'client',
      refreshToken: new Secret('refresh-token'),
    },
    ...more,
  };
}

const credentials: Credentials = {
  verifyPassword: ({ authcid, password }) => (password.reveal() === 'secret' ? accepted(authcid) : refused),
};

export class World {
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly endpoint = new TokenEndpoint();
  /** Tokens that the provider takes; all, where it is `null`. */
  good: Set<string> | null = null;
  readonly provider: ScriptedPeer;
  readonly upstream: Upstream;
  readonly #transport: SmtpTransport;
  #sessions = 0;

  constructor(options: WorldOptions = {}) {
    const { clock } = this;
    const random = new SeededRandom(options.seed ?? 1).fraction;
    this.network = new VirtualNetwork({
      clock,
      random,
      latency: () => 10,
      ...(options.faults && { faults: options.faults }),
    });
    this.provider = new ScriptedPeer({
      clock,
      script: options.script ?? [],
      server: { hostname: 'smtp.provider.example', ...options.provider },
      credentials: {
        verifyToken: ({ token, authzid }) =>
          this.good === null || this.good.has(token.reveal()) ? accepted(authzid ?? '') : refused,
      },
    });
    this.network.listen(providerAddress, 587, this.provider.serve);
    this.#transport = new SmtpTransport({ clock, connect: this.network.from(clientAddress) });
    this.upstream = new Upstream({
      hostname: 'proxy.example.org',
      accounts: memoryAccounts(options.accounts ?? [account(options.account)]),
      tokens: new AccessTokens({ fetch: this.endpoint.post, clock, random }),
      transport: new SmtpTransport({ clock, connect: this.network.from(proxyAddress) }),
      resolver: new ZoneResolver({ 'smtp.provider.example': { A: [providerAddress] } }),
      clock,
      ...options.upstream,
    });
    for (const [port, profile] of [
      [587, submission],
      [24, lmtp],
    ] as const) {
      const server: SmtpServerOptions = {
        ...profile,
        hostname: 'proxy.example.org',
        extensions: [
          ...profile.extensions.filter(({ keyword }) => keyword !== 'STARTTLS'),
          auth({ mechanisms: ['PLAIN', 'LOGIN'], allowCleartext: true }),
        ],
        requireTls: false,
        ...options.server,
      };
      this.network.listen(proxyAddress, port, (socket, connection) => {
        this.#sessions += 1;
        const machine = new SmtpServerMachine(server, { id: `client-${this.#sessions}`, ...connection });
        serveSmtp(socket, machine, { credentials, ...this.upstream.handlers });
      });
    }
  }

  /** How a client reaches the proxy. */
  #target(user = 'crm', protocol: 'smtp' | 'lmtp' = 'smtp'): Target {
    return {
      host: 'proxy.example.org',
      at: { addresses: [proxyAddress], port: protocol === 'smtp' ? 587 : 24 },
      protocol,
      hostname: 'client.example',
      tls: { mode: 'none' },
      credentials: { type: 'password', user, password: new Secret('secret') },
      allowCleartext: true,
    };
  }

  /** A client that has logged in, or `null` where that failed; somebody else lets time pass. */
  async connect(user?: string, protocol?: 'smtp' | 'lmtp'): Promise<MailSession | null> {
    const opened = await this.#transport.open(this.#target(user, protocol));
    return opened.ok ? opened.session : null;
  }

  /** A client that has logged in. */
  async client(user?: string, protocol?: 'smtp' | 'lmtp'): Promise<MailSession> {
    const client = await this.run(this.connect(user, protocol));
    assert.ok(client !== null);
    return client;
  }

  /** So many clients that have logged in. */
  async clients(count: number, user?: string): Promise<MailSession[]> {
    const clients: MailSession[] = [];
    while (clients.length < count) clients.push(await this.client(user));
    return clients;
  }

  /** Sends a message; resolves with what the client is told, for each recipient. */
  async submit(client: MailSession, mail: Mail = {}): Promise<string[]> {
    const { from = 'tim@example.com', to = ['b@example.net'], text = 'Subject: x\r\n\r\ntext\r\n' } = mail;
    const content = contentOf(text);
    const recipients = to.map((path) => ({ path, parameters: {} }));
    const result = await client.send(
      { from, parameters: mail.parameters ?? {}, recipients, size: content.size },
      content,
    );
    return result.recipients.map(inShort);
  }

  /** Submits with a client of its own. */
  async send(mail: Mail = {}): Promise<string[]> {
    const client = await this.client(mail.user);
    return await this.run(this.submit(client, mail));
  }

  /** A client that says all of this, whatever the answers, and breaks off so many milliseconds later. */
  async breakOff(text: string, ms: number): Promise<void> {
    const { signal } = new AbortController();
    const at = { family: 'ipv4', address: proxyAddress, port: 587 } as const;
    const socket = await this.run(this.network.from(dyingAddress)(at, { signal }));
    socket.on('error', () => {}).resume();
    // A greeting is waited for, or the client would be an early talker.
    await this.pass(100);
    socket.write(text);
    await this.pass(ms);
    this.network.crash(dyingAddress);
  }

  /** Lets time pass until it is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await this.clock.run({ stop: () => done });
    return await work;
  }

  /** Lets so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.run({ until: this.clock.now() + ms });
  }

  /** Permits that are out, or waited for. */
  get permits(): number[] {
    const { messages, octets, accounts } = this.upstream.statistics();
    return [messages, octets, ...Object.values(accounts)].flatMap(({ inUse, waiting }) => [inUse, waiting]);
  }
}

/** A message, as far as a test cares. */
export interface Mail {
  readonly user?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly text?: string;
  readonly parameters?: Parameters<MailSession['send']>[0]['parameters'];
}

function inShort(result: RecipientResult): string {
  if (result.result === 'accepted' || result.result === 'refused') {
    const { code, enhanced, lines } = result.reply;
    return `${code} ${enhanced} ${lines.join(' / ')}`;
  }
  return result.result === 'failed' ? `failed: ${result.failure.why}` : result.result;
}
