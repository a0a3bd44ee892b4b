import { Buffer } from 'node:buffer';
import { decodeBase64 } from 'mailwright/bytes';
import { type Bytes, Secret, type TlsInfo } from 'mailwright/machine';
import {
  type AnswerTo,
  accepted,
  type ClientCredentials,
  type ClientOptions,
  type ClientStep,
  type MechanismName,
  mechanismNames,
  type Question,
  refused,
  type ServerOptions,
  type ServerStep,
  scramKeys,
  startClient,
  startServer,
} from 'mailwright/sasl';

/** TLS with both kinds of channel binding and a client certificate that the server trusts. */
export const tls: TlsInfo = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  clientCertificate: { authorized: true, subject: 'CN=tim', fingerprint256: 'AB:CD' },
  channelBindings: {
    'tls-exporter': Buffer.alloc(32, 7),
    'tls-server-end-point': Buffer.alloc(32, 8),
  },
};

/** Octets that are not random at all, so that a run can be repeated. */
export function counting(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, index) => index);
}

/** A server that has every mechanism switched on. */
export const serverOptions: ServerOptions = {
  mechanisms: mechanismNames,
  random: counting,
  secret: Buffer.alloc(32, 1),
  decoyIterations: 4096,
  tls,
  allowCramMd5: true,
};

/** A client to whom such a server offers everything. */
export const clientOptions: ClientOptions = {
  random: counting,
  offered: mechanismNames,
  tls,
  allowCramMd5: true,
};

/** A host that knows one user, by every kind of proof. */
export function hostOf(
  user: string,
  password: string,
  iterations = 4096,
): (question: Question) => AnswerTo<Question> {
  return (question) => {
    switch (question.type) {
      case 'verifyPassword':
        return question.authcid === user && question.password.reveal() === password
          ? accepted(question.authzid === null ? user : { user: question.authzid, actor: user })
          : refused;
      case 'scramKeys':
        if (question.authcid !== user) return refused;
        return {
          type: 'keys',
          keys: scramKeys(password, { hash: question.hash, salt: counting(16), iterations }),
          identity: question.authzid === null ? { user } : { user: question.authzid, actor: user },
        };
      case 'verifyToken':
        return question.token.reveal() === password ? accepted(user) : refused;
      case 'external':
        return accepted(question.authzid ?? 'CN=tim');
      case 'anonymous':
        return accepted(`anonymous ${question.trace}`);
      case 'cramPassword':
        return question.authcid === user
          ? { type: 'password', password: new Secret(password), identity: { user } }
          : refused;
    }
  };
}

/** Credentials that fit a mechanism. */
export function credentialsFor(mechanism: MechanismName, user: string, password: string): ClientCredentials {
  switch (mechanism) {
    case 'OAUTHBEARER':
    case 'XOAUTH2':
      return { type: 'token', user, token: new Secret(password) };
    case 'EXTERNAL':
      return { type: 'external' };
    case 'ANONYMOUS':
      return { type: 'anonymous', trace: 'sirhc' };
    default:
      return { type: 'password', user, password: new Secret(password) };
  }
}

export interface Conversation {
  readonly mechanism: MechanismName;
  readonly credentials: ClientCredentials;
  readonly decide: (question: Question) => AnswerTo<Question>;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  /** The protocol carries no initial response. */
  readonly noInitial?: boolean;
}

export interface ConversationEnd {
  readonly server: ServerStep;
  readonly client: ClientStep;
  /** How many challenges were sent. */
  readonly challenges: number;
  /** Every step and question on the way. */
  readonly steps: readonly (ServerStep | ClientStep)[];
}

/** Lets a client and a server of ours talk until both have come to an end. */
export function converse(conversation: Conversation): ConversationEnd {
  const { mechanism, credentials, decide } = conversation;
  const client = startClient(mechanism, credentials, { ...clientOptions, ...conversation.client });
  const steps: (ServerStep | ClientStep)[] = [client.step];
  if (client.step.type === 'failure') {
    return { server: client.step, client: client.step, challenges: 0, steps };
  }
  let unsent = client.step.type === 'response' ? client.step.response : null;
  const initial = unsent !== null && conversation.noInitial !== true ? octets(unsent) : null;
  if (initial !== null) unsent = null;
  const server = startServer(mechanism, initial, { ...serverOptions, ...conversation.server });
  for (let challenges = 0; ; ) {
    const { step } = server;
    steps.push(step);
    if (step.type === 'ask') {
      server.answer(step.question, decide(step.question));
    } else if (step.type === 'challenge') {
      challenges++;
      const next: ClientStep =
        unsent === null ? client.respond(step.data) : { type: 'response', response: unsent };
      unsent = null;
      steps.push(next);
      if (next.type === 'response') server.respond(octets(next.response));
      else server.cancel();
    } else {
      const last = step.type === 'success' ? client.succeed(step.data ?? null) : client.refused();
      steps.push(last);
      return { server: step, client: last, challenges, steps };
    }
  }
}

function octets(response: Secret): Bytes {
  const data = decodeBase64(response.reveal());
  if (data === null) throw new Error('the client wrote bad base64');
  return data;
}
