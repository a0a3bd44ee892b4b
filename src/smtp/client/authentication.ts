/**
 * AUTH (RFC 4954) with the best mechanism that both sides know.
 *
 *     auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel] CRLF
 */
import { decodeBase64 } from '../../bytes/index.ts';
import {
  type ClientCredentials,
  type ClientExchange,
  type ClientStep,
  chooseMechanism,
  type MechanismName,
  startClient,
} from '../../sasl/index.ts';
import type { Dialogue } from './dialogue.ts';
import { verdictOf } from './reply-reader.ts';
import type { ServerReply } from './transaction.ts';

/** RFC 4954 §4: a longer initial response has to wait for the server's empty challenge. */
const longestCommand = 512;

/** Authenticates if there are credentials; then the session is open. */
export function authenticate(dialogue: Dialogue): void {
  const { credentials } = dialogue.options;
  if (credentials === undefined) {
    dialogue.phase = 'open';
    return;
  }
  const { tls, options, server } = dialogue;
  const { mechanisms, allowCleartext = false, random } = options;
  const offered = (server.extensions.get('AUTH') ?? '').split(' ').filter((name) => name !== '');
  const allowed = offered.filter(
    (name) => mechanisms === undefined || mechanisms.includes(name.toUpperCase() as MechanismName),
  );
  // Whoever names CRAM-MD5 has chosen it; it is never chosen by itself.
  const surroundings = { tls, allowCleartext, allowCramMd5: mechanisms?.includes('CRAM-MD5') === true };
  const mechanism = chooseMechanism(allowed, credentials, surroundings);
  if (mechanism === null) {
    dialogue.fail('auth-missing', 'auth', 'the server offers no mechanism that the credentials fit');
  } else {
    const exchange = startClient(mechanism, credentials, { ...surroundings, random, offered });
    begin(dialogue, mechanism, credentials, exchange);
  }
}

function begin(
  dialogue: Dialogue,
  mechanism: MechanismName,
  credentials: ClientCredentials,
  exchange: ClientExchange,
): void {
  const { step } = exchange;
  if (step.type === 'failure') {
    dialogue.fail('auth-failed', 'auth', step.failure.detail);
    return;
  }
  const initial = step.type === 'response' ? step.response.reveal() : null;
  const command = `AUTH ${mechanism}`;
  // RFC 4954 §4: "=" is an initial response of no octets, which differs from none.
  const line = initial === null ? command : `${command} ${initial === '' ? '=' : initial}`;
  const fits = line.length + 2 <= longestCommand;
  dialogue.say(`${fits ? line : command}\r\n`);
  const unsent = fits ? null : initial;
  dialogue.expect('auth', (reply) => answer(dialogue, credentials, exchange, reply, unsent));
}

/** @param unsent the initial response, where it did not fit into the command */
function answer(
  dialogue: Dialogue,
  credentials: ClientCredentials,
  exchange: ClientExchange,
  reply: ServerReply,
  unsent: string | null,
): void {
  const verdict = verdictOf(reply);
  if (reply.code === 421) {
    dialogue.refused('auth', reply);
  } else if (verdict === 'no') {
    const { failure } = exchange.refused();
    dialogue.fail('auth-failed', 'auth', `the server refused the credentials: ${failure.detail}`, reply);
  } else if (verdict === 'yes') {
    const step = exchange.succeed(null);
    if (step.type === 'done') {
      dialogue.server.user = userOf(credentials);
      dialogue.phase = 'open';
    } else {
      dialogue.fail('auth-failed', 'auth', stepText(step), reply);
    }
  } else {
    const challenge = decodeBase64(reply.lines[0] ?? '');
    if (unsent === null && challenge === null) cancel(dialogue, 'the challenge is no base64');
    else respond(dialogue, credentials, exchange, unsent, challenge);
  }
}

function respond(
  dialogue: Dialogue,
  credentials: ClientCredentials,
  exchange: ClientExchange,
  unsent: string | null,
  challenge: Uint8Array | null,
): void {
  // The challenge before a response that was only put off says nothing.
  const step = unsent === null ? exchange.respond(challenge as Uint8Array) : exchange.step;
  if (step.type !== 'response') {
    cancel(dialogue, stepText(step));
    return;
  }
  dialogue.say(`${step.response.reveal()}\r\n`);
  dialogue.expect('auth', (reply) => answer(dialogue, credentials, exchange, reply, null));
}

/** RFC 4954 §4: the client gives up by `*`; whatever the server says to it, the session ends. */
function cancel(dialogue: Dialogue, why: string): void {
  dialogue.say('*\r\n');
  dialogue.expect('auth', () => dialogue.fail('auth-failed', 'auth', why));
}

function stepText(step: ClientStep): string {
  return step.type === 'failure' ? step.failure.detail : 'the exchange ended too early';
}

function userOf(credentials: ClientCredentials): string {
  switch (credentials.type) {
    case 'anonymous':
      return 'anonymous';
    case 'external':
      return credentials.authzid ?? '';
    default:
      return ('authzid' in credentials ? credentials.authzid : undefined) ?? credentials.user;
  }
}
