/** Routes that were configured in a way that makes no sense: one of `BAD_DOMAIN`, `BAD_HOSTNAME`, `BAD_SERVER`, `BAD_TLS`. */
export class RouteMisuse extends Error {
  override readonly name = 'RouteMisuse';
  readonly code: 'BAD_DOMAIN' | 'BAD_HOSTNAME' | 'BAD_SERVER' | 'BAD_TLS';

  constructor(code: RouteMisuse['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Holds a name to what EHLO can say (RFC 5321 §4.1.1.1): with another, no session could begin.
 *
 * @throws RouteMisuse `BAD_HOSTNAME`
 */
export function checkHostname(hostname: string): void {
  if (/^[\x21-\x7e]+$/.test(hostname)) return;
  const given = JSON.stringify(hostname);
  throw new RouteMisuse('BAD_HOSTNAME', `no host name: ${given}. Give this host's name in DNS, in A-labels`);
}
