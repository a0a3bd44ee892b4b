/** The servers of a history: scripts made of tempers. */
import { mx, reply } from 'mailwright/smtp';
import {
  greylisting,
  type LinkFault,
  type PeerMoment,
  type PeerReaction,
  type PeerScript,
  ScriptedPeer,
  SeededRandom,
  type VirtualClock,
  virtualTlsUpgrade,
} from 'mailwright/testing';
import type { HostPlan, Temper } from './plan.ts';

const busy = reply(451, '4.3.0', 'busy, come again');
const refused = reply(550, '5.7.1', 'not here');
const crowd = reply(421, '4.7.0', 'too many connections');
const full = reply(452, '4.2.2', 'mailbox full');
const tooMany = reply(452, '4.5.3', 'too many recipients');

/** A server with its temper. What it does by chance follows from the seed. */
export function serverOf(plan: HostPlan, clock: VirtualClock, seed: number): ScriptedPeer {
  const random = new SeededRandom(seed).fraction;
  const handshake: PeerScript = ({ stage }) =>
    plan.tls === 'broken' && stage === 'handshake' ? { end: 'reset' } : undefined;
  const flaw = plan.tls === 'expired' ? { flaw: 'certificate-expired' as const } : {};
  const peer: ScriptedPeer = new ScriptedPeer({
    clock,
    script: [handshake, scriptOf(plan.temper, random, () => peer.open)],
    server: {
      hostname: plan.name,
      ...(plan.protocol && { protocol: plan.protocol }),
      extensions: mx.extensions.filter(
        ({ keyword }) =>
          keyword !== undefined &&
          !plan.lacks.includes(keyword) &&
          // BINARYMIME needs CHUNKING, and STARTTLS a handshake.
          (keyword !== 'BINARYMIME' || !plan.lacks.includes('CHUNKING')) &&
          (keyword !== 'STARTTLS' || plan.tls !== 'none'),
      ),
    },
    ...(plan.tls !== 'none' && { upgrade: virtualTlsUpgrade({ names: [plan.name], ...flaw }) }),
  });
  return peer;
}

/** What its connections suffer. */
export function faultOf({ temper }: HostPlan, random: () => number): LinkFault | undefined {
  if (temper.kind === 'dead' && temper.how !== 'silent' && temper.how !== 'babbling')
    return { kind: temper.how };
  if (temper.kind !== 'flaky' || random() >= temper.part) return undefined;
  const octets = Math.floor(random() * 2000);
  const when = random() < 0.5 ? { sent: octets } : { received: Math.floor(octets / 3) };
  return { kind: random() < 0.7 ? 'cut' : 'stall', when };
}

function scriptOf(temper: Temper, random: () => number, open: () => number): PeerScript {
  switch (temper.kind) {
    case 'good':
      return () => undefined;
    case 'dead':
      return ({ stage }) => (stage === 'connect' ? deadGreeting(temper.how) : undefined);
    case 'greylisting':
      return greylisting(temper.ms);
    case 'slow':
      return ({ stage }) => (stage === 'idle' ? undefined : { after: temper.ms });
    case 'busy':
      return ({ stage, time }) => (stage === temper.at && time < temper.until ? { reply: busy } : undefined);
    case 'strict':
      return (moment) =>
        moment.stage === temper.at && isUnlucky(moment, temper.part) ? { reply: refused } : undefined;
    case 'full':
      return ({ stage, time }) => (stage === 'rcpt' && time < temper.until ? { reply: full } : undefined);
    case 'flaky':
      return ({ stage }) => (stage !== 'idle' && random() < temper.part / 4 ? mishap(random) : undefined);
    case 'forgetful':
      return ({ stage }) =>
        stage === 'message' && random() < temper.part
          ? { reply: '', end: temper.silent ? 'stall' : 'reset' }
          : undefined;
    case 'crowded':
      return ({ stage }) =>
        stage === 'connect' && open() >= temper.connections ? { reply: crowd } : undefined;
    case 'narrow': {
      const counts = new Map<string, number>();
      return ({ stage, connection, transaction }) => {
        if (stage !== 'rcpt') return undefined;
        const key = `${connection} ${transaction}`;
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        return count > temper.recipients ? { reply: tooMany } : undefined;
      };
    }
  }
}

function deadGreeting(how: string): PeerReaction {
  return how === 'babbling'
    ? { reply: 'SSH-2.0-OpenSSH_9.2\r\n', end: 'close' }
    : { reply: '', end: 'stall' };
}

/** The same recipient, or sender, is always lucky or always not. */
function isUnlucky({ path, from }: PeerMoment, part: number): boolean {
  let hash = 0;
  for (const character of path === '' ? from : path) hash = (hash * 31 + character.charCodeAt(0)) % 1009;
  return hash / 1009 < part;
}

function mishap(random: () => number): PeerReaction {
  const mishaps: readonly PeerReaction[] = [
    { reply: '', end: 'reset' },
    { reply: '', end: 'close' },
    { end: 'reset' },
    { reply: '', end: 'stall' },
    { reply: 'no such thing\r\n' },
    { reply: '25', end: 'close' },
    { reply: reply(421, '4.3.0', 'going down') },
    { reply: busy },
    { after: 400_000 },
  ];
  return mishaps[Math.floor(random() * mishaps.length)] ?? {};
}
