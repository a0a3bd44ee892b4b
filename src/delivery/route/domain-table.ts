import { domainKey, normalizeDomain, parseHeloName } from '../../address/index.ts';
import { RouteMisuse } from './misuse.ts';

/**
 * Values by domain: `example.org` is that domain, `.example.org` all below it, `*` every other; an address
 * literal stands for itself. The nearest entry wins.
 */
export type DomainTable<Value> = Readonly<Record<string, Value>>;

/**
 * A table as a function of domains in lower-case A-labels.
 *
 * @throws RouteMisuse `BAD_DOMAIN` for a key that is none of the above, or stands there twice
 */
export function domainLookup<Value>(table: DomainTable<Value>): (domain: string) => Value | undefined {
  const values = new Map<string, Value>();
  for (const [key, value] of Object.entries(table)) {
    const name = keyOf(key);
    if (values.has(name)) throw new RouteMisuse('BAD_DOMAIN', `stands in the table twice: ${key}`);
    values.set(name, value);
  }
  return (domain) => {
    const own = values.get(domain);
    if (own !== undefined || values.size === 0) return own;
    for (
      let dot = domain.indexOf('.');
      dot >= 0 && !domain.startsWith('[');
      dot = domain.indexOf('.', dot + 1)
    ) {
      const above = values.get(domain.slice(dot));
      if (above !== undefined) return above;
    }
    return values.get('*');
  };
}

function keyOf(key: string): string {
  if (key === '*') return key;
  const helo = parseHeloName(key);
  if (helo.ok && typeof helo.name !== 'string') return domainKey(helo.name);
  const below = key.startsWith('.');
  const parsed = normalizeDomain(below ? key.slice(1) : key);
  if (!parsed.ok) throw new RouteMisuse('BAD_DOMAIN', `neither a domain, nor ".domain", nor "*": ${key}`);
  return below ? `.${parsed.domain}` : parsed.domain;
}
