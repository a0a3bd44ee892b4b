/** The proxy on sockets: STARTTLS in front, checked TLS behind, and a token endpoint over HTTP. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { Target } from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import { SmtpServer, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { accepted, type MechanismName, refused } from 'mailwright/sasl';
import { mx, submission } from 'mailwright/smtp';
import { AccessTokens, memoryAccounts, Upstream } from 'mailwright/upstream';
import { memoryUsers } from 'mailwright/users';
import { account, contentOf } from './world.ts';

const host = 'smtp.provider.example';
const certificate = selfSignedCertificate({ names: [host] });

/** A provider that takes bearer tokens alone, and its token endpoint. */
async function provider(tls: 'implicit' | 'starttls', mechanism: MechanismName) {
  let issued = 0;
  const endpoint = createServer(async (request, response) => {
    let form = '';
    for await (const chunk of request) form += chunk;
    const isRight = new URLSearchParams(form).get('refresh_token') === 'refresh-token';
    issued += 1;
    const granted = { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 3600 };
    response.statusCode = isRight ? 200 : 400;
    response.end(JSON.stringify(isRight ? granted : { error: 'invalid_grant' }));
  }).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  after(() => endpoint.close().closeAllConnections());
  const received: string[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: host,
    tls: certificate,
    requireAuth: true,
    auth: { mechanisms: [mechanism] },
    credentials: {
      verifyToken: ({ token, authzid }) => (token.reveal() === 'token-1' ? accepted(authzid ?? '') : refused),
    },
    data: (_envelope, { session }) => {
      let text = '';
      return {
        write: (chunk) => {
          text += Buffer.from(chunk).toString('latin1');
        },
        end: () => {
          received.push(`${session.identity?.user} ${session.tls?.version} ${text.length}`);
          return undefined;
        },
        abort: () => {},
      };
    },
  });
  await server.listen({ port: 0, host: '127.0.0.1', tls });
  after(() => server.destroy());
  const { port } = endpoint.address() as AddressInfo;
  return { server, received, endpoint: `http://127.0.0.1:${port}/`, issued: () => issued };
}

for (const [tls, mechanism] of [
  ['implicit', 'XOAUTH2'],
  ['starttls', 'OAUTHBEARER'],
] as const) {
  test(`messages of many clients at once, to a provider with ${tls} TLS and ${mechanism}`, async () => {
    const { server, received, endpoint, issued } = await provider(tls, mechanism);
    const upstream = new Upstream({
      hostname: 'proxy.test',
      accounts: memoryAccounts([
        account({
          provider: { host, port: server.port, tls, addresses: ['127.0.0.1'] },
          grant: { endpoint, clientId: 'client', refreshToken: new Secret('refresh-token') },
          limits: { atOnce: 3 },
        }),
      ]),
      tokens: new AccessTokens(),
      transport: new SmtpTransport({ authorities: [certificate.cert] }),
      resolver: new ZoneResolver({}),
    });
    const front = new SmtpServer({
      ...submission,
      hostname: 'proxy.test',
      tls: selfSignedCertificate({ names: ['proxy.test'] }),
      credentials: memoryUsers({ crm: 'secret' }, { iterations: 4096 }),
      ...upstream.handlers,
    });
    await front.listen({ port: 0, host: '127.0.0.1' });
    after(() => front.destroy());

    const target: Target = {
      host: 'proxy.test',
      at: { addresses: ['127.0.0.1'], port: front.port },
      protocol: 'smtp',
      hostname: 'client.test',
      tls: { mode: 'required', certificate: { kind: 'any' } },
      credentials: { type: 'password', user: 'crm', password: new Secret('secret') },
    };
    const sizes = [100, 70_000, 300_000];
    const client = async (): Promise<void> => {
      const opened = await new SmtpTransport().open(target);
      assert.ok(opened.ok);
      for (const size of sizes) {
        const content = contentOf(`\r\n${'x'.repeat(78)}\r\n`.repeat(Math.ceil(size / 82)));
        const recipients = [{ path: 'b@example.net', parameters: {} }];
        const result = await opened.session.send(
          { from: 'tim@example.com', parameters: {}, recipients, size: content.size },
          content,
        );
        assert.equal(result.recipients[0]?.result, 'accepted');
      }
      await opened.session.quit();
    };
    await Promise.all(Array.from({ length: 8 }, client));

    assert.equal(received.length, 8 * sizes.length);
    assert.ok(received.every((each) => each.startsWith('sales@example.com TLSv1.3 ')));
    assert.equal(issued(), 1);
    await front.close();
    await upstream.close();
    const { verdicts, sessions, messages, octets, accounts } = upstream.statistics();
    assert.deepEqual(verdicts, { accepted: 24, deferred: 0, refused: 0, abandoned: 0 });
    assert.ok(sessions.opened <= 3);
    assert.deepEqual([messages.inUse, octets.inUse, accounts['sales']?.connections], [0, 0, 0]);
  });
}
