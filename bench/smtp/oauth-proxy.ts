/** Ours as an OAuth2 proxy; answers any message with its statistics. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ZoneResolver } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import { SmtpServer, SmtpTransport } from 'mailwright/node';
import { accepted, refused } from 'mailwright/sasl';
import { submission } from 'mailwright/smtp';
import { AccessTokens, type Account, memoryAccounts, Upstream } from 'mailwright/upstream';

const [endpoint = '', provider = '', count = '', atOnce = ''] = process.argv.slice(2);
const hostname = 'proxy.example.org';

const accounts = Array.from(
  { length: Number(count) },
  (_, number): Account => ({
    id: `account-${number}`,
    users: [`user-${number}`],
    addresses: [`a${number}@example.org`],
    provider: { host: 'provider.example', port: Number(provider), tls: 'none', addresses: ['127.0.0.1'] },
    user: `account-${number}@provider.example`,
    grant: { endpoint, clientId: `account-${number}`, refreshToken: new Secret('refresh') },
    limits: { atOnce: Number(atOnce) },
  }),
);
const upstream = new Upstream({
  hostname,
  accounts: memoryAccounts(accounts),
  tokens: new AccessTokens(),
  transport: new SmtpTransport(),
  resolver: new ZoneResolver({}),
});

/** A thousand logins by Argon2 would be most of what is measured. */
const digest = (text: string) => createHash('sha256').update(text).digest();
const password = digest('password');

const server = new SmtpServer({
  ...submission,
  hostname,
  requireTls: false,
  allowCleartext: true,
  auth: { mechanisms: ['PLAIN'] },
  limits: { transactions: Number.POSITIVE_INFINITY },
  connections: { perAddress: 20_000 },
  credentials: {
    verifyPassword: ({ authcid, password: given }) =>
      timingSafeEqual(digest(given.reveal()), password) ? accepted(authcid) : refused,
  },
  ...upstream.handlers,
});
await server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
process.send?.(server.port);
process.on('message', () => process.send?.(upstream.statistics()));
