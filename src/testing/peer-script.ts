/** What a scripted peer does other than a good server would: rules as data, or functions. */
import type { PeerAddress } from '../machine/index.ts';
import { type Reply, reply } from '../smtp/index.ts';

/**
 * Where in a session a script is asked.
 *
 * - `connect`: for the greeting.
 * - `helo`: HELO, EHLO or LHLO.
 * - `starttls`: STARTTLS; `handshake`: TLS is about to begin.
 * - `auth`: AUTH, and each line of the client's that belongs to it.
 * - `mail`, `rcpt`: the command, with the path.
 * - `data`: DATA, or the first BDAT.
 * - `message`: the content is complete. With LMTP, once for each recipient.
 * - `rset`, `quit`, `other`: RSET, QUIT, and every other command.
 * - `idle`: the peer has answered and waits; what is to be done is done unless the client goes on before.
 */
export type PeerStage =
  | 'connect'
  | 'helo'
  | 'starttls'
  | 'handshake'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'message'
  | 'rset'
  | 'quit'
  | 'other'
  | 'idle';

/** What a script is told when it is asked. */
export interface PeerMoment {
  readonly stage: PeerStage;
  /** Which connection to this peer it is: 1 for the first. */
  readonly connection: number;
  /** Which transaction of the connection: 0 before the first MAIL. */
  readonly transaction: number;
  /** Who the client is. */
  readonly remote: PeerAddress;
  /** The reverse path of the transaction; `''` where there is none, too. */
  readonly from: string;
  /** The path of MAIL or RCPT, without its angle brackets; with LMTP, the recipient at `message`; else `''`. */
  readonly path: string;
  /** In ms since 1970. */
  readonly time: number;
}

/**
 * What the peer does. The fields come in this order: it waits, it says something, and then something happens.
 */
export interface PeerReaction {
  /**
   * At `data` only: the command is answered as usual, and all else is done once so many octets of the content
   * have come.
   */
  readonly octets?: number;
  /** Milliseconds before anything is said. Default 0. */
  readonly after?: number;
  /**
   * Said in place of the peer's own reply. A text goes out as it is, without a line end being added: several
   * lines, half a line, garbage, or `''` for silence. The command then counts as carried out if its first
   * digit is 2 or 3, and a message also if nothing is said, as of a server that dies while it answers.
   */
  readonly reply?: Reply | string;
  /**
   * - `close`: the peer closes the connection.
   * - `reset`: the connection breaks, and the client sees ECONNRESET.
   * - `stall`: the peer neither reads nor says anything any more.
   *
   * Default: the session goes on.
   */
  readonly end?: 'close' | 'reset' | 'stall';
}

/** A reaction, and when it is due. */
export interface PeerRule extends PeerReaction {
  readonly at: PeerStage | readonly PeerStage[];
  /** Only for this path, or, where it begins with `@`, for paths of this domain. Case is ignored. */
  readonly path?: string;
  /** Only on this connection; 1 is the first. */
  readonly connection?: number;
  /** Lets the rule's occasion pass so many times. Default 0. */
  readonly skip?: number;
  /** How many times it applies after that. Default: always. */
  readonly times?: number;
}

/** Decides what the peer does; `undefined` leaves it to the next in the list, and in the end to the server. */
export type PeerScript = (moment: PeerMoment) => PeerReaction | undefined;

/** One function of a list of rules and scripts. The first that has a reaction decides. */
export function scriptOf(rules: readonly (PeerRule | PeerScript)[]): PeerScript {
  const scripts = rules.map((rule) => (typeof rule === 'function' ? rule : ruleScript(rule)));
  return (moment) => {
    for (const script of scripts) {
      const reaction = script(moment);
      if (reaction !== undefined) return reaction;
    }
    return undefined;
  };
}

function ruleScript(rule: PeerRule): PeerScript {
  const { at, path, connection, skip = 0, times = Number.POSITIVE_INFINITY } = rule;
  const wanted = path?.toLowerCase();
  const fits = (given: string) =>
    wanted === undefined || (wanted.startsWith('@') ? given.endsWith(wanted) : given === wanted);
  let occasions = 0;
  return (moment) => {
    const due =
      (typeof at === 'string' ? at === moment.stage : at.includes(moment.stage)) &&
      (connection === undefined || connection === moment.connection) &&
      fits(moment.path.toLowerCase());
    if (!due) return undefined;
    occasions += 1;
    return occasions > skip && occasions <= skip + times ? rule : undefined;
  };
}

const greylisted = reply(451, '4.7.1', 'Greylisted, please try again later');

/**
 * A script that greylists: each sender and recipient that a client comes with for the first time is refused
 * until so much time has passed.
 *
 * @param ms - milliseconds
 * @example
 * ```ts
 * import { greylisting, ScriptedPeer } from 'mailwright/testing';
 *
 * const peer = new ScriptedPeer({ script: [greylisting(300_000)] });
 * ```
 */
export function greylisting(ms: number): PeerScript {
  const known = new Map<string, number>();
  return ({ stage, remote, from, path, time }) => {
    if (stage !== 'rcpt') return undefined;
    const key = JSON.stringify([remote.family === 'unix' ? '' : remote.address, from, path]);
    const since = known.get(key) ?? time;
    known.set(key, since);
    return time - since < ms ? { reply: greylisted } : undefined;
  };
}
