/**
 * Who is it from? Receives mail, stamps it with what SPF, DKIM, ARC and DMARC say, and refuses what the
 * author's domain wants refused.
 *
 *     npm run example examples/authenticate.ts [port]
 *
 * DNS is a zone in this file, in which example.com publishes a key made on the spot. Two messages are
 * sent in its name, one signed and one forged. With a port the server stays for more, until Ctrl-C.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { generateDkimKey, signDkim } from 'mailwright/dkim';
import { ZoneResolver } from 'mailwright/dns';
import { SmtpServer } from 'mailwright/node';
import { authenticated, type ContentSink } from 'mailwright/policy';
import { SigningKey } from 'mailwright/signature';
import { mx, replies } from 'mailwright/smtp';

const { privateKey, record } = await generateDkimKey('ed25519');
const zone = new ZoneResolver({
  'example.com': { TXT: ['v=spf1 -all'] },
  'news._domainkey.example.com': { TXT: [record] },
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
});

/** Shows the header of what was taken; a real server would spool it. */
function show(): ContentSink {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => void chunks.push(chunk.slice()),
    end() {
      const [header] = Buffer.concat(chunks).toString().split('\r\n\r\n', 1);
      console.log(`\ntaken:\n${header}`);
      return replies.ok;
    },
    abort: () => console.log('\nnot taken'),
  };
}

const hostname = 'mx.example.org';
const checks = { resolver: zone, authservId: hostname };
const server = new SmtpServer({ ...mx, hostname, ...authenticated({ data: show }, checks) });

const [port = '0'] = process.argv.slice(2);
await server.listen({ port: Number(port), host: '127.0.0.1' });
const [address] = server.addresses;
if (address?.family !== 'ipv4') throw new Error('no port');

const message = Buffer.from(
  [
    'From: The News <news@example.com>',
    'To: sam@example.org',
    'Subject: Today',
    'Date: Fri, 20 Nov 2026 12:00:00 +0000',
    'Message-ID: <1@example.com>',
    // Forged: it claims to be from the receiving server, which takes it away.
    `Authentication-Results: ${hostname}; dmarc=pass`,
    '',
    'All is well.',
    '',
  ].join('\r\n'),
);
const key = new SigningKey({ domain: 'example.com', selector: 'news', privateKey });
await send(address.port, Buffer.concat([await signDkim(message, { keys: [key] }), message]));
await send(address.port, message);
if (port === '0') await server.close();
else console.log(`\nlistening on 127.0.0.1:${port}`);

/** As much of an SMTP client as two messages need: a command, and the last line of its reply. */
async function send(to: number, octets: Uint8Array): Promise<void> {
  const socket = connect(to, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value = '' } = await lines.next();
    return value[3] === '-' ? answer() : value;
  };
  await answer();
  for (const command of [
    'EHLO client.example',
    'MAIL FROM:<news@example.com>',
    'RCPT TO:<sam@example.org>',
    'DATA',
  ]) {
    socket.write(`${command}\r\n`);
    await answer();
  }
  socket.write(octets);
  socket.write('.\r\n');
  console.log(await answer());
  socket.end('QUIT\r\n');
  await once(socket, 'close');
}
