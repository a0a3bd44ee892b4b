import { type Bytes, MachineMisuse, type VerdictFor } from '../machine/index.ts';
import { anonymousServer } from './anonymous.ts';
import { cramMd5Server } from './cram-md5.ts';
import { externalServer } from './external.ts';
import { failure } from './failure.ts';
import { loginServer } from './login.ts';
import {
  defaultMaxLength,
  type MechanismName,
  mechanismNamed,
  mechanismNames,
  obstacle,
} from './mechanism.ts';
import { oauthBearerServer } from './oauthbearer.ts';
import { plainServer } from './plain.ts';
import type { Answer, Question } from './question.ts';
import { scramServer } from './scram-server.ts';
import type { ServerExchange, ServerOptions, ServerScript, ServerStep } from './server-exchange.ts';
import { xoauth2Server } from './xoauth2.ts';

/** `initial` is `null` where the client sent no initial response, which differs from an empty one. */
type ServerMechanism = (initial: Bytes | null, options: ServerOptions) => ServerScript;

const mechanisms: Readonly<Record<MechanismName, ServerMechanism>> = {
  EXTERNAL: externalServer,
  'SCRAM-SHA-256-PLUS': scramServer('SCRAM-SHA-256-PLUS'),
  'SCRAM-SHA-1-PLUS': scramServer('SCRAM-SHA-1-PLUS'),
  'SCRAM-SHA-256': scramServer('SCRAM-SHA-256'),
  'SCRAM-SHA-1': scramServer('SCRAM-SHA-1'),
  OAUTHBEARER: oauthBearerServer,
  XOAUTH2: xoauth2Server,
  PLAIN: plainServer,
  LOGIN: loginServer,
  'CRAM-MD5': cramMd5Server,
  ANONYMOUS: anonymousServer,
};

/** The answer that brings each question forward, beside `refused` and `temporary`. */
const favourable: Readonly<Record<Question['type'], Answer['type']>> = {
  verifyPassword: 'accepted',
  scramKeys: 'keys',
  verifyToken: 'accepted',
  external: 'accepted',
  anonymous: 'accepted',
  cramPassword: 'password',
};

/**
 * The mechanisms to advertise on a connection as it is now, the most preferred first.
 *
 * Those that need TLS, a channel binding or a client certificate are left out where it is missing.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { offeredMechanisms } from 'mailwright/sasl';
 *
 * const options = { mechanisms: ['PLAIN', 'SCRAM-SHA-256'], random: randomBytes, secret: randomBytes(32) } as const;
 * offeredMechanisms(options); // ['SCRAM-SHA-256']: PLAIN waits for TLS
 * ```
 */
export function offeredMechanisms(
  options: Pick<ServerOptions, 'mechanisms' | 'tls' | 'allowCleartext' | 'allowCramMd5'>,
): MechanismName[] {
  return mechanismNames.filter(
    (name) => options.mechanisms.includes(name) && obstacle(name, options) === null,
  );
}

/**
 * Begins an authentication.
 *
 * @param mechanism the name as the client sent it; one that is not to be had fails as `unsupported`
 *   or `encryption-required`
 * @param initial the initial response, decoded; `null` where there was none, which is not the same
 *   as an empty one (RFC 4422 §4, RFC 4954 §4)
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { accepted, refused, startServer } from 'mailwright/sasl';
 *
 * const exchange = startServer('PLAIN', Buffer.from('\0tim\0tanstaaftanstaaf'), {
 *   mechanisms: ['PLAIN'],
 *   random: randomBytes,
 *   secret: randomBytes(32),
 *   allowCleartext: true,
 * });
 * if (exchange.step.type === 'ask' && exchange.step.question.type === 'verifyPassword') {
 *   const { question } = exchange.step;
 *   const right = question.password.reveal() === 'tanstaaftanstaaf';
 *   exchange.answer(question, right ? accepted(question.authcid) : refused);
 * }
 * exchange.step; // { type: 'success', identity: { user: 'tim' } }
 * ```
 */
export function startServer(
  mechanism: string,
  initial: Bytes | null,
  options: ServerOptions,
): ServerExchange {
  return new Exchange(mechanism, initial, options);
}

class Exchange implements ServerExchange {
  readonly mechanism: string;
  readonly #script: ServerScript;
  readonly #maxLength: number;
  #step: ServerStep;

  constructor(named: string, initial: Bytes | null, options: ServerOptions) {
    const mechanism = mechanismNamed(named);
    this.mechanism = mechanism ?? named;
    this.#maxLength = options.maxLength ?? defaultMaxLength;
    this.#script = script(mechanism, initial, options);
    this.#step =
      initial !== null && initial.length > this.#maxLength
        ? failure('too-long', 'initial response')
        : this.#script.next().value;
  }

  get step(): ServerStep {
    return this.#step;
  }

  respond(response: Bytes): ServerStep {
    if (this.#step.type !== 'challenge') throw new MachineMisuse('no challenge is open');
    if (response.length > this.#maxLength) {
      this.#step = failure('too-long', 'response');
      return this.#step;
    }
    return this.#advance(response);
  }

  answer<Q extends Question>(question: Q, answer: VerdictFor<Q>): ServerStep {
    if (this.#step.type !== 'ask' || this.#step.question !== question) {
      throw new MachineMisuse('that question is not open');
    }
    const { type } = answer as Answer;
    if (type !== 'refused' && type !== 'temporary' && type !== favourable[question.type]) {
      throw new MachineMisuse(`${question.type} cannot be answered with ${type}`);
    }
    return this.#advance(answer as Answer);
  }

  cancel(): ServerStep {
    if (this.#step.type === 'challenge' || this.#step.type === 'ask') {
      this.#step = failure('cancelled', 'by the client');
    }
    return this.#step;
  }

  #advance(input: Bytes | Answer): ServerStep {
    this.#step = this.#script.next(input).value;
    return this.#step;
  }
}

/** The mechanism, once it is sure that it may be used, with its last message where protocols want it. */
function* script(
  mechanism: MechanismName | null,
  initial: Bytes | null,
  options: ServerOptions,
): ServerScript {
  if (mechanism === null || !options.mechanisms.includes(mechanism)) {
    return failure('unsupported', 'mechanism is not switched on');
  }
  const hindrance = obstacle(mechanism, options);
  if (hindrance !== null) return failure(hindrance, 'mechanism needs another connection or option');
  const outcome = yield* mechanisms[mechanism](initial, options);
  if (outcome.type === 'failure' || outcome.data === undefined || options.successData === true)
    return outcome;
  const reply = (yield { type: 'challenge', data: outcome.data }) as Bytes;
  if (reply.length > 0) return failure('malformed', 'reply to the last message is not empty');
  return { type: 'success', identity: outcome.identity };
}
