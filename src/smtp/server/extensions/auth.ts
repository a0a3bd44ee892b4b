/**
 * AUTH (RFC 4954): SASL over SMTP.
 *
 *     auth-command     = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel] CRLF
 *     initial-response = base64 / "="
 *     cancel           = "*"
 */
import { randomBytes } from 'node:crypto';
import { parseMailbox } from '../../../address/index.ts';
import { decodeBase64, encodeBase64 } from '../../../bytes/index.ts';
import type { Bytes, VerdictFor } from '../../../machine/index.ts';
import {
  type FailureReason,
  type MechanismName,
  offeredMechanisms,
  type Question,
  type SaslFailure,
  type ServerExchange,
  startServer,
} from '../../../sasl/index.ts';
import { type Reply, reply } from '../../reply.ts';
import { decodeXtext } from '../../xtext.ts';
import type { Conversation } from '../conversation.ts';
import { badParameter, type Command, type Extension } from '../extension.ts';

/** How a server authenticates its clients. */
export interface AuthOptions {
  /** The mechanisms that are switched on; each is offered only where it may be used. */
  readonly mechanisms: readonly MechanismName[];
  /**
   * 16 octets or more, the same in all processes and from day to day: SCRAM's decoy salts for unknown
   * users come from it. Default random, which is right for a single process that seldom restarts.
   */
  readonly secret?: Bytes;
  /** Source of nonces. Default `randomBytes` of `node:crypto`; a fixed one makes tests repeatable. */
  readonly random?: (size: number) => Bytes;
  /** Passwords and tokens without TLS (RFC 4954 §4). Default `false`; for loopback and Unix sockets. */
  readonly allowCleartext?: boolean;
  /** CRAM-MD5, which obliges the host to keep clear passwords. Default `false`. */
  readonly allowCramMd5?: boolean;
}

/** RFC 4954 §6: the reply to each way of failing. */
const failures: Readonly<Record<FailureReason, Reply>> = {
  unsupported: reply(504, '5.5.4', 'Mechanism not supported'),
  'encryption-required': reply(538, '5.7.11', 'Encryption required for that mechanism'),
  malformed: reply(501, '5.5.2', 'Malformed authentication data'),
  'too-long': reply(500, '5.5.6', 'Authentication exchange line is too long'),
  cancelled: reply(501, '5.7.0', 'Authentication cancelled'),
  refused: reply(535, '5.7.8', 'Authentication credentials invalid'),
  authorization: reply(535, '5.7.8', 'Authorization refused'),
  'channel-binding': reply(535, '5.7.8', 'Channel binding failed'),
  temporary: reply(454, '4.7.0', 'Temporary authentication failure'),
  untrusted: reply(535, '5.7.8', 'Authentication failed'),
};

/** RFC 4954 §4: an initial response where there is none. */
const serverBegins = reply(501, '5.7.0', 'That mechanism takes no initial response');
const succeeded = reply(235, '2.7.0', 'Authentication succeeded');
const already = reply(503, '5.5.1', 'Already authenticated');
const noMechanism = reply(501, '5.5.4', 'Syntax: AUTH mechanism [initial-response]');

/** Offers AUTH, and `AUTH=` on MAIL (RFC 4954 §5). */
export function auth(options: AuthOptions): Extension {
  const { random = randomBytes } = options;
  let secret = options.secret;
  const exchangeOptions = (conversation: Conversation) => {
    secret ??= random(32);
    const { hostname } = conversation.setup.options;
    return { ...options, random, secret, hostname, tls: conversation.session.tls };
  };
  const command: Command = {
    verb: 'AUTH',
    phases: ['ready'],
    productive: true,
    run(conversation, argument) {
      const [mechanism = '', initial = null, ...rest] = argument.split(' ');
      if (conversation.session.identity !== null) {
        conversation.fault('sequence', already);
      } else if (mechanism === '' || rest.length > 0) {
        conversation.fault('syntax', noMechanism);
      } else {
        // RFC 4954 §4: "=" is an initial response of no octets, which differs from none.
        const response =
          initial === null || initial === '=' ? initial && new Uint8Array() : decodeBase64(initial);
        if (initial !== null && response === null) conversation.fault('syntax', failures.malformed);
        else begin(conversation, startServer(mechanism, response, exchangeOptions(conversation)), response);
      }
    },
  };
  return {
    keyword: 'AUTH',
    lineGrowth: 500,
    advertise({ session, setup }) {
      // RFC 4954 §4: it can be used once a session; and where TLS must come first, not before that.
      const tooEarly = setup.options.requireTls === true && session.tls === null;
      if (session.identity !== null || tooEarly) return null;
      const offered = offeredMechanisms({ ...options, tls: session.tls });
      return offered.length === 0 ? null : offered.join(' ');
    },
    commands: [command],
    mail: { AUTH: readSubmitter },
  };
}

