import type { Context } from '../../spool/index.ts';
import { checkHostname } from './misuse.ts';

/** Where connections come from, and how they introduce themselves. */
export interface Source {
  /** Default: the route's. RFC 5321 §4.1.4 wants a name that resolves to the address. */
  readonly hostname?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/**
 * Sources of connections: a list is used in turn; a function chooses a list for each message, by the domain of
 * its sender for example. Give the same objects again for equal sources.
 */
export type Sources = readonly Source[] | ((context: Context) => readonly Source[]);

const anywhere: Source = {};

/** Chooses sources in turn. */
export class SourceChoice {
  readonly #sources: Sources;
  #turn = -1;

  /** @throws RouteMisuse `BAD_HOSTNAME` for a name in a list that is none */
  constructor(sources: Sources = []) {
    const listed = typeof sources === 'function' ? [] : sources;
    for (const { hostname } of listed) if (hostname !== undefined) checkHostname(hostname);
    this.#sources = sources;
  }

  next(context: Context): Source {
    const pool = typeof this.#sources === 'function' ? this.#sources(context) : this.#sources;
    if (pool.length < 2) return pool[0] ?? anywhere;
    this.#turn = (this.#turn + 1) % 2 ** 31;
    return pool[this.#turn % pool.length] as Source;
  }
}
