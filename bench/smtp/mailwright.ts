/** Ours: `discard` throws content away, `spool DIR` makes it durable first. */
import { createServer } from 'node:net';
import { serveSmtp } from 'mailwright/node';
import { type SmtpHandlers, spoolTo } from 'mailwright/reception';
import { mx, SmtpServerMachine } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';

const [mode = 'discard', folder = ''] = process.argv.slice(2);
const options = { ...mx, hostname: 'mailwright', limits: { transactions: Number.POSITIVE_INFINITY } };
const discard = { write() {}, end: () => undefined, abort() {} };
const handlers: SmtpHandlers =
  mode === 'spool' ? spoolTo(await FileSpool.open(folder)) : { data: () => discard };

const local = { family: 'ipv4', address: '127.0.0.1', port: 25 } as const;
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  serveSmtp(socket, new SmtpServerMachine(options, { id: '', remote: local, local }), handlers);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
