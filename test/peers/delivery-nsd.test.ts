/**
 * From a message with many recipients to the servers that their domains name in DNS (RFC 5321 §5.1): a real name
 * server, real sockets on several addresses of loopback, our queue and routes between them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Deferred,
  type Delivered,
  type Failed,
  mxRoutes,
  notifier,
  type OutcomeNotice,
  Queue,
  SmtpSender,
} from 'mailwright/delivery';
import { WireResolver } from 'mailwright/dns';
import { parseMessage } from 'mailwright/mime';
import { SmtpTransport } from 'mailwright/node';
import { deliveryStatusOf } from 'mailwright/reports';
import { reply } from 'mailwright/smtp';
import { MemorySpool } from 'mailwright/spool';
import { greylisting, ScriptedPeer } from 'mailwright/testing';
import { Nsd } from './nsd.ts';
import { needing } from './programs.ts';

const greylistedFor = 200;

/** Servers by their addresses; nobody listens on those without one. */
const servers = {
  mx1: { address: '127.0.0.2', peer: new ScriptedPeer() },
  mx2: { address: '127.0.0.3', peer: new ScriptedPeer() },
  grey: { address: '127.0.0.4', peer: new ScriptedPeer({ script: [greylisting(greylistedFor)] }) },
  full: {
    address: '127.0.0.5',
    peer: new ScriptedPeer({ script: [{ at: 'rcpt', reply: reply(452, '4.2.2', 'The mailbox is full') }] }),
  },
  closed: {
    address: '127.0.0.6',
    peer: new ScriptedPeer({ script: [{ at: 'connect', reply: reply(554, '5.7.1', 'Not from you') }] }),
  },
  picky: {
    address: '127.0.0.7',
    peer: new ScriptedPeer({ script: [{ at: 'rcpt', reply: reply(550, '5.1.1', 'No such user') }] }),
  },
  later: { address: '127.0.0.8', peer: new ScriptedPeer() },
  dead: { address: '127.0.0.9', peer: null },
} as const;

const zone = `
$TTL 300
@ IN SOA ns hostmaster 1 7200 3600 604800 120
@ NS ns
ns A 127.0.0.1
${Object.entries(servers)
  .map(([name, { address }]) => `${name} A ${address}`)
  .join('\n')}
both A ${servers.dead.address}
both A ${servers.mx2.address}
us A 127.0.0.10
one MX 10 mx1
several MX 10 dead
several MX 20 mx2
several MX 30 mx1
busy MX 10 full
busy MX 20 mx1
rude MX 10 closed
rude MX 20 mx1
partly MX 10 nowhere
partly MX 20 mx1
alias CNAME one
elsewhere MX 10 cname
cname CNAME mx2
implicit A ${servers.mx1.address}
dual AAAA ::1
dual A ${servers.mx2.address}
addresses MX 10 both
null MX 0 .
lost MX 10 nowhere
textonly TXT "no mail here"
asleep MX 10 dead
starting MX 10 later
unknown MX 10 picky
strict MX 10 closed
waiting MX 10 grey
loop MX 10 us
loop MX 20 mx1
sender MX 10 mx2
crowd MX 10 mx1
${Array.from({ length: 99 }, (_, at) => `crowd MX 20 server-${at}.of-a-long-name.${'x'.repeat(40)}`).join('\n')}
`;

/** What becomes of a recipient in each domain at the first attempt. */
const table: readonly (readonly [why: string, domain: string, result: string])[] = [
  ['the only server', 'one.example', 'delivered to mx1.example'],
  ['the first of several is dead', 'several.example', 'delivered to mx2.example'],
  ['one address of the server is dead', 'addresses.example', 'delivered to both.example'],
  ['the first has no room now', 'busy.example', 'delivered to mx1.example'],
  ['the first turns everybody away', 'rude.example', 'delivered to mx1.example'],
  ["the first one's name does not exist", 'partly.example', 'delivered to mx1.example'],
  ['an alias of a domain', 'alias.example', 'delivered to mx1.example'],
  ['an alias of a server', 'elsewhere.example', 'delivered to cname.example'],
  ['no MX but an address', 'implicit.example', 'delivered to implicit.example'],
  ['nobody listens by IPv6 (RFC 8305)', 'dual.example', 'delivered to dual.example'],
  ['an address literal', `[${servers.mx2.address}]`, `delivered to [${servers.mx2.address}]`],
  ['a hundred servers, in an answer over TCP', 'crowd.example', 'delivered to mx1.example'],
  ['a null MX (RFC 7505 §3)', 'null.example', 'failed 5.1.10'],
  ['no such domain', 'nowhere.example', 'failed 5.1.2'],
  ['neither MX nor address', 'textonly.example', 'failed 5.1.2'],
  ['nobody of that name', 'unknown.example', 'failed 5.1.1'],
  ['no server that exists', 'lost.example', 'failed 5.4.4'],
  ['a server that turns everybody away', 'strict.example', 'failed 5.7.1'],
  ['mail that would come back to us', 'loop.example', 'failed 5.4.6'],
  ['nobody listens', 'asleep.example', 'deferred 4.4.1'],
  ['nobody listens yet', 'starting.example', 'deferred 4.4.1'],
  ['greylisting', 'waiting.example', 'deferred 4.7.1'],
  ['a name server that will not say', 'example.net', 'deferred 4.4.3'],
];

