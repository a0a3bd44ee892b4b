/** Access tokens in virtual time: when they are asked for, and what becomes of failures. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from 'mailwright/machine';
import { VirtualClock } from 'mailwright/testing';
import {
  AccessTokens,
  type AccessTokensOptions,
  type Account,
  type TokenFailure,
  type TokenGrant,
} from 'mailwright/upstream';
import { type Said, TokenEndpoint } from './token-endpoint.ts';

const minute = 60_000;

const grant: TokenGrant = {
  endpoint: 'https://login.example/token',
  clientId: 'the client',
  clientSecret: new Secret('client+secret'),
  refreshToken: new Secret('refresh-0'),
};

function account(more: Partial<TokenGrant> = {}): Account {
  const provider = { host: 'smtp.example', port: 587, tls: 'starttls' } as const;
  return { id: 'sales', users: ['crm'], provider, user: 'sales@example.com', grant: { ...grant, ...more } };
}

function setUp(says: (Said | null)[] = [{}], options: Partial<AccessTokensOptions> = {}) {
  const clock = new VirtualClock();
  const endpoint = new TokenEndpoint(says);
  const tokens = new AccessTokens({ fetch: endpoint.post, clock, random: () => 1, ...options });
  const pass = (ms: number) => clock.run({ until: clock.now() + ms });
  /** The token, or why there is none. */
  const ask = async (whose = account()) => {
    const got = tokens.get(whose);
    const settled = got instanceof Promise ? got : Promise.resolve(got);
    let result: Secret | TokenFailure | undefined;
    void settled.then((each) => {
      result = each;
    });
    await clock.run({ stop: () => result !== undefined });
    return result instanceof Secret ? result.reveal() : `${result?.why}: ${result?.text}`;
  };
  return { clock, endpoint, tokens, pass, ask };
}

suite('a token is', () => {
  const sales = account();

  test('asked for once, and then given without a Promise', async () => {
    const { tokens, endpoint, ask } = setUp();
    assert.equal(await ask(sales), 'token-1');
    assert.ok(tokens.get(sales) instanceof Secret);
    assert.equal(endpoint.asked.length, 1);
  });

  test('asked for by one request, however many want it', async () => {
    const { tokens, endpoint } = setUp();
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.get(sales)));
    assert.equal(new Set(all).size, 1);
    assert.equal(endpoint.asked.length, 1);
  });

  test('renewed in the background before it ends, and given meanwhile', async () => {
    const { tokens, endpoint, ask, pass } = setUp();
    await ask(sales);
    await pass(54 * minute);
    assert.equal(await ask(sales), 'token-1');
    assert.equal(endpoint.asked.length, 1);
    await pass(2 * minute);
    assert.equal((tokens.get(sales) as Secret).reveal(), 'token-1');
    await pass(0);
    assert.equal(await ask(sales), 'token-2');
    assert.equal(endpoint.asked.length, 2);
  });

  test('given until shortly before its end, where it cannot be renewed', async () => {
    const { ask, pass, endpoint } = setUp([{}, { status: 503, body: 'closed' }]);
    await ask(sales);
    await pass(59 * minute);
    assert.equal(await ask(sales), 'token-1');
    await pass(0.6 * minute);
    assert.equal(await ask(sales), 'status: HTTP status 503');
    assert.equal(endpoint.asked.length, 3);
  });

  test('not given again when the provider did not take it', async () => {
    const { tokens, ask } = setUp();
    await ask(sales);
    const first = tokens.get(sales) as Secret;
    tokens.drop(sales, first);
    assert.equal(await ask(sales), 'token-2');
    tokens.drop(sales, first);
    assert.equal(await ask(sales), 'token-2', 'the second is another');
  });

  test('not asked for again and again when the provider takes none', async () => {
    const { tokens, ask, pass, endpoint } = setUp();
    const dropped = async () => {
      const text = await ask(sales);
      const got = tokens.get(sales);
      if (got instanceof Secret) tokens.drop(sales, got);
      return text;
    };
    assert.deepEqual([await dropped(), await dropped()], ['token-1', 'token-2']);
    assert.equal(await dropped(), 'refused: the provider takes no token');
    await pass(1000);
    assert.equal(await dropped(), 'token-3');
    await pass(1000);
    assert.equal(await dropped(), 'refused: the provider takes no token', 'the pause has doubled');
    assert.equal(endpoint.asked.length, 3);
  });

  test('never seen in what is printed', async () => {
    const { tokens, ask } = setUp();
    await ask(sales);
    assert.doesNotMatch(inspect(tokens.get(sales)) + JSON.stringify(tokens.get(sales)), /token-1/);
  });
});

