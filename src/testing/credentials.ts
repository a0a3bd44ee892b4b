/**
 * The suite that every credential store runs through: the contract of `mailwright/users`.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { decodeBase64 } from '../bytes/index.ts';
import { Secret } from '../machine/index.ts';
import { type Answer, type ScramHash, type ServerStep, startClient, startServer } from '../sasl/index.ts';
import { answerQuestion, type Credentials } from '../users/index.ts';
import type { SuiteCase } from './spool.ts';

/** A store under test, with one user whose password is known, and who may act for nobody else. */
export interface CredentialsUnderTest {
  readonly credentials: Credentials;
  readonly user: string;
  readonly password: string;
  /** A bearer token of the user, where the store knows tokens. */
  readonly token?: string;
}

/**
 * The cases that a credential store has to pass. Those of a function that it lacks are skipped.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { credentialsSuite } from 'mailwright/testing';
 * import { memoryUsers } from 'mailwright/users';
 *
 * const credentials = memoryUsers({ tim: 'tanstaaf' });
 * const cases = credentialsSuite({ credentials, user: 'tim', password: 'tanstaaf' });
 * for (const { name, skip, run } of cases) test(name, { skip }, run);
 * ```
 */
export function credentialsSuite(under: CredentialsUnderTest): SuiteCase[] {
  return Object.entries(cases).flatMap(([needed, group]) => {
    const skip =
      under.credentials[needed as keyof typeof cases] === undefined && `the store has no ${needed}`;
    return Object.entries(group).map(([name, act]) => ({ name, skip, run: () => act(under) }));
  });
}

type Cases = Readonly<Record<string, (under: CredentialsUnderTest) => Promise<void>>>;

/** Names that are nobody's, some of them a trap for a table that is a plain object. */
const strangers = ['nobody-of-this-name', '__proto__', 'constructor', 'a'.repeat(1000)];

const passwordCases: Cases = {
  'the right password is accepted': async (under) => {
    const answer = await tryPassword(under, under.user, under.password);
    assert.deepEqual(answer, { type: 'accepted', identity: { user: under.user } });
  },
  'another password is refused': async (under) => {
    for (const wrong of [`${under.password}x`, under.password.slice(1), under.user]) {
      assert.equal((await tryPassword(under, under.user, wrong)).type, 'refused');
    }
  },
  'an unknown user is refused': async (under) => {
    for (const name of strangers)
      assert.equal((await tryPassword(under, name, under.password)).type, 'refused');
  },
  'acting for oneself is allowed, for a stranger it is not': async (under) => {
    const { user, password } = under;
    assert.equal((await tryPassword(under, user, password, user)).type, 'accepted');
    for (const name of strangers)
      assert.equal((await tryPassword(under, user, password, name)).type, 'refused');
  },
  'many questions at once are each answered for themselves': async (under) => {
    const tries = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? under.password : 'wrong'));
    const answers = await Promise.all(tries.map((password) => tryPassword(under, under.user, password)));
    assert.deepEqual(
      answers.map(({ type }) => type),
      tries.map((password) => (password === under.password ? 'accepted' : 'refused')),
    );
  },
};

const scramCases: Cases = {
  'SCRAM with the right password succeeds, with another it fails': async (under) => {
    for (const hash of under.credentials.scramHashes ?? (['SHA-1', 'SHA-256'] as const)) {
      assert.equal((await login(under, hash, under.password)).type, 'success', hash);
      assert.equal((await login(under, hash, `${under.password}x`)).type, 'failure', hash);
    }
  },
  'keys are the same whomever the user wants to act as, and open no stranger': async ({
    credentials,
    user,
  }) => {
    const [hash = 'SHA-256'] = credentials.scramHashes ?? [];
    const find = (authzid: string | null) =>
      answerQuestion(credentials, { type: 'scramKeys', hash, authcid: user, authzid });
    const [own, foreign] = [await find(null), await find('nobody-of-this-name')];
    assert.ok(own.type === 'keys' && foreign.type === 'keys');
    assert.deepEqual(foreign.keys, own.keys);
    assert.deepEqual([own.identity, foreign.identity], [{ user }, null]);
  },
  'an unknown user has no keys': async ({ credentials }) => {
    for (const authcid of strangers) {
      const [hash = 'SHA-256'] = credentials.scramHashes ?? [];
      const answer = await answerQuestion(credentials, { type: 'scramKeys', hash, authcid, authzid: null });
      assert.equal(answer.type, 'refused');
    }
  },
};

const tokenCases: Cases = {
  'the token of the user is accepted, another is refused': async ({ credentials, user, token }) => {
    const ask = async (text: string, authzid: string | null): Promise<Answer> =>
      answerQuestion(credentials, {
        type: 'verifyToken',
        mechanism: 'OAUTHBEARER',
        token: new Secret(text),
        authzid,
        host: null,
        port: null,
      });
    for (const wrong of strangers) assert.equal((await ask(wrong, null)).type, 'refused');
    if (token === undefined) return;
    assert.deepEqual(await ask(token, null), { type: 'accepted', identity: { user } });
    assert.equal((await ask(token, 'somebody-else')).type, 'refused');
  },
};

const cases = { verifyPassword: passwordCases, scramKeys: scramCases, verifyToken: tokenCases };

async function tryPassword(
  { credentials }: CredentialsUnderTest,
  authcid: string,
  password: string,
  authzid: string | null = null,
): Promise<Answer> {
  const mechanism = 'PLAIN';
  const question = {
    type: 'verifyPassword',
    mechanism,
    authcid,
    authzid,
    password: new Secret(password),
  } as const;
  return answerQuestion(credentials, question);
}

/** A whole SCRAM exchange against the store. */
async function login(under: CredentialsUnderTest, hash: ScramHash, password: string): Promise<ServerStep> {
  const mechanism = `SCRAM-${hash}` as const;
  const secret = new Secret(password);
  const options = { mechanisms: [mechanism], random: randomBytes, secret: randomBytes(32) };
  const client = startClient(
    mechanism,
    { type: 'password', user: under.user, password: secret },
    { random: randomBytes, offered: [mechanism] },
  );
  const unsent = (): Uint8Array =>
    (client.step.type === 'response' && decodeBase64(client.step.response.reveal())) || Buffer.of();
  const server = startServer(mechanism, unsent(), options);
  for (;;) {
    const { step } = server;
    if (step.type === 'ask') {
      server.answer(step.question, await answerQuestion(under.credentials, step.question));
    } else if (step.type === 'challenge') {
      client.respond(step.data);
      server.respond(unsent());
    } else {
      return step;
    }
  }
}
