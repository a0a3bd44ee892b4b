/** A host's script with workers, as `workers.test.ts` starts it; it tells by IPC, or by its output in a worker. */
import { SmtpServer, selfSignedCertificate, workerNumber } from 'mailwright/node';
import { mx, reply } from 'mailwright/smtp';

const port = Number(process.argv[2] ?? 0);
const server = new SmtpServer({
  ...mx,
  hostname: 'mx.test',
  banner: `worker ${workerNumber()} process ${process.pid}`,
  workers: 2,
  tls: selfSignedCertificate({ names: ['mx.test'] }),
  vrfy: () => {
    if (workerNumber() > 0) process.exit(3);
    return reply(252, '2.1.5', 'no');
  },
  error: (error) => process.send?.({ error: String(error) }),
});

process.on('message', async (word) => {
  if (workerNumber() > 0) return;
  if (word === 'close') await server.close({ deadline: 2000 });
  if (word === 'destroy') await server.destroy();
  process.disconnect();
});

void server.closed.then(() => console.log(`closed ${workerNumber()}`));
try {
  const [, implicit] = await server.listen([
    { port, host: '127.0.0.1' },
    { port: 0, host: '127.0.0.1', tls: 'implicit' },
  ]);
  if (workerNumber() === 0) process.send?.({ port: server.port, implicit });
} catch (error) {
  if (workerNumber() === 0) {
    process.send?.({ failure: String(error), code: Object(error).code });
    process.disconnect();
  }
}
