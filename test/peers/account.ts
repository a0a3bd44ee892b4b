/** The one user of the peer tests, and a submission server that lets him in by every mechanism. */

import { X509Certificate } from 'node:crypto';
import { Secret } from 'mailwright/machine';
import { Certificates, type SmtpServerSettings, selfSignedCertificate } from 'mailwright/node';
import { submission } from 'mailwright/smtp';
import { memoryUsers } from 'mailwright/users';

export const user = 'tim';
export const password = 'tanstaaftanstaaf';
export const token = 'token-of-tim';

/** The server's certificate. No peer can know whom to trust with it. */
export const tls = selfSignedCertificate({ names: ['mx.test'] });

/** The user's own certificate. */
export const clientCertificate = selfSignedCertificate({ names: ['tim.test'] });

/** What makes a server one for the user's submissions. */
export const submissionFor: Partial<SmtpServerSettings> = {
  ...submission,
  tls: new Certificates(tls, { clientAuthorities: [clientCertificate.cert] }),
  auth: { allowCramMd5: true },
  credentials: {
    ...memoryUsers(
      { [user]: password },
      {
        tokens: { [token]: user },
        certificates: { [new X509Certificate(clientCertificate.cert).fingerprint256]: user },
      },
    ),
    cramPassword: () => ({ type: 'password', password: new Secret(password), identity: { user } }),
  },
};
