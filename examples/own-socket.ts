/**
 * Serves SMTP on a stream of the host's own making: here a pair in memory, instead of a socket. What a host
 * does with connections (its own listeners, tunnels, tests) stays its own matter.
 *
 *     npm run example examples/own-socket.ts
 */
import { duplexPair } from 'node:stream';
import { domainKey, formatPath } from 'mailwright/address';
import { Certificates, selfSignedCertificate, serveSmtp, tlsUpgrade } from 'mailwright/node';
import { mx, replies, SmtpServerMachine } from 'mailwright/smtp';

const options = { ...mx, hostname: 'mx.example.org' };
const certificates = new Certificates(selfSignedCertificate({ names: ['mx.example.org'] }));
const upgrade = tlsUpgrade(certificates);

const [near, far] = duplexPair();

// What the host knows of the peer; `connectionInfo(socket)` tells it of a socket.
const machine = new SmtpServerMachine(options, {
  id: 'example-1',
  remote: { family: 'ipv4', address: '192.0.2.1', port: 40_000 },
  local: { family: 'ipv4', address: '192.0.2.25', port: 25 },
});

const session = serveSmtp(
  near,
  machine,
  {
    rcpt: ({ to }) =>
      to !== 'postmaster' && domainKey(to.domain) === 'example.org' ? undefined : replies.relayingDenied,
    data: ({ from }) => {
      const chunks: Uint8Array[] = [];
      return {
        // Octets are only lent: copy what is kept.
        write: (chunk) => void chunks.push(Uint8Array.from(chunk)),
        end: () => {
          console.log(`message from ${formatPath(from)}:\n${Buffer.concat(chunks)}`);
          return undefined;
        },
        abort: () => {},
      };
    },
  },
  { upgrade },
);

// The peer, speaking a line for each reply.
const lines = [
  'EHLO client.example.org',
  'MAIL FROM:<me@client.example.org>',
  'RCPT TO:<you@elsewhere.example>',
  'RCPT TO:<you@example.org>',
  'DATA',
  'Subject: hello\r\n\r\nby way of a pair of streams\r\n.',
  'QUIT',
];
for await (const chunk of far) {
  process.stdout.write(`S: ${chunk}`);
  const line = lines.shift();
  if (line === undefined) {
    far.end();
  } else {
    console.log(`C: ${line}`);
    far.write(`${line}\r\n`);
  }
}
console.log(`the session ended: ${await session.closed}`);
