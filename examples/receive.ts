/**
 * Receives mail on this machine and keeps it in a durable spool; one line for each message.
 *
 *     npm run example examples/receive.ts [port [tls-port [folder]]]
 *
 * Listens on 127.0.0.1:2525, where STARTTLS is offered, and on 127.0.0.1:2465 with TLS from the start, with
 * a certificate made on the spot. Ctrl-C lets sessions finish what is in hand, and ends.
 */
import { channel } from 'node:diagnostics_channel';
import { formatPath } from 'mailwright/address';
import { SmtpServer, selfSignedCertificate } from 'mailwright/node';
import { type CommitTrace, spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const [port = '2525', tlsPort = '2465', folder = './spool'] = process.argv.slice(2);
const hostname = 'localhost';
const host = '127.0.0.1';

// Published for each message once it is durable, right before its 250 goes out.
channel('tracing:mailwright:reception.commit:asyncStart').subscribe((message) => {
  const { id, envelope, size, protocol, error } = message as CommitTrace;
  if (error !== undefined) return;
  const recipients = envelope.recipients.map(({ path }) => formatPath(path)).join(', ');
  console.log(`${id} ${formatPath(envelope.from)} -> ${recipients}, ${size} octets by ${protocol}`);
});

try {
  const spool = await FileSpool.open(folder, { onProblem: (problem) => console.warn(problem) });
  const server = new SmtpServer({
    ...mx,
    hostname,
    tls: selfSignedCertificate({ names: [hostname, host] }),
    ...spoolTo(spool),
    error: (error) => console.error(error),
  });
  await server.listen([
    { port: Number(port), host },
    { port: Number(tlsPort), host, tls: 'implicit' },
  ]);
  const ports = server.addresses.map((address) => (address.family === 'unix' ? '' : address.port));
  console.log(`listening on ${host}:${ports[0]}, and with TLS on ${host}:${ports[1]}; spooling to ${folder}`);

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log('finishing what is in hand');
      void server.close({ deadline: 10_000 });
    });
  }
  await server.closed;
  await spool.close();
  console.log('closed');
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    return `A port is taken (${error.message}). Stop what listens there, or give others: examples/receive.ts 2526 2466`;
  }
  if (error.code === 'SPOOL_LOCKED') {
    return `Another process spools to ${folder}. Stop it, or give another folder: examples/receive.ts 2525 2465 ./other`;
  }
  return error;
}
