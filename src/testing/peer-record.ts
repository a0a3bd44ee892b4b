/** What a scripted peer writes down. */
import type { ConnectionInfo, TlsInfo } from '../machine/index.ts';
import type { MailParameters, RcptParameters } from '../smtp/index.ts';

/** A connection that a client made. */
export interface PeerConnection extends ConnectionInfo {
  /** 1 for the first. */
  readonly number: number;
  /** In ms since 1970. */
  readonly openedAt: number;
  /** When the client closed its side, or the connection was gone, in ms since 1970; `null` before. */
  readonly closedAt: number | null;
  /** The TLS that it came under in the end; `null` for none. */
  readonly tls: TlsInfo | null;
  /** Who authenticated; `null` for nobody. */
  readonly user: string | null;
  /** The lines of the commands, without line ends and in order; of AUTH without what it carries. */
  readonly commands: readonly string[];
  /**
   * Who ended it: the client with QUIT, the client otherwise (or the network), the peer; or the peer has
   * `stalled`, and notices nothing any more.
   */
  readonly end: 'quit' | 'gone' | 'peer' | 'stalled' | null;
}

/** A message whose content came in whole. */
export interface PeerMessage {
  /** The connection's number. */
  readonly connection: number;
  /** The reverse path without its angle brackets; `''` is the null path. */
  readonly from: string;
  readonly parameters: MailParameters;
  /** Those that were accepted. */
  readonly recipients: readonly { readonly path: string; readonly parameters: RcptParameters }[];
  /** The content exactly, dots unstuffed. */
  readonly octets: Buffer;
  /** When it was complete, in ms since 1970. */
  readonly at: number;
  /** By place of the recipient: whether the peer took the message for it. */
  readonly taken: readonly boolean[];
}