suite('the request', () => {
  const cases: readonly [string, Partial<TokenGrant>, Readonly<Record<string, string>>, string?][] = [
    [
      'refreshes with the secret in the form (RFC 6749 §6)',
      {},
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-0',
        client_id: 'the client',
        client_secret: 'client+secret',
      },
    ],
    [
      'refreshes with HTTP Basic, both parts encoded (RFC 6749 §2.3.1)',
      { authentication: 'basic', scope: 'mail.send offline' },
      { grant_type: 'refresh_token', refresh_token: 'refresh-0', scope: 'mail.send offline' },
      `Basic ${btoa('the+client:client%2Bsecret')}`,
    ],
  ];
  for (const [name, more, form, authorization] of cases) {
    test(name, async () => {
      const { endpoint, ask } = setUp();
      await ask(account(more));
      assert.deepEqual(endpoint.asked, [form]);
      assert.equal(endpoint.headers[0]?.['authorization'], authorization);
    });
  }

  test('asks with client credentials where there is no refresh token (RFC 6749 §4.4)', async () => {
    const { refreshToken: _, ...others } = grant;
    const { endpoint, ask } = setUp();
    await ask({ ...account(), grant: { ...others, scope: 'all' } });
    assert.deepEqual(endpoint.asked, [
      {
        grant_type: 'client_credentials',
        scope: 'all',
        client_id: 'the client',
        client_secret: 'client+secret',
      },
    ]);
  });

  test('is made with the newest refresh token, which the host is given to keep (RFC 6749 §6)', async () => {
    const saved: string[] = [];
    const errors: unknown[] = [];
    const body = { access_token: 'a', token_type: 'bearer', expires_in: 60, refresh_token: 'refresh-1' };
    const { endpoint, ask, pass } = setUp([{ body }], {
      save: async ({ id }, token) => {
        saved.push(`${id} ${token.reveal()}`);
        throw new Error('disk');
      },
      error: (error) => void errors.push(String(error)),
    });
    const sales = account();
    await ask(sales);
    await pass(minute);
    await ask(sales);
    assert.deepEqual(
      endpoint.asked.map((form) => form['refresh_token']),
      ['refresh-0', 'refresh-1'],
    );
    assert.deepEqual([saved, errors], [['sales refresh-1'], ['Error: disk']]);
  });
});

suite('a failure', () => {
  const oauth = (error: string, description?: string): Said => ({
    status: 400,
    body: { error, error_description: description },
  });
  const cases: readonly [string, Said | null, string, 'for now' | 'for good'][] = [
    [
      'the consent has ended',
      oauth('invalid_grant', 'revoked'),
      'invalid_grant: invalid_grant: revoked',
      'for good',
    ],
    [
      'the client is unknown',
      { ...oauth('invalid_client'), status: 401 },
      'invalid_client: invalid_client',
      'for good',
    ],
    ['no such scope', oauth('invalid_scope'), 'invalid_scope: invalid_scope', 'for good'],
    ['not this client', oauth('unauthorized_client'), 'unauthorized_client: unauthorized_client', 'for good'],
    ['an error of no RFC', oauth('slow_down'), 'status: slow_down', 'for now'],
    ['a server in trouble', { status: 500, body: 'oops' }, 'status: HTTP status 500', 'for now'],
    ['a redirect', { status: 302 }, 'status: HTTP status 302', 'for now'],
    [
      'no network',
      { error: new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }) },
      'network: fetch failed: ECONNREFUSED',
      'for now',
    ],
    ['no answer', null, 'timeout: no answer within 10000 ms', 'for now'],
    ['no JSON', { body: '<html>' }, 'malformed: not a bearer token', 'for now'],
    ['JSON that is no object', { body: '7' }, 'malformed: not a bearer token', 'for now'],
    [
      'another type',
      { body: { access_token: 'a', token_type: 'mac' } },
      'malformed: not a bearer token',
      'for now',
    ],
    [
      'a token that would end the line',
      { body: { access_token: 'a\r\nMAIL', token_type: 'bearer' } },
      'malformed: no access token, or characters that none may have',
      'for now',
    ],
    ['more than was asked for', { body: 'x'.repeat(70_000) }, 'malformed: more than 65536 octets', 'for now'],
    [
      'secrets come back',
      oauth('invalid_grant', 'token refresh-0 of client+secret\r\nis old'),
      'invalid_grant: invalid_grant: token [secret] of [secret]??is old',
      'for good',
    ],
    [
      'secrets come back as they were sent',
      oauth('invalid_request', 'client_secret=client%2Bsecret&refresh_token=refresh-0'),
      'invalid_request: invalid_request: client_secret=[secret]&refresh_token=[secret]',
      'for good',
    ],
  ];
  for (const [name, said, text, lasts] of cases) {
    test(`${name}: ${lasts}`, async () => {
      const { tokens, ask, pass, endpoint } = setUp([said, {}]);
      const sales = account();
      assert.equal(await ask(sales), text);
      assert.equal(tokens.state('sales')?.failure?.permanent, lasts === 'for good');
      // Nobody is asked for a moment.
      assert.equal(await ask(sales), text);
      assert.equal(endpoint.asked.length, 1);
      await pass(24 * 60 * minute);
      assert.equal(await ask(sales), lasts === 'for good' ? text : 'token-2');
    });
  }

  test('for good is over when the account has another grant', async () => {
    const { ask } = setUp([oauth('invalid_grant'), {}]);
    await ask(account());
    assert.equal(await ask(account({ refreshToken: new Secret('given anew') })), 'token-2');
  });

  test('for now pauses for longer each time, up to a bound, and for as long as the server says', async () => {
    const { endpoint, ask, clock } = setUp([{ status: 503 }]);
    const sales = account();
    const pauses: number[] = [];
    let last = clock.now();
    while (pauses.length < 9) {
      await ask(sales);
      if (endpoint.asked.length > pauses.length) {
        pauses.push((clock.now() - last) / 1000);
        last = clock.now();
      }
      if (pauses.length === 8) endpoint.says = [{ status: 429, headers: { 'retry-after': '600' } }];
      await clock.run({ until: clock.now() + 1000 });
    }
    assert.deepEqual(pauses, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
    await clock.run({ until: last + 599_000 });
    await ask(sales);
    assert.equal(endpoint.asked.length, 9);
    await clock.run({ until: last + 600_000 });
    await ask(sales);
    assert.equal(endpoint.asked.length, 10);
  });
});
