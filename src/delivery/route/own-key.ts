let made = 0;

/**
 * A key that no other route has: a message for recipients of two routes goes both ways, however alike the
 * routes are named.
 */
export function ownKey(kind: string, destination: string): string {
  made += 1;
  return `${kind} ${destination} ${made}`;
}
