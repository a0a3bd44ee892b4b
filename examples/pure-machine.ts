/**
 * Drives the SMTP server machine by hand: bytes in, events and bytes out. No socket, no clock, no Promise;
 * this is all that a driver does, and all that a unit test needs.
 *
 *     npm run example examples/pure-machine.ts
 */
import { domainKey, formatPath } from 'mailwright/address';
import { mx, queuedAs, replies, type SmtpServerEvent, SmtpServerMachine } from 'mailwright/smtp';

const machine = new SmtpServerMachine(
  { ...mx, hostname: 'mx.example.org' },
  {
    id: 'example-1',
    remote: { family: 'ipv4', address: '192.0.2.1', port: 40_000 },
    local: { family: 'ipv4', address: '192.0.2.25', port: 25 },
  },
);

/** What the host decides; an event that asks parks the machine until it is answered. */
function decide(event: SmtpServerEvent): void {
  switch (event.type) {
    case 'rcpt': {
      const ours = event.to !== 'postmaster' && domainKey(event.to.domain) === 'example.org';
      machine.answer(event, ours ? undefined : replies.relayingDenied);
      break;
    }
    case 'connect':
    case 'helo':
    case 'mail':
    case 'data':
      machine.answer(event, undefined); // the usual reply
      break;
    case 'body':
      console.log(`   body: ${JSON.stringify(Buffer.from(event.chunk).toString())}`);
      break;
    case 'message':
      console.log(`   message from ${formatPath(event.envelope.from)}, ${event.size} octets`);
      machine.answer(event, queuedAs('1'));
      break;
    case 'violation':
    case 'close':
      console.log(`   ${event.type}: ${event.type === 'close' ? event.why : event.kind}`);
  }
}

/** One turn: input, events until there are none, then what is to be sent. */
function turn(input: string): void {
  if (input !== '') console.log(`C: ${input.trimEnd().replaceAll('\r\n', '\nC: ')}`);
  machine.receive(Buffer.from(input));
  for (let event = machine.next(); event !== null; event = machine.next()) decide(event);
  const output = Buffer.concat(machine.takeOutput()).toString();
  if (output !== '') console.log(`S: ${output.trimEnd().replaceAll('\r\n', '\nS: ')}`);
}

turn('');
turn('EHLO client.example.org\r\n');
// Commands may come in one packet (RFC 2920), and a packet may end anywhere.
turn('MAIL FROM:<me@client.example.org>\r\nRCPT TO:<you@elsewhere.example>\r\nRCPT TO:<you@exam');
turn('ple.org>\r\nDATA\r\n');
turn('Subject: hello\r\n\r\n..a dot is stuffed\r\n.\r\n');
turn('NONSENSE\r\nQUIT\r\n');
