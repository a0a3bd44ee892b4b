/**
 * A relay that runs until it is killed: it receives into a file spool, and delivers from there to one server.
 *
 * Arguments: the spool's directory, and the server's port on loopback. It prints its own port.
 */
import { Queue, relayRoute, SmtpSender } from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { SmtpServer, SmtpTransport } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const [, , directory = '', onward = ''] = process.argv;
const hostname = 'relay.example';
const spool = await FileSpool.open(directory, { segmentSize: 1_048_576 });
const routes = ['one', 'two'].map((destination) =>
  relayRoute({
    sender: new SmtpSender({ transport: new SmtpTransport(), pool: { perTarget: 5 } }),
    resolver: new ZoneResolver({}),
    hostname,
    servers: [{ host: '127.0.0.1', port: Number(onward) }],
    tls: 'none',
    destination,
  }),
);
const queue = new Queue({ spool, router: ({ domain }) => routes[domain === 'one.example' ? 0 : 1] });
await queue.start();
const server = new SmtpServer({ ...mx, hostname, ...spoolTo(spool) });
await server.listen({ port: 0, host: '127.0.0.1' });
console.log(server.port);
