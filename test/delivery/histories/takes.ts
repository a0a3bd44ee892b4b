/** What servers took, matched with what the process knows of it. */
import type { RecipientResult } from 'mailwright/smtp';
import type { PeerMessage } from 'mailwright/testing';
import type { Sending } from './process.ts';
import type { World } from './world.ts';

/** A server took the message for a recipient. */
export interface Take {
  readonly path: string;
  readonly at: number;
  readonly host: string;
  readonly life: number;
  readonly message: PeerMessage;
  readonly sending: Sending | undefined;
}

/** By recipient, in the order in which the process began to send. */
export type Takes = ReadonlyMap<string, readonly Take[]>;

/** All that was taken in a history. */
export function takesOf(world: World): Takes {
  const takes = new Map<string, Take[]>();
  /** Sendings and their recipients: each is taken once at most. */
  const matched = new Set<string>();
  for (const [host, server] of world.servers) {
    const lives = server.connections.map(({ remote }) => lifeAt(remote));
    for (const message of server.messages) {
      const life = lives[message.connection - 1] ?? 0;
      for (const [place, { path }] of message.recipients.entries()) {
        if (message.taken[place] !== true) continue;
        const candidates = world.sendings.filter(
          (each) =>
            each.life === life &&
            each.host === host &&
            each.at <= message.at &&
            !matched.has(`${world.sendings.indexOf(each)} ${path}`) &&
            each.transaction.recipients.some((recipient) => recipient.path === path),
        );
        // What a network holds back arrives after the process has given up waiting.
        const sending =
          candidates.find(({ endedAt }) => message.at <= endedAt) ??
          candidates.findLast((each) => isUnknown(each, path)) ??
          candidates[0];
        if (sending !== undefined) matched.add(`${world.sendings.indexOf(sending)} ${path}`);
        const list = takes.get(path) ?? [];
        list.push({ path, at: message.at, host, life, message, sending });
        takes.set(
          path,
          list.sort((a, b) => begunAt(a) - begunAt(b)),
        );
      }
    }
  }
  return takes;
}

/** A network that holds something back does not change what the process knew when it began the next. */
function begunAt({ sending, at }: Take): number {
  return sending?.at ?? at;
}

/** Lives have addresses of their own. */
export function lifeAt(end: { readonly family: string; readonly address?: string }): number {
  return Number(end.address?.split('.').at(-1));
}

/** What the process learned of a take: the words of `RecipientResult`, or that it did not live to learn it. */
export function learned({ sending, path }: Take): Learned | 'unseen' {
  return sending === undefined ? 'unseen' : resultOf(sending, path);
}

type Learned = RecipientResult['result'] | 'ambiguous' | 'died';

function resultOf({ transaction, result }: Sending, path: string): Learned {
  const place = transaction.recipients.findIndex((each) => each.path === path);
  const each = result?.recipients[place];
  if (each === undefined) return 'died';
  return each.result === 'failed' && each.ambiguous ? 'ambiguous' : each.result;
}

function isUnknown(sending: Sending, path: string): boolean {
  return ['ambiguous', 'died', 'failed'].includes(resultOf(sending, path));
}

/** The process died before it could write down that a server has it. */
export function isForgotten(world: World, { life, path }: Take): boolean {
  return world.lives[life - 1]?.forgotten.has(path) === true;
}
