import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret } from 'mailwright/machine';
import { type AnswerTo, mechanismNames, type Question, saslprep } from 'mailwright/sasl';
import { converse, credentialsFor, hostOf, serverOptions } from './conversation.ts';

const password = 'pencil';

/** Who the host of these tests says was there. */
const identityBy: Readonly<Record<string, string>> = { EXTERNAL: 'CN=tim', ANONYMOUS: 'anonymous sirhc' };

/** Challenges with an initial response, without one, and with data in the protocol's success reply. */
const challenges: Readonly<Record<string, readonly [number, number, number]>> = {
  EXTERNAL: [0, 1, 0],
  'SCRAM-SHA-256-PLUS': [2, 3, 1],
  'SCRAM-SHA-1-PLUS': [2, 3, 1],
  'SCRAM-SHA-256': [2, 3, 1],
  'SCRAM-SHA-1': [2, 3, 1],
  OAUTHBEARER: [0, 1, 0],
  XOAUTH2: [0, 1, 0],
  PLAIN: [0, 1, 0],
  LOGIN: [2, 2, 2],
  'CRAM-MD5': [1, 1, 1],
  ANONYMOUS: [0, 1, 0],
};

for (const mechanism of mechanismNames) {
  const conversation = {
    mechanism,
    credentials: credentialsFor(mechanism, 'tim', password),
    decide: hostOf('tim', password),
    // The -PLUS forms are offered to this client as well, so it may say "n" (RFC 5802 §6).
  };

  test(`${mechanism}: client and server agree, in as many turns as the protocol needs`, () => {
    const variants = [{}, { noInitial: true }, { server: { successData: true } }];
    const turns = variants.map((variant) => {
      const end = converse({ ...conversation, ...variant });
      assert.ok(end.server.type === 'success', `server: ${end.server.type}`);
      assert.deepEqual(end.server.identity, { user: identityBy[mechanism] ?? 'tim' });
      assert.deepEqual(end.client, { type: 'done' });
      return end.challenges;
    });
    // RFC 4422 §4 and §5: an absent initial response, and data with success, cost a turn each.
    assert.deepEqual(turns, challenges[mechanism]);
  });

  test(`${mechanism}: a refusal and a store that is down reach both sides`, () => {
    for (const [type, reason] of [
      ['refused', 'refused'],
      ['temporary', 'temporary'],
    ] as const) {
      const end = converse({ ...conversation, decide: () => ({ type }) });
      assert.ok(end.server.type === 'failure' && end.client.type === 'failure');
      assert.equal(end.server.failure.reason, reason);
      assert.equal(end.client.failure.reason, 'refused');
    }
  });

  test(`${mechanism}: a refused authorization identity has a reason of its own`, () => {
    const end = converse({ ...conversation, decide: () => ({ type: 'refused', reason: 'authorization' }) });
    assert.ok(end.server.type === 'failure');
    assert.equal(end.server.failure.reason, 'authorization');
  });
}

const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const byPassword = ['SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'PLAIN', 'LOGIN', 'CRAM-MD5'] as const;

test('any user with any password gets in with it, and with no other', () => {
  const preparable = anyText.map((text) => saslprep(text) ?? '').filter((text) => text !== '');
  fc.assert(
    fc.property(
      fc.constantFrom(...byPassword),
      preparable,
      preparable,
      preparable,
      (mechanism, user, right, tried) => {
        const end = converse({
          mechanism,
          credentials: credentialsFor(mechanism, user, tried),
          decide: hostOf(user, right),
        });
        assert.equal(end.server.type, right === tried ? 'success' : 'failure');
        assert.equal(end.client.type, right === tried ? 'done' : 'failure');
        const good = converse({
          mechanism,
          credentials: credentialsFor(mechanism, user, right),
          decide: hostOf(user, right),
        });
        assert.ok(good.server.type === 'success' && good.client.type === 'done');
        assert.equal(good.server.identity.user, user);
      },
    ),
    { numRuns: 200 },
  );
});

test('whatever text a client is given as name or password, nothing throws', () => {
  const lone = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(fc.constantFrom(...mechanismNames), lone, lone, (mechanism, user, secret) => {
      const end = converse({
        mechanism,
        credentials: credentialsFor(mechanism, user, secret),
        decide: hostOf('tim', password),
      });
      assert.ok(end.server.type === 'success' || end.server.type === 'failure');
    }),
    { numRuns: 500 },
  );
});

test('an authorization identity travels, commas and all (RFC 4616 §2, RFC 5802 §5.1)', () => {
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'] as const) {
    const { server, client } = converse({
      mechanism,
      credentials: { type: 'password', user: 'a,b=c', authzid: 'x=,y', password: new Secret(password) },
      decide: hostOf('a,b=c', password),
    });
    assert.deepEqual(server, { type: 'success', identity: { user: 'x=,y', actor: 'a,b=c' } }, mechanism);
    assert.deepEqual(client, { type: 'done' });
  }
});

test('SCRAM: nobody can tell an unknown user from a wrong password', () => {
  const messages = (user: string, secret: Uint8Array) =>
    converse({
      mechanism: 'SCRAM-SHA-256',
      credentials: credentialsFor('SCRAM-SHA-256', user, 'guess'),
      decide: hostOf('tim', password),
      server: { secret },
    }).steps.flatMap((step) => (step.type === 'challenge' ? [Buffer.from(step.data).toString()] : []));
  const first = serverOptions.secret;
  const shape = /^r=[^,]+,s=[A-Za-z0-9+/]{22}==,i=4096$/;
  assert.match(messages('tim', first)[0] ?? '', shape);
  assert.match(messages('nobody', first)[0] ?? '', shape);
  assert.equal(messages('tim', first).length, messages('nobody', first).length);
  assert.deepEqual(messages('nobody', first), messages('nobody', first), 'the decoy salt is lasting');
  assert.notDeepEqual(messages('nobody', first), messages('noone', first), 'each has another');
  assert.notDeepEqual(
    messages('nobody', first),
    messages('nobody', Buffer.alloc(32, 2)),
    'so has each server',
  );
});

test('SCRAM: somebody known who may not act as he wants gets his own salt, and no further', () => {
  const known = hostOf('tim', password);
  const talk = (secret: string) =>
    converse({
      mechanism: 'SCRAM-SHA-256',
      credentials: { type: 'password', user: 'tim', authzid: 'root', password: new Secret(secret) },
      decide: (question) => ({ ...known(question), identity: null }) as AnswerTo<Question>,
    });
  const right = talk(password).server;
  assert.ok(right.type === 'failure' && right.failure.reason === 'authorization');
  const wrong = talk('guess').server;
  assert.ok(wrong.type === 'failure' && wrong.failure.reason === 'refused');
});

test('SCRAM: keys that cannot be read are a fault of the store, not of the user', () => {
  const keys = {
    hash: 'SHA-1',
    salt: 'AAAA',
    iterations: 4096,
    storedKey: 'AAAA',
    serverKey: 'AAAA',
  } as const;
  const { server } = converse({
    mechanism: 'SCRAM-SHA-1',
    credentials: credentialsFor('SCRAM-SHA-1', 'tim', password),
    decide: () => ({ type: 'keys', keys, identity: { user: 'tim' } }),
  });
  assert.ok(server.type === 'failure' && server.failure.reason === 'temporary');
});
