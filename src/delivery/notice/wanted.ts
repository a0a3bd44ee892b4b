/** Which notifications a sender wants to have: NOTIFY (RFC 3461 §4.1) and DELIVERBY (RFC 2852 §4). */
import type { Context } from '../../spool/index.ts';
import type { Notification, RecipientNotice } from '../notifier.ts';

/** A notice that is wanted: in which notification it belongs, and the word of RFC 3464 §2.3.3 for it. */
export interface WantedNotice extends RecipientNotice {
  readonly kind: Notification['kind'];
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
}

/**
 * The notice as it is to be told, or `null` where nobody wants it.
 *
 * @param delays - whether those are told of delays who said nothing about it (RFC 3461 §5.2.5 (b))
 * @param now - in ms since 1970
 */
export function wantedNotice(
  { envelope }: Context,
  notice: RecipientNotice,
  delays: boolean,
  now: number,
): WantedNotice | null {
  const { recipient, outcome } = notice;
  const { notify } = recipient;
  // RFC 5321 §4.5.5: a notification about a notification could go in circles.
  if (envelope.from === '' || notify?.includes('never')) return null;
  const { deliverBy } = envelope;
  switch (outcome.result) {
    case 'failed':
      // RFC 3461 §5.2.6: one is owed, but to those who asked for something else.
      return notify?.includes('failure') === false ? null : { ...notice, kind: 'failure', action: 'failed' };
    case 'deferred': {
      // RFC 2852 §4.1.4.2: in mode N all but NEVER means that a passed deadline is told of.
      const isLate = deliverBy?.mode === 'notify' && now >= deliverBy.at;
      const isWanted = isLate || (notify?.includes('delay') ?? delays);
      return isWanted ? { ...notice, kind: 'delay', action: 'delayed' } : null;
    }
    case 'delivered': {
      const { how } = outcome;
      // RFC 3461 §5.2.2: a server that took over NOTIFY tells what it makes of it.
      if (how !== 'passed' && notify?.includes('success')) return { ...notice, kind: 'success', action: how };
      const isRelayed = how === 'passed' || how === 'relayed';
      // RFC 2852 §4.1.4.2: the next server will not tell of a passed deadline.
      const isLost = how === 'relayed' && deliverBy?.mode === 'notify';
      const isTraced = isRelayed && deliverBy?.trace === true; // RFC 2852 §4.1.4
      return isLost || isTraced ? { ...notice, kind: 'success', action: 'relayed' } : null;
    }
  }
}
