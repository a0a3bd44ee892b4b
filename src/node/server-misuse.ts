/**
 * What a host got wrong.
 *
 * - `NO_CERTIFICATE`: TLS is demanded, and no certificate was given.
 * - `NO_TLS`: TLS is demanded of every session, and a listener has none.
 * - `BAD_CERTIFICATE`: a certificate or its key can't be read, or they don't belong together.
 * - `BAD_NETWORK`: neither an IP address nor a prefix.
 * - `BAD_LISTENER`: there is nothing to listen on, or two things at once.
 * - `WORKERS`: two servers of one process want different numbers of workers.
 * - `CLOSED`: the server was closed before.
 */
export type ServerMisuseCode =
  | 'NO_CERTIFICATE'
  | 'NO_TLS'
  | 'BAD_CERTIFICATE'
  | 'BAD_NETWORK'
  | 'BAD_LISTENER'
  | 'WORKERS'
  | 'CLOSED';

/** A host set a server, or a client, up wrongly. No peer can cause it. */
export class ServerMisuse extends Error {
  override readonly name = 'ServerMisuse';
  readonly code: ServerMisuseCode;

  constructor(code: ServerMisuseCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