type Notice = OutcomeNotice<Delivered | Deferred | Failed>;

/** `delivered to mx1.example`, `failed 5.1.2`. */
function inShort({ outcome }: Notice): string {
  const { result, status, remote } = outcome;
  return result === 'delivered' ? `delivered to ${remote?.host}` : `${result} ${status}`;
}

function domainsWith(result: string): string[] {
  return table.flatMap(([, domain, found]) => (found.startsWith(result) ? [domain] : [])).sort();
}

/** A queue that sends to `port` of whatever server DNS names, and what becomes of recipients. */
class Sending implements AsyncDisposable {
  readonly queue: Queue;
  readonly spool = new MemorySpool();
  #notices: Notice[] = [];
  readonly #sender = new SmtpSender({ transport: new SmtpTransport() });

  constructor(nameServer: Nsd, port: number) {
    const note = (notice: Notice) => {
      this.#notices.push(notice);
      return undefined;
    };
    this.queue = new Queue({
      spool: this.spool,
      router: mxRoutes({
        sender: this.#sender,
        resolver: new WireResolver({ servers: [{ address: '127.0.0.1', port: nameServer.port }] }),
        hostname: 'us.example',
        port,
        allowAddress: () => true,
      }),
      hooks: { delivered: note, failed: note, delayed: note },
      notifier: notifier({ hostname: 'us.example' }),
    });
    void this.queue.start();
  }

  /** What became of recipients, by their domains, since it was asked last. */
  news(): Record<string, string> {
    const notices = this.#notices;
    this.#notices = [];
    return Object.fromEntries(notices.map((notice) => [notice.recipient.domain, inShort(notice)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.stop({ within: 1000 });
    await this.#sender.close();
    for (const { peer } of Object.values(servers)) await peer?.close();
  }
}

test(
  ...needing('nsd', 'a message to many domains, by MX records of all kinds', async (program) => {
    await using nameServer = await Nsd.start(program, { example: zone });
    const { mx1, mx2, later, dead: _, ...others } = servers;
    const port = await mx1.peer.listen(0, mx1.address);
    for (const { peer, address } of [mx2, ...Object.values(others)]) await peer.listen(port, address);
    await using sending = new Sending(nameServer, port);
    const { queue, spool } = sending;
    const recipients = table.map(([, domain]) => ({ path: `you@${domain}` }));
    const envelope = { from: 'me@sender.example', recipients };
    const content = Buffer.from('Subject: hello\r\n\r\nhello\r\n');
    const id = await queue.enqueue({ protocol: 'ESMTP', envelope }, content);
    await spool.waitForCount(1);
    await queue.idle();
    const expected = Object.fromEntries(table.map(([, domain, result]) => [domain, result]));
    assert.deepEqual(sending.news(), { ...expected, 'sender.example': 'delivered to mx2.example' });

    // Every recipient is with the server that took him, and with no other, and nowhere twice.
    const arrived = [mx1, mx2].flatMap(({ peer }) => peer.messages.filter(({ from }) => from !== ''));
    assert.deepEqual(
      arrived.flatMap((message) => message.recipients.map((recipient) => recipient.path)).sort(),
      domainsWith('delivered').map((domain) => `you@${domain}`),
    );

    // The sender is told of all that failed, in one notification.
    const [notification] = mx2.peer.messages.filter(({ from }) => from === '');
    const report = deliveryStatusOf(parseMessage(notification?.octets ?? content));
    assert.deepEqual(
      report?.recipients.map(({ finalRecipient, status }) => `${finalRecipient?.text} ${status}`).sort(),
      domainsWith('failed').map((domain) => `you@${domain} ${expected[domain]?.slice('failed '.length)}`),
    );

    // What was put off goes out as soon as somebody is there for it, or has waited long enough.
    await later.peer.listen(port, later.address);
    await sleep(greylistedFor);
    await queue.retry({ id });
    await queue.idle();
    assert.deepEqual(sending.news(), {
      'starting.example': 'delivered to later.example',
      'waiting.example': 'delivered to grey.example',
      'asleep.example': 'deferred 4.4.1',
      'example.net': 'deferred 4.4.3',
    });
  }),
);
