/** Routes that were configured in a way that makes no sense: one of `BAD_DOMAIN`, `BAD_SERVER`, `BAD_TLS`. */
export class RouteMisuse extends Error {
  override readonly name = 'RouteMisuse';
  readonly code: 'BAD_DOMAIN' | 'BAD_SERVER' | 'BAD_TLS';

  constructor(code: RouteMisuse['code'], message: string) {
    super(message);
    this.code = code;
  }
}
