/** The sender's word that a message would rather go in clear than not at all (RFC 8689 §3). */
import type { Context, ContextPatch } from '../spool/index.ts';

/** The module whose metadata it is noted as. */
const name = 'tlsRequired';

/** Notes it beside what else there is to note (RFC 8689 §4.1). */
export function notingTlsRequiredNo(patch: ContextPatch = {}): ContextPatch {
  return { ...patch, metadata: { ...patch.metadata, [name]: 'no' } };
}

/**
 * Whether the header section of a message says `TLS-Required: No`, as `spoolTo` noted it: for the option
 * `tlsOptional` of `mxRoutes`. REQUIRETLS goes before it (RFC 8689 §4.1).
 *
 * @example
 * ```ts
 * import { mxRoutes, type SiteSender } from 'mailwright/delivery';
 * import type { Resolver } from 'mailwright/dns';
 * import { tlsRequiredNo } from 'mailwright/reception';
 *
 * declare const sender: SiteSender;
 * declare const resolver: Resolver;
 * const routes = mxRoutes({ sender, resolver, hostname: 'mail.example.com', tlsOptional: tlsRequiredNo });
 * ```
 */
export function tlsRequiredNo({ envelope, metadata }: Pick<Context, 'envelope' | 'metadata'>): boolean {
  return envelope.requireTls !== true && metadata[name] === 'no';
}
