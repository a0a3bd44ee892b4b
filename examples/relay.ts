/**
 * A whole relay on this machine: takes mail from strangers and from its users, keeps it in a durable queue, and
 * delivers it.
 *
 *     npm start [-- --live --domain example.org --port 2525 --submission 2587 --folder ./relay --password ...]
 *
 * - Strangers send to 127.0.0.1:2525, to addresses of the relay's own domain. What they send is checked (SPF,
 *   DKIM, DMARC, ARC) and stamped with the verdicts.
 * - Its user submits to 127.0.0.1:2587, after STARTTLS and AUTH, to any address. What is submitted is completed
 *   and signed with DKIM; the key is made at the first start.
 * - Without `--live` all mail goes to a sink in this process, which keeps it as files, and no name is ever
 *   looked up. With it, only mail to the own domain goes there, and all else to the servers that DNS names.
 *
 * Ctrl-C lets what is in hand come to its end. What is queued then is delivered after the next start.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { domainKey, formatMailbox } from 'mailwright/address';
import {
  type Delivered,
  type DeliveryHooks,
  domainRoutes,
  type Failed,
  firstOf,
  mxRoutes,
  notifier,
  type OutcomeNotice,
  Queue,
  relayRoute,
  SmtpSender,
} from 'mailwright/delivery';
import { dkimRecord, generateDkimKey } from 'mailwright/dkim';
import { CachingResolver, type Resolver, systemDns, WireResolver, ZoneResolver } from 'mailwright/dns';
import { SmtpServer, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { authenticated, submitted } from 'mailwright/policy';
import { receivedBy, type SmtpHandlers, spoolTo, tlsRequiredNo } from 'mailwright/reception';
import { SigningKey } from 'mailwright/signature';
import { mx, replies, submission } from 'mailwright/smtp';
import { FileSpool } from 'mailwright/spool';
import { memoryUsers } from 'mailwright/users';

const { values: options } = parseArgs({
  options: {
    live: { type: 'boolean', default: false },
    domain: { type: 'string', default: 'example.org' },
    port: { type: 'string', default: '2525' },
    submission: { type: 'string', default: '2587' },
    folder: { type: 'string', default: './relay' },
    password: { type: 'string', default: randomBytes(9).toString('base64url') },
  },
});
const { live, folder, password } = options;
// Domains are the same in whatever case they come (RFC 5321 §2.4).
const domain = domainKey(options.domain);
const host = '127.0.0.1';
const hostname = live ? `mail.${domain}` : 'localhost';
const user = `me@${domain}`;
const isUser = (address: string) => address.toLowerCase() === user;

/** Keeps each message as a file: what stands for the mailboxes that this relay does not have. */
function sinkServer(): SmtpServer {
  mkdirSync(join(folder, 'delivered'), { recursive: true });
  let count = 0;
  return new SmtpServer({
    ...mx,
    hostname: 'sink.localhost',
    data: () => {
      const chunks: Uint8Array[] = [];
      return {
        write: (chunk) => void chunks.push(Uint8Array.from(chunk)),
        end: () => {
          const file = join(folder, 'delivered', `${Date.now()}-${++count}.eml`);
          writeFileSync(file, Buffer.concat(chunks));
          console.log(`sink: ${file}`);
          return undefined;
        },
        abort: () => {},
      };
    },
  });
}

/** The key that signs the user's mail, kept for the next start. */
async function signingKey(): Promise<SigningKey> {
  const file = join(folder, 'dkim.pem');
  if (!existsSync(file)) writeFileSync(file, (await generateDkimKey('ed25519')).privateKey, { mode: 0o600 });
  const privateKey = readFileSync(file, 'utf8');
  if (live) console.log(`mail._domainkey.${domain} TXT "${dkimRecord(privateKey)}"`);
  return new SigningKey({ domain, selector: 'mail', privateKey });
}

