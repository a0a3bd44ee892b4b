/** Ours: `discard` throws content away, `spool DIR` makes it durable first. */
import { SmtpServer } from 'mailwright/node';
import { type SmtpHandlers, spoolTo } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const [mode = 'discard', folder = ''] = process.argv.slice(2);
const discard = { retains: false, write() {}, end: () => undefined, abort() {} };
const handlers: SmtpHandlers =
  mode === 'spool' ? spoolTo(await FileSpool.open(folder)) : { data: () => discard };

const server = new SmtpServer({
  ...mx,
  hostname: 'mailwright',
  limits: { transactions: Number.POSITIVE_INFINITY },
  connections: { total: 20_000, perAddress: 20_000 },
  ...handlers,
});
await server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
process.send?.(server.port);
