import { channel } from 'node:diagnostics_channel';
import type { ConnectionInfo } from '../machine/index.ts';
import type { CloseReason } from '../smtp/index.ts';

/** Why a connection got no session: limits were reached, or what comes before a session failed. */
export type Refusal = 'total' | 'address' | 'proxy' | 'tls';

/**
 * What is published on the channel `mailwright:node.session` of `node:diagnostics_channel`: a session
 * began, or ended, or a connection was refused one. Publishing costs nothing while nobody subscribes.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import type { SessionNotice } from 'mailwright/node';
 *
 * subscribe('mailwright:node.session', (message) => {
 *   const notice = message as SessionNotice;
 *   if (notice.type === 'close') console.log(notice.id, notice.outcome);
 * });
 * ```
 */
export type SessionNotice = ConnectionInfo &
  (
    | { readonly type: 'open'; readonly id: string; readonly tls: boolean }
    | { readonly type: 'close'; readonly id: string; readonly outcome: CloseReason }
    | { readonly type: 'refused'; readonly why: Refusal }
  );

/** Where {@link SessionNotice} goes. */
export const sessionChannel = channel('mailwright:node.session');
