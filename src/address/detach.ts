/**
 * The text in memory of its own: a slice keeps all that it was cut from alive, often a whole chunk from
 * the network, and what a session keeps would keep that too. A slice of a concatenation keeps the
 * concatenation only, and is the cheapest way there.
 */
export function detach(text: string): string {
  return ` ${text}`.slice(1);
}
