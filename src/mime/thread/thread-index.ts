/**
 * Who answers whom: the tree of messages by References and In-Reply-To, kept up as messages come and go
 * (Zawinski's algorithm, which is RFC 5256 §3 (1)).
 *
 * Two rules:
 *
 * - no link ever makes a loop: whoever would become its own ancestor stays where it is;
 * - a link is refused as well where the tree above is deeper than {@link deepest}, so that the check has
 *   a bound whatever the senders claim.
 */
import type { ThreadMessage } from './message.ts';
import { groupBySubject } from './subject-groups.ts';
import type { OpenThread, Thread } from './thread.ts';

/** Conversations of people end long before. */
const deepest = 1000;

interface Node<K> {
  message: ThreadMessage<K> | null;
  parent: Node<K> | null;
  readonly children: Set<Node<K>>;
  /** The identifier under which it is found; `null` for a message without, or with another's. */
  readonly id: string | null;
  /** Rises with each message added; what of equal date comes first. */
  order: number;
}

/**
 * The threads of a mailbox.
 *
 * @example
 * ```ts
 * import { ThreadIndex } from 'mailwright/mime';
 *
 * const index = new ThreadIndex<number>();
 * const message = { base: 'Roses', isReply: false, date: 0 };
 * index.add({ ...message, key: 2, messageId: 'b@x', references: ['a@x'] });
 * index.add({ ...message, key: 1, messageId: 'a@x', references: [] });
 * index.threads()[0]?.children[0]?.message?.key; // 2
 * ```
 */
export class ThreadIndex<K> {
  readonly #byId = new Map<string, Node<K>>();
  readonly #byKey = new Map<K, Node<K>>();
  /** Nodes without a parent, in the order in which they became so. */
  readonly #roots = new Set<Node<K>>();
  #added = 0;

  /** The number of messages. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Adds a message; one with a key that is there already is put in its place. */
  add(message: ThreadMessage<K>): void {
    this.remove(message.key);
    const node = this.#nodeFor(message);
    this.#byKey.set(message.key, node);
    const ancestors = message.references.map((id) => this.#find(id));
    let parent: Node<K> | null = null;
    for (const next of ancestors) {
      // What other messages said of these two stays: it came first (RFC 5256 §3 (1)(A)).
      if (parent !== null && next.parent === null) this.#link(parent, next);
      parent = next;
    }
    // The message knows its own parent best, or that it has none (RFC 5256 §3 (1)(B)).
    if (parent === null) this.#unlink(node);
    else this.#link(parent, node);
    for (const each of ancestors) this.#dropEmpty(each);
  }

  /** Removes a message; `false` when there is none with this key. Its place stays while others need it. */
  remove(key: K): boolean {
    const node = this.#byKey.get(key);
    if (node === undefined) return false;
    this.#byKey.delete(key);
    node.message = null;
    this.#dropEmpty(node);
    return true;
  }

  /**
   * All threads, in the order of RFC 5256 §3 (2) to (6): empty parents are left out, roots of one base
   * subject are put together, and siblings go by date.
   */
  threads(): Thread<K>[] {
    return groupBySubject(this.#prune());
  }

  #nodeFor(message: ThreadMessage<K>): Node<K> {
    const { messageId } = message;
    const known = messageId === null ? undefined : this.#byId.get(messageId);
    const order = ++this.#added;
    if (known !== undefined && known.message === null) {
      known.message = message;
      known.order = order;
      return known;
    }
    // RFC 5256 §3 (1): a second message of one identifier is treated as if it had none.
    const id = known === undefined ? messageId : null;
    const node: Node<K> = { message, parent: null, children: new Set(), id, order };
    if (id !== null) this.#byId.set(id, node);
    this.#roots.add(node);
    return node;
  }

  #find(id: string): Node<K> {
    let node = this.#byId.get(id);
    if (node === undefined) {
      node = { message: null, parent: null, children: new Set(), id, order: Infinity };
      this.#byId.set(id, node);
      this.#roots.add(node);
    }
    return node;
  }

  #link(parent: Node<K>, child: Node<K>): void {
    const former = child.parent;
    if (former === parent || !this.#mayLink(parent, child)) return;
    former?.children.delete(child);
    this.#roots.delete(child);
    child.parent = parent;
    parent.children.add(child);
    if (former !== null) this.#dropEmpty(former);
  }

  #mayLink(parent: Node<K>, child: Node<K>): boolean {
    let depth = 0;
    for (let node: Node<K> | null = parent; node !== null; node = node.parent) {
      if (node === child || ++depth > deepest) return false;
    }
    return true;
  }

  #unlink(child: Node<K>): void {
    const { parent } = child;
    if (parent === null) return;
    parent.children.delete(child);
    child.parent = null;
    this.#roots.add(child);
    this.#dropEmpty(parent);
  }

  /** Forgets nodes that hold neither message nor child, upwards. */
  #dropEmpty(from: Node<K>): void {
    let node: Node<K> | null = from;
    while (node !== null && node.message === null && node.children.size === 0) {
      const { parent, id }: Node<K> = node;
      if (id !== null) this.#byId.delete(id);
      this.#roots.delete(node);
      parent?.children.delete(node);
      node = parent;
    }
  }

  /**
   * The forest without empty nodes (RFC 5256 §3 (3)): an empty node's children take its place, except that an
   * empty root keeps two children or more together.
   */
  #prune(): OpenThread<K>[] {
    const order: Node<K>[] = [...this.#roots];
    for (let i = 0; i < order.length; i++)
      for (const child of (order[i] as Node<K>).children) order.push(child);
    const built = new Map<Node<K>, Ranked<K>[]>();
    // Children stand after their parents, so backwards each finds its own already built.
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i] as Node<K>;
      const children: Ranked<K>[] = [];
      for (const child of node.children) {
        for (const each of built.get(child) ?? []) children.push(each);
        built.delete(child);
      }
      children.sort(byRank);
      const keeps = node.message !== null || (node.parent === null && children.length > 1);
      built.set(node, keeps ? [ranked(node, children)] : children);
    }
    const roots = [...this.#roots].flatMap((root) => built.get(root) ?? []);
    return roots.sort(byRank).map(({ thread }) => thread);
  }
}

/** A built thread with the order in which its first message was added. */
interface Ranked<K> {
  readonly thread: OpenThread<K>;
  readonly rank: number;
}

function byRank<K>(a: Ranked<K>, b: Ranked<K>): number {
  return a.rank - b.rank;
}

function ranked<K>({ message, order }: Node<K>, children: readonly Ranked<K>[]): Ranked<K> {
  const thread = { message, children: children.map((each) => each.thread) };
  return { thread, rank: message === null ? (children[0]?.rank ?? order) : order };
}
