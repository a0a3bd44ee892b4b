/** From a line to its command, or to the reply that says why not. */
import { reply } from '../reply.ts';
import type { Conversation, Phase } from './conversation.ts';

const unknown = reply(500, '5.5.2', 'Command not recognized');
// RFC 3207 §4
const startTlsFirst = reply(530, '5.7.0', 'Must issue a STARTTLS command first');
/** A web browser was made to talk to us: nothing good can come of going on. */
const wrongProtocol = reply(502, '5.5.1', 'This is a mail server');
const foreignVerbs: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'CONNECT', 'OPTIONS', 'HEAD']);

/** RFC 5321 §4.1.4: 503 where a command comes out of order; the text says what is missing. */
const outOfOrder: Readonly<Record<Phase, ReturnType<typeof reply>>> = {
  connecting: reply(503, '5.5.1', 'Wait for the greeting'),
  greeted: reply(503, '5.5.1', 'Introduce yourself first'),
  ready: reply(503, '5.5.1', 'No mail transaction is open'),
  mail: reply(503, '5.5.1', 'A mail transaction is open'),
  rcpt: reply(503, '5.5.1', 'A mail transaction is open'),
  content: reply(503, '5.5.1', 'Content is expected'),
  chunks: reply(503, '5.5.1', 'BDAT or RSET is expected'),
  authenticating: reply(503, '5.5.1', 'Authentication is going on'),
  upgrading: reply(503, '5.5.1', 'TLS is expected'),
  refused: reply(503, '5.5.1', 'You may only QUIT'),
  closed: reply(503, '5.5.1', 'Closed'),
};

/** Runs one command line, given without its line end. */
export function runCommand(conversation: Conversation, line: string): void {
  const space = line.indexOf(' ');
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
  const command = conversation.setup.commands.get(verb);
  if (command === undefined) {
    refuseUnknown(conversation, verb);
  } else if (!command.phases.includes(conversation.phase)) {
    conversation.fault('sequence', outOfOrder[conversation.phase]);
  } else if (conversation.setup.options.requireTls && !command.always && conversation.session.tls === null) {
    conversation.fault('sequence', startTlsFirst);
  } else if (command.productive || conversation.idle()) {
    // RFC 5321 §4.1.1: trailing white space is tolerated.
    command.run(conversation, space < 0 ? '' : trimmedEnd(line, space + 1));
  }
}

function refuseUnknown(conversation: Conversation, verb: string): void {
  if (foreignVerbs.has(verb)) {
    conversation.emit({ type: 'violation', kind: 'foreign-protocol' });
    conversation.end('violation', wrongProtocol);
  } else {
    conversation.fault('unknown-command', unknown);
  }
}

/** `line` from `start` without spaces and tabs at its end; a plain loop, since `trimEnd` knows more kinds of space. */
export function trimmedEnd(line: string, start: number): string {
  let end = line.length;
  while (end > start && (line.charCodeAt(end - 1) === 0x20 || line.charCodeAt(end - 1) === 0x09)) end -= 1;
  return line.slice(start, end);
}