const told = ({ context, recipient, outcome }: OutcomeNotice<Delivered | Failed>) => {
  console.log(`${context.id}: ${outcome.result} <${recipient.path}>: ${outcome.text}`);
  return undefined;
};
const hooks: DeliveryHooks = {
  delivered: told,
  failed: told,
  delayed: ({ context, recipient, outcome }) => {
    console.log(`${context.id}: delayed <${recipient.path}>: ${outcome.text}`);
    return undefined;
  },
};

try {
  const sink = sinkServer();
  const [sinkAddress] = await sink.listen({ port: 0, host });
  const sinkPort = sinkAddress?.family === 'ipv4' ? sinkAddress.port : 0;

  const resolver: Resolver = live ? new CachingResolver(new WireResolver(systemDns())) : new ZoneResolver({});
  const spool = await FileSpool.open(join(folder, 'spool'), {
    onProblem: (problem) => console.warn(problem),
  });

  const sender = new SmtpSender({ transport: new SmtpTransport() });
  const servers = [{ host, port: sinkPort }];
  const toSink = relayRoute({ sender, resolver, hostname, servers, tls: 'none', destination: 'sink' });
  const router = live
    ? firstOf(
        // RFC 5321 §4.5.1: Postmaster may come without a domain.
        domainRoutes({ [domain]: toSink, '': toSink }),
        mxRoutes({ sender, resolver, hostname, tlsOptional: tlsRequiredNo }),
      )
    : toSink;
  const queue = new Queue({ spool, router, hooks, notifier: notifier({ hostname }) });

  const tls = selfSignedCertificate({ names: [hostname, host] });
  const intoQueue = spoolTo(spool, { prepend: receivedBy(hostname) });
  const shared = { hostname, tls, error: (error: unknown) => console.error(error) };
  const strangers: SmtpHandlers = {
    rcpt: ({ to }) =>
      to === 'postmaster' || domainKey(to.domain) === domain ? undefined : replies.relayingDenied,
    ...authenticated(intoQueue, { resolver, authservId: hostname }),
  };
  const key = await signingKey();
  const users: SmtpHandlers = {
    credentials: memoryUsers({ [user]: password }),
    mail: ({ from }) => (from === null || isUser(formatMailbox(from)) ? undefined : replies.refused),
    ...submitted(intoQueue, {
      hostname,
      keys: (author) => (author === domain ? [key] : undefined),
      owns: (_, address) => isUser(address),
    }),
  };
  const reception = new SmtpServer({ ...mx, ...shared, ...strangers });
  const submissions = new SmtpServer({ ...submission, ...shared, ...users });
  await reception.listen({ port: Number(options.port), host });
  await submissions.listen({ port: Number(options.submission), host });
  // Not before: a start that fails cuts off nothing that is on its way.
  await queue.start();

  console.log(`mail to ${domain} is taken on ${host}:${reception.port}`);
  console.log(`mail of ${user}, password ${password}, is taken on ${host}:${submissions.port}`);
  console.log(live ? 'delivering to the world' : `delivering everything to ${join(folder, 'delivered')}`);
  const { messages } = await queue.statistics();
  if (messages > 0) console.log(`${messages} messages are queued from before`);

  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    console.log('finishing what is in hand');
    await Promise.all([reception.close({ deadline: 10_000 }), submissions.close({ deadline: 10_000 })]);
    await queue.stop();
    await sender.close();
    await sink.close();
    await spool.close();
    console.log('closed');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void close());
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
  // What listens already would keep the process alive.
  process.exit();
}

function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    return `A port is taken (${error.message}). Stop what listens there, or choose others: npm start -- --port 2526 --submission 2588`;
  }
  if (error.code === 'ERR_SOCKET_BAD_PORT') return `A port is a number below 65536: ${error.message}`;
  if (error.code === 'SPOOL_LOCKED') {
    return `Another process uses ${folder}. Stop it, or choose another folder: npm start -- --folder ./other`;
  }
  return error;
}
