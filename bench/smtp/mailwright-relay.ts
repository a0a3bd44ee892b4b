/** Ours as a relay: received durably into a folder, and delivered to a port on loopback. */

import { Queue, relayRoute, SmtpSender } from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { SmtpServer, SmtpTransport } from 'mailwright/node';
import { receivedBy, spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const [sink = '', folder = ''] = process.argv.slice(2);
const hostname = 'mailwright.example.org';
const spool = await FileSpool.open(folder);

const sender = new SmtpSender({ transport: new SmtpTransport(), pool: { perTarget: 20 } });
const onward = relayRoute({
  sender,
  resolver: new ZoneResolver({}),
  hostname,
  servers: [{ host: '127.0.0.1', port: Number(sink) }],
  tls: 'none',
});
const queue = new Queue({ spool, router: onward });
await queue.start();

const server = new SmtpServer({
  ...mx,
  hostname,
  limits: { transactions: Number.POSITIVE_INFINITY },
  connections: { total: 20_000, perAddress: 20_000 },
  ...spoolTo(spool, { prepend: receivedBy(hostname) }),
});
await server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
process.send?.(server.port);
