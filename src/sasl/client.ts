import { encodeBase64 } from '../bytes/index.ts';
import { type Bytes, MachineMisuse, Secret } from '../machine/index.ts';
import { anonymousClient } from './anonymous.ts';
import type {
  ClientCredentials,
  ClientExchange,
  ClientMove,
  ClientOptions,
  ClientScript,
  ClientStep,
} from './client-exchange.ts';
import { cramMd5Client } from './cram-md5.ts';
import { externalClient } from './external.ts';
import { type FailureStep, failure } from './failure.ts';
import { loginClient } from './login.ts';
import {
  defaultMaxLength,
  type MechanismName,
  mechanismNamed,
  mechanismNames,
  obstacle,
  type Surroundings,
} from './mechanism.ts';
import { oauthBearerClient } from './oauthbearer.ts';
import { plainClient } from './plain.ts';
import type { TokenStatus } from './question.ts';
import { scramClient } from './scram-client.ts';
import { xoauth2Client } from './xoauth2.ts';

/** The mechanisms that each kind of credentials can drive. */
type Mechanisms<C> = Partial<Record<MechanismName, (credentials: C, options: ClientOptions) => ClientScript>>;

const mechanisms: {
  readonly [T in ClientCredentials['type']]: Mechanisms<Extract<ClientCredentials, { type: T }>>;
} = {
  password: {
    'SCRAM-SHA-256-PLUS': scramClient('SCRAM-SHA-256-PLUS'),
    'SCRAM-SHA-1-PLUS': scramClient('SCRAM-SHA-1-PLUS'),
    'SCRAM-SHA-256': scramClient('SCRAM-SHA-256'),
    'SCRAM-SHA-1': scramClient('SCRAM-SHA-1'),
    PLAIN: plainClient,
    LOGIN: loginClient,
    'CRAM-MD5': cramMd5Client,
  },
  token: { OAUTHBEARER: oauthBearerClient, XOAUTH2: xoauth2Client },
  external: { EXTERNAL: externalClient },
  anonymous: { ANONYMOUS: anonymousClient },
};

/** The mechanisms that these credentials, and only those of their type, can drive. */
function driven(credentials: ClientCredentials): Mechanisms<ClientCredentials> {
  return mechanisms[credentials.type] as Mechanisms<ClientCredentials>;
}

/**
 * Why a client will not use a mechanism here. EXTERNAL needs TLS; whether the certificate is trusted
 * is for the server to say.
 */
function clientObstacle(mechanism: MechanismName, surroundings: Surroundings): ReturnType<typeof obstacle> {
  if (mechanism === 'EXTERNAL') return surroundings.tls ? null : 'encryption-required';
  return obstacle(mechanism, surroundings);
}

/**
 * The best mechanism that the server offers, the credentials can drive and the connection permits;
 * `null` where there is none. Names that are not known are passed over.
 *
 * @example
 * ```ts
 * import { Secret } from 'mailwright/machine';
 * import { chooseMechanism } from 'mailwright/sasl';
 *
 * const credentials = { type: 'password', user: 'tim', password: new Secret('tanstaaf') } as const;
 * chooseMechanism(['PLAIN', 'SCRAM-SHA-256'], credentials, {}); // 'SCRAM-SHA-256'
 * chooseMechanism(['PLAIN', 'LOGIN'], credentials, {}); // null: there is no TLS
 * ```
 */
export function chooseMechanism(
  offered: readonly string[],
  credentials: ClientCredentials,
  surroundings: Surroundings,
): MechanismName | null {
  const named = new Set(offered.map(mechanismNamed));
  const usable = (name: MechanismName): boolean =>
    named.has(name) && driven(credentials)[name] !== undefined && clientObstacle(name, surroundings) === null;
  return mechanismNames.find(usable) ?? null;
}

/**
 * Begins an authentication as a client.
 *
 * @param mechanism most often what {@link chooseMechanism} gave; where the connection does not
 *   permit it, the exchange fails before it sends anything
 * @throws MachineMisuse when credentials of this type cannot drive the mechanism
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { Secret } from 'mailwright/machine';
 * import { startClient } from 'mailwright/sasl';
 *
 * const exchange = startClient(
 *   'PLAIN',
 *   { type: 'password', user: 'tim', password: new Secret('tanstaaftanstaaf') },
 *   { offered: ['PLAIN'], random: randomBytes, allowCleartext: true },
 * );
 * exchange.step; // { type: 'response', response: [secret] }: reveal() is 'AHRpbQB0YW5zdGFhZnRhbnN0YWFm'
 * exchange.succeed(null); // { type: 'done' }
 * ```
 */
export function startClient(
  mechanism: MechanismName,
  credentials: ClientCredentials,
  options: ClientOptions,
): ClientExchange {
  const begin = driven(credentials)[mechanism];
  if (begin === undefined) throw new MachineMisuse(`${mechanism} takes no ${credentials.type} credentials`);
  const hindrance = clientObstacle(mechanism, options);
  return new Exchange(
    hindrance === null ? begin(credentials, options) : barred(hindrance),
    options.maxLength ?? defaultMaxLength,
  );
}

// biome-ignore lint/correctness/useYield: it fails before its first move
function* barred(hindrance: 'unsupported' | 'encryption-required'): ClientScript {
  return failure(hindrance, 'the connection does not permit this mechanism');
}

class Exchange implements ClientExchange {
  readonly #script: ClientScript;
  readonly #maxLength: number;
  #complete = false;
  #status: TokenStatus | undefined;
  #step: ClientStep;

  constructor(script: ClientScript, maxLength: number) {
    this.#script = script;
    this.#maxLength = maxLength;
    this.#step = this.#take(script.next());
  }

  get step(): ClientStep {
    return this.#step;
  }

  respond(challenge: Bytes): ClientStep {
    if (this.#step.type === 'response' || this.#step.type === 'wait') {
      this.#step =
        challenge.length > this.#maxLength
          ? failure('too-long', 'challenge')
          : this.#take(this.#script.next(challenge));
    }
    return this.#step;
  }

  succeed(data: Bytes | null): ClientStep {
    // Data with success are the last challenge, and the success stands for its empty reply (RFC 4422 §5).
    if (data !== null) this.respond(data);
    if (this.#step.type === 'response' || this.#step.type === 'wait') {
      const owing = data !== null && this.#step.type === 'response' && this.#step.response.reveal() !== '';
      this.#step =
        this.#complete && !owing
          ? { type: 'done' }
          : failure('untrusted', 'the server reports success before the exchange is complete');
    }
    return this.#step;
  }

  refused(): FailureStep {
    if (this.#step.type !== 'failure') {
      const refusal = failure('refused', 'the server refused').failure;
      this.#step = {
        type: 'failure',
        failure: this.#status === undefined ? refusal : { ...refusal, status: this.#status },
      };
    }
    return this.#step;
  }

  #take(result: IteratorResult<ClientMove, FailureStep>): ClientStep {
    if (result.done === true) return result.value;
    const { send, complete, status } = result.value;
    this.#complete = complete;
    this.#status = status;
    return send === null ? { type: 'wait' } : { type: 'response', response: new Secret(encodeBase64(send)) };
  }
}