function begin(conversation: Conversation, exchange: ServerExchange, initial: Bytes | null): void {
  const { mechanism, step: first } = exchange;
  const malformed = first.type === 'failure' && first.failure.reason === 'malformed';
  // Of our mechanisms this one insists that the server begins.
  if (malformed && mechanism === 'CRAM-MD5' && initial !== null) {
    fail(conversation, mechanism, first.failure, serverBegins);
  } else {
    step(conversation, exchange);
  }
}

/** Does what the exchange wants next. */
function step(conversation: Conversation, exchange: ServerExchange): void {
  const now = exchange.step;
  switch (now.type) {
    case 'challenge':
      conversation.phase = 'authenticating';
      conversation.takeLine = (line) => takeResponse(conversation, exchange, line);
      conversation.say(`334 ${encodeBase64(now.data)}\r\n`);
      break;
    case 'ask':
      conversation.phase = 'authenticating';
      askHost(conversation, exchange, now.question);
      break;
    case 'success':
      finish(conversation);
      conversation.session.identity = now.identity;
      conversation.emit({ type: 'authenticated', identity: now.identity, mechanism: exchange.mechanism });
      conversation.reply(succeeded);
      break;
    case 'failure':
      finish(conversation);
      fail(conversation, exchange.mechanism, now.failure);
  }
}

function askHost<Q extends Question>(
  conversation: Conversation,
  exchange: ServerExchange,
  question: Q,
): void {
  conversation.ask(question, { type: 'temporary' }, (answer) => {
    exchange.answer(question, answer as VerdictFor<Q>);
    step(conversation, exchange);
  });
}

function takeResponse(conversation: Conversation, exchange: ServerExchange, line: string | null): void {
  const response = line === null || line === '*' ? null : decodeBase64(line);
  if (response !== null) {
    exchange.respond(response);
  } else if (line !== '*') {
    finish(conversation);
    const reason = line === null ? 'too-long' : 'malformed';
    fail(conversation, exchange.mechanism, { reason, detail: 'not base64, or too long a line' });
    return;
  } else {
    exchange.cancel();
  }
  step(conversation, exchange);
}

function finish(conversation: Conversation): void {
  conversation.takeLine = null;
  conversation.phase = 'ready';
}

function fail(
  conversation: Conversation,
  mechanism: string,
  failure: SaslFailure,
  answer = failures[failure.reason],
): void {
  conversation.emit({ type: 'authenticationFailed', mechanism, failure });
  if (failure.reason === 'temporary') conversation.reply(answer);
  else conversation.fault('authentication', answer);
}

/**
 * `AUTH=<>` or `AUTH=xtext-mailbox`; believed only from clients that authenticated (RFC 4954 §5). curl
 * puts the mailbox in angle brackets, which is forgiven: they can't be part of one.
 */
const readSubmitter: NonNullable<Extension['mail']>[string] = (value, into, { session }) => {
  const mailbox = value === null ? null : (decodeXtext(value)?.replace(/^<(.+)>$/, '$1') ?? null);
  if (mailbox === null || (mailbox !== '<>' && !parseMailbox(mailbox).ok)) return badParameter('AUTH');
  into.auth = mailbox === '<>' || session.identity === null ? null : mailbox;
  return null;
};
