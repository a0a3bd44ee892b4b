/** Putting roots of one subject together, and sorting (RFC 5256 §3 (4) to (6)). */
import { byDate, type OpenThread, walkThreads } from './thread.ts';

/** Sorts a forest and joins its roots by base subject; the nodes given are changed. */
export function groupBySubject<K>(roots: OpenThread<K>[]): OpenThread<K>[] {
  sortAll(roots); // (4)
  return sortAll(join(roots)); // (5), (6)
}

function join<K>(roots: readonly OpenThread<K>[]): OpenThread<K>[] {
  const table = subjects(roots);
  const joined = new Set(roots);
  for (const root of roots) {
    const subject = subjectOf(root);
    const other = table.get(subject);
    // (5)(C)
    if (subject === '' || other === undefined || other === root) continue;
    if (other.message === null) {
      if (root.message === null) other.children.push(...root.children);
      else other.children.push(root);
    } else if (isReply(root) && !other.message.isReply) {
      other.children.push(root);
    } else {
      // Both are what the other is: an empty node becomes the parent of the two.
      const parent: OpenThread<K> = { message: null, children: [other, root] };
      joined.delete(other);
      joined.add(parent);
      table.set(subject, parent);
    }
    joined.delete(root);
  }
  return [...joined];
}

/** (5)(B): for each base subject the root that others go to: an empty one first, then one that is no reply. */
function subjects<K>(roots: readonly OpenThread<K>[]): Map<string, OpenThread<K>> {
  const table = new Map<string, OpenThread<K>>();
  for (const root of roots) {
    const subject = subjectOf(root);
    if (subject === '') continue;
    const other = table.get(subject);
    const better =
      other === undefined ||
      (root.message === null && other.message !== null) ||
      (other.message?.isReply === true && root.message?.isReply === false);
    if (better) table.set(subject, root);
  }
  return table;
}

/** The base subject of a root, or of the first child of an empty one. */
function subjectOf<K>(root: OpenThread<K>): string {
  return (root.message ?? root.children[0]?.message)?.base.toLowerCase() ?? '';
}

function isReply<K>(root: OpenThread<K>): boolean {
  return root.message?.isReply ?? false;
}

/** Sorts siblings everywhere, the deepest first: an empty node goes by its first child. */
function sortAll<K>(roots: OpenThread<K>[]): OpenThread<K>[] {
  const nodes = [...walkThreads(roots)];
  for (const { thread } of nodes.reverse()) (thread as OpenThread<K>).children.sort(byDate);
  return roots.sort(byDate);
}
