import type { IpAddress } from '../address/index.ts';

/** The 4 or 16 octets of an address that is in its canonical form (RFC 4291 §2.2). */
export function ipOctets({ family, address }: IpAddress): number[] {
  if (family === 'ipv4') return address.split('.').map(Number);
  const dotted = address.lastIndexOf('.') < 0 ? '' : address.slice(address.lastIndexOf(':') + 1);
  const ipv4 = dotted === '' ? [] : dotted.split('.').map(Number);
  const [head = '', tail = ''] = address.slice(0, address.length - dotted.length).split('::');
  const before = octetsOf(head);
  const after = [...octetsOf(tail), ...ipv4];
  return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after];
}

function octetsOf(groups: string): number[] {
  return groups
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}
