import type { NewContext } from 'mailwright/spool';

/** What a message from an authenticated MX brings along: some 600 octets of JSON. */
export const receivedContext: NewContext = {
  protocol: 'ESMTPS',
  peer: {
    remote: { family: 'ipv4', address: '192.0.2.1', port: 41234 },
    local: { family: 'ipv4', address: '192.0.2.2', port: 25 },
  },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'mx.example.org' },
  helo: 'mail.example.com',
  envelope: {
    from: 'bounces+1234@example.com',
    recipients: [{ path: 'someone@example.org', notify: ['failure'] }],
    body: '8bitmime',
  },
  verdicts: { spf: { result: 'pass' }, dkim: [{ result: 'pass', domain: 'example.com' }] },
};
