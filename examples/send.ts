/**
 * Sends a message to a server that is part of the same program: by STARTTLS, with a certificate that is
 * checked, and authenticated with a mechanism that never shows the password.
 *
 *     npm run example examples/send.ts
 */
import { bodyOf } from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';
import { SmtpServer, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { submission } from 'mailwright/smtp';
import { memoryUsers } from 'mailwright/users';

const certificate = selfSignedCertificate({ names: ['smtp.example.org'] });
const server = new SmtpServer({
  ...submission,
  hostname: 'smtp.example.org',
  tls: certificate,
  credentials: memoryUsers({ ann: 'correct horse' }),
  authenticated: ({ identity, mechanism }) => console.log(`${identity.user} came in by ${mechanism}`),
  data: () => ({
    write: (chunk) => void process.stdout.write(chunk),
    end: () => undefined,
    abort: () => {},
  }),
});
await server.listen({ port: 0, host: '127.0.0.1' });

const transport = new SmtpTransport({ authorities: [certificate.cert] });
const opened = await transport.open({
  host: 'smtp.example.org',
  at: { addresses: ['127.0.0.1'], port: server.port },
  protocol: 'smtp',
  hostname: 'client.example.org',
  tls: { mode: 'required', certificate: { kind: 'pkix', names: ['smtp.example.org'] } },
  credentials: { type: 'password', user: 'ann', password: new Secret('correct horse') },
});
if (!opened.ok) throw new Error(opened.failure.text);

const { session } = opened;
console.log(`talking to ${session.address} under ${session.tls?.version}`);

const body = bodyOf(
  Buffer.from('From: ann@example.org\r\nSubject: hello\r\n\r\nfrom one line to the other\r\n'),
);
const { recipients } = await session.send(
  {
    from: 'ann@example.org',
    parameters: {},
    recipients: [
      { path: 'bob@example.org', parameters: {} },
      { path: 'cecil@example.com', parameters: {} },
    ],
    size: body.size,
  },
  body,
);
for (const result of recipients) {
  console.log('reply' in result ? `${result.result}: ${result.reply.code} ${result.reply.lines[0]}` : result);
}
await session.quit();
await server.close();
