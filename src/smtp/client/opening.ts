/** How a session opens: greeting, EHLO, STARTTLS, EHLO again, AUTH (RFC 5321 §3.1, RFC 3207 §4). */
import { authenticate } from './authentication.ts';
import { readExtensions } from './capabilities.ts';
import type { Dialogue } from './dialogue.ts';
import { verdictOf } from './reply-reader.ts';
import type { ServerReply } from './transaction.ts';

/** Awaits the greeting, and all that follows from it. */
export function awaitGreeting(dialogue: Dialogue): void {
  dialogue.expect('greeting', (reply) => {
    if (verdictOf(reply) !== 'yes') {
      dialogue.refused('greeting', reply);
      return;
    }
    dialogue.server.greeting = reply.lines[0] ?? '';
    sayHello(dialogue);
  });
}

/** EHLO, or LHLO (RFC 2033 §4.1). */
export function sayHello(dialogue: Dialogue): void {
  const { lmtp, options } = dialogue;
  dialogue.say(`${lmtp ? 'LHLO' : 'EHLO'} ${options.hostname}\r\n`);
  dialogue.expect('hello', (reply) => {
    if (verdictOf(reply) === 'yes') {
      dialogue.learn(readExtensions(reply.lines));
      secure(dialogue);
    } else if (reply.code >= 500 && !lmtp) {
      // RFC 5321 §3.2: 500 and 502 say that EHLO is unknown; old servers have other words for it.
      sayOldHello(dialogue);
    } else {
      dialogue.refused('hello', reply);
    }
  });
}

function sayOldHello(dialogue: Dialogue): void {
  dialogue.say(`HELO ${dialogue.options.hostname}\r\n`);
  dialogue.expect('hello', (reply) => {
    if (verdictOf(reply) === 'yes') secure(dialogue);
    else dialogue.refused('hello', reply);
  });
}

/** TLS, where there is none and it is wanted. */
function secure(dialogue: Dialogue): void {
  const { starttls = 'offered' } = dialogue.options;
  if (dialogue.tls !== null || starttls === 'never') {
    authenticate(dialogue);
  } else if (dialogue.server.extensions.has('STARTTLS')) {
    dialogue.say('STARTTLS\r\n');
    dialogue.expect('starttls', (reply) => upgrade(dialogue, reply));
  } else if (starttls === 'required') {
    dialogue.fail('tls-missing', 'hello', 'the server does not offer STARTTLS');
  } else {
    authenticate(dialogue);
  }
}

function upgrade(dialogue: Dialogue, reply: ServerReply): void {
  const verdict = verdictOf(reply);
  if (verdict === 'no' && reply.code !== 421) {
    if (dialogue.options.starttls !== 'required') authenticate(dialogue);
    else dialogue.fail('tls-missing', 'starttls', 'the server refused STARTTLS', reply);
  } else if (verdict !== 'yes') {
    dialogue.refused('starttls', reply);
  } else if (!dialogue.reader.empty) {
    failByLeftovers(dialogue);
  } else {
    dialogue.phase = 'upgrading';
    dialogue.emit({ type: 'upgrade' });
  }
}

/** RFC 3207 §4.2: what comes behind the reply in clear could be anybody's, and ends the session. */
export function failByLeftovers(dialogue: Dialogue): void {
  dialogue.fail('protocol', 'starttls', 'something came behind the reply to STARTTLS');
}
