/**
 * A proxy for programs that can't do OAuth2: they submit mail with a name and a password, and it goes out, while
 * they wait, with an account at a provider that takes nothing but access tokens.
 *
 *     npm run example examples/oauth-proxy.ts [-- [--demo] [port [accounts.json]]]
 *
 * Listens on 127.0.0.1:2587, in clear and with STARTTLS. Without a file of accounts, a token endpoint and a
 * provider are started on this machine, and user `crm` with password `secret` may send. `--demo` sends three
 * messages and ends. Ctrl-C lets messages on their way arrive, and ends.
 *
 * The file holds users with their passwords, and accounts as `Account` has them, secrets as text:
 *
 *     { "users": { "crm": "secret" },
 *       "accounts": [{ "id": "sales", "users": ["crm"], "domains": ["example.com"], "user": "sales@example.com",
 *         "provider": { "host": "smtp.office365.com", "port": 587, "tls": "starttls" },
 *         "grant": { "endpoint": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
 *           "clientId": "...", "refreshToken": "...", "scope": "https://outlook.office.com/SMTP.Send" } }] }
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { formatPath } from 'mailwright/address';
import { CachingResolver, systemDns, WireResolver } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import { SmtpServer, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { accepted, refused } from 'mailwright/sasl';
import { mx, submission } from 'mailwright/smtp';
import { AccessTokens, type Account, memoryAccounts, type TokenGrant, Upstream } from 'mailwright/upstream';
import { memoryUsers } from 'mailwright/users';

const { values, positionals } = parseArgs({
  options: { demo: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [port = '2587', file] = positionals;
const host = '127.0.0.1';
const hostname = 'localhost';

/** What the file holds. */
interface Accounts {
  readonly users: Readonly<Record<string, string>>;
  readonly accounts: (Omit<Account, 'grant'> & {
    readonly grant: Omit<TokenGrant, 'clientSecret' | 'refreshToken'> & {
      clientSecret?: string;
      refreshToken?: string;
    };
  })[];
}

const stored = file === undefined ? await localAccounts() : await readAccounts(file);

const accounts = stored.accounts.map(
  ({ grant: { clientSecret, refreshToken, ...grant }, ...account }): Account => ({
    ...account,
    grant: {
      ...grant,
      ...(clientSecret !== undefined && { clientSecret: new Secret(clientSecret) }),
      ...(refreshToken !== undefined && { refreshToken: new Secret(refreshToken) }),
    },
  }),
);

let saved = Promise.resolve();

/** Providers give a new refresh token now and then, and forget the old one. */
function save({ id }: Account, refreshToken: Secret): Promise<void> {
  const account = stored.accounts.find((each) => each.id === id);
  if (account === undefined || file === undefined) return saved;
  account.grant.refreshToken = refreshToken.reveal();
  // One after the other: accounts often renew their tokens at the same time.
  const saving = saved.then(async () => {
    await writeFile(`${file}.new`, JSON.stringify(stored, null, 2), { mode: 0o600 });
    await rename(`${file}.new`, file);
  });
  saved = saving.catch(() => {});
  return saving;
}

const upstream = new Upstream({
  hostname,
  accounts: memoryAccounts(accounts),
  tokens: new AccessTokens({ save }),
  transport: new SmtpTransport(),
  resolver: new CachingResolver(new WireResolver(systemDns())),
});
const server = new SmtpServer({
  ...submission,
  hostname,
  tls: selfSignedCertificate({ names: [hostname, host] }),
  // Passwords in clear never leave this machine.
  requireTls: false,
  allowCleartext: true,
  credentials: memoryUsers(stored.users),
  ...upstream.handlers,
});
try {
  await server.listen({ port: Number(port), host });
} catch (error) {
  fail(`can't listen on ${host}:${port}; choose another port: examples/oauth-proxy.ts 2588`, error);
}
console.log(`listening on ${host}:${server.port} for ${accounts.length} account(s)`);

async function close(): Promise<void> {
  console.log('finishing what is on its way');
  await server.close({ deadline: 30_000 });
  await upstream.close();
  await saved;
  console.log(JSON.stringify(upstream.statistics().verdicts));
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void close().then(() => process.exit()));

if (values.demo) {
  await sendThree();
  await close();
  process.exit();
}

async function readAccounts(path: string): Promise<Accounts> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Accounts;
  } catch (error) {
    return fail(
      `can't read the accounts in ${path}; its form stands at the top of examples/oauth-proxy.ts`,
      error,
    );
  }
}

function fail(text: string, error: unknown): never {
  console.error(`${text} (${error instanceof Error ? error.message : error})`);
  process.exit(1);
}

/** A token endpoint and a provider on this machine, and an account with them. */
async function localAccounts(): Promise<Accounts> {
  const issued = new Set<string>();
  const endpoint = createServer((_, response) => {
    const token = randomUUID();
    issued.add(token);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }));
  }).listen(0, host);
  await once(endpoint, 'listening');
  const provider = new SmtpServer({
    ...mx,
    hostname: 'provider.example',
    requireAuth: true,
    allowCleartext: true,
    credentials: {
      verifyToken: ({ token, authzid }) => (issued.has(token.reveal()) ? accepted(authzid ?? '') : refused),
    },
    data: ({ from }, { session }) => ({
      write: () => {},
      end: ({ size }) => {
        console.log(`the provider took ${size} octets from ${formatPath(from)} as ${session.identity?.user}`);
        return undefined;
      },
      abort: () => {},
    }),
  });
  await provider.listen({ port: 0, host });
  const { port } = endpoint.address() as AddressInfo;
  return {
    users: { crm: 'secret' },
    accounts: [
      {
        id: 'sales',
        users: ['crm'],
        domains: ['example.com'],
        provider: { host: 'provider.example', port: provider.port, tls: 'none', addresses: [host] },
        user: 'sales@example.com',
        grant: { endpoint: `http://${host}:${port}/`, clientId: 'proxy', refreshToken: 'refresh' },
      },
    ],
  };
}

/** Three messages: two from the account's domain, and one that is not its user's to send. */
async function sendThree(): Promise<void> {
  const opened = await new SmtpTransport().open({
    host: hostname,
    at: { addresses: [host], port: server.port },
    protocol: 'smtp',
    hostname,
    tls: { mode: 'opportunistic' },
    credentials: { type: 'password', user: 'crm', password: new Secret('secret') },
  });
  if (!opened.ok) throw new Error(opened.failure.text);
  for (const from of ['ann@example.com', 'bob@example.com', 'eve@example.org']) {
    const octets = Buffer.from(`From: ${from}\r\nSubject: hello\r\n\r\nSent with OAuth2.\r\n`);
    const { recipients } = await opened.session.send(
      {
        from,
        parameters: {},
        recipients: [{ path: 'you@example.net', parameters: {} }],
        size: octets.length,
      },
      {
        size: octets.length,
        open: async function* () {
          yield octets;
        },
      },
    );
    const [result] = recipients;
    const reply = result !== undefined && 'reply' in result ? result.reply : undefined;
    console.log(`<${from}>: ${reply?.code} ${reply?.lines.join(' ')}`);
  }
  await opened.session.quit();
}
