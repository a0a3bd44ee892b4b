/** A server with a file spool that takes very large messages; its parent tells the folder. */
import { SmtpServer } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const spool = await FileSpool.open(process.argv[2] ?? '');
const server = new SmtpServer({
  ...mx,
  hostname: 'mx.example.org',
  limits: { message: 2 * 1024 ** 3 },
  ...spoolTo(spool),
});
await server.listen({ port: 0, host: '127.0.0.1' });
process.send?.(server.port);
process.once('message', async () => {
  await server.close();
  await spool.close();
  process.disconnect();
});
