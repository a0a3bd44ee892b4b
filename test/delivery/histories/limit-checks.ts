/** What limits there were, and whether they were kept. */
import type { Rate } from 'mailwright/delivery';
import type { Sending } from './process.ts';
import { lifeAt } from './takes.ts';
import type { World } from './world.ts';

/** Limits, as servers see them. Each life has limits of its own. */
export function checkLimits(world: World, faults: string[]): void {
  const { pool, concurrency, rate, domains } = world.plan;
  const spans: Span[] = [];
  // Across a partition a server sees connections end long after they have ended.
  const parted = new Set(world.plan.partitions.map((partition) => partition.host));
  const seen = world.plan.hosts.filter(({ address }) => !parted.has(address)).map(({ name }) => name);
  for (const [host, server] of [...world.servers].filter(([name]) => seen.includes(name))) {
    for (const life of world.lives.map((_, index) => index + 1)) {
      // As the process sees them, which is at the other end of the wire.
      const { latency } = world.plan.hosts.find(({ name }) => name === host) ?? { latency: 0 };
      const own = server.connections.filter(
        // An attempt that is given up is none for the process any more when its answer arrives. Who stalls sees
        // no end.
        ({ remote, openedAt, closedAt, end }) =>
          lifeAt(remote) === life && (closedAt ?? openedAt) - openedAt > 2 * latency && end !== 'stalled',
      );
      const here = own.map(({ openedAt, closedAt }) => ({
        life,
        from: openedAt - latency,
        to: (closedAt ?? openedAt) - latency,
      }));
      spans.push(...here);
      const most = mostAtOnce(here);
      // What must be encrypted has connections of its own.
      const kinds = new Set(domains.flatMap(({ mx, manner }) => (mx.includes(host) ? [manner] : []))).size;
      if (most > pool.perTarget * kinds)
        faults.push(`${host} had ${most} connections of life ${life} at once`);
    }
    for (const { commands, number } of server.connections) {
      const count = commands.filter((line) => /^MAIL/i.test(line)).length;
      if (count > pool.messages) faults.push(`${host} got ${count} messages over connection ${number}`);
    }
  }
  for (const index of world.lives.keys()) {
    const life = index + 1;
    const total = mostAtOnce(spans.filter((span) => span.life === life));
    if (total > pool.total) faults.push(`there were ${total} connections at once in life ${life}`);
    for (const host of world.servers.keys()) {
      const sendings = world.sendings.filter((each) => each.life === life && each.host === host);
      const sites = sitesOf(world, host);
      const most = mostAtOnce(sendings.map(({ at, endedAt }) => ({ life, from: at, to: endedAt })));
      if (most > concurrency * sites) faults.push(`${host} had ${most} transactions of life ${life} at once`);
    }
  }
  if (rate !== undefined) checkPace(world, rate, domains[0]?.name ?? '', faults);
}

/** The pace of messages to a domain; one that takes several transactions makes those after it wait longer. */
function checkPace(world: World, rate: Rate, domain: string, faults: string[]): void {
  const gap = (rate.per === 'second' ? 1000 : 60_000) / rate.messages;
  const goesThere = ({ path }: { readonly path: string }) => path.endsWith(`@${domain}`);
  const begun = new Set<Sending>();
  for (const { life, at, context } of world.attempts.filter((attempt) =>
    attempt.recipients.some(goesThere),
  )) {
    const theirs = (path: string) =>
      goesThere({ path }) && world.ids[world.numberOf(path) ?? -1] === context.id;
    const first = world.sendings.find(
      (each) =>
        each.life === life && each.at >= at && each.transaction.recipients.some(({ path }) => theirs(path)),
    );
    if (first !== undefined) begun.add(first);
  }
  const inOrder = [...begun].sort((a, b) => a.at - b.at);
  for (const first of begun) {
    const after = inOrder.filter(({ life, at }) => life === first.life && at >= first.at);
    for (const [index, { at }] of after.entries()) {
      // Between the leave to send and the sending, a connection is made, and others may be waiting for one.
      const waiting = world.plan.concurrency - 1;
      const allowed = (rate.burst ?? 1) + (at - first.at + connectTime) / gap + 1 + waiting;
      if (index + 1 > allowed)
        faults.push(`${index + 1} messages went to ${domain} within ${at - first.at} ms`);
    }
  }
}

/** The longest time that a good server takes until it can be given a message. */
const connectTime = 1000;

interface Span {
  readonly life: number;
  readonly from: number;
  readonly to: number;
}

/** Sites that a server belongs to: each has its own limit. Those whose pace is a rule of its own count as well. */
function sitesOf({ plan: { domains } }: World, host: string): number {
  const sites = new Set<string>();
  for (const { name, mx } of domains) {
    if (Array.isArray(mx) && mx.includes(host))
      sites.add(`${[...mx].sort().join(' ')} ${name === 'd0.example'}`);
  }
  return sites.size;
}

function mostAtOnce(spans: readonly Span[]): number {
  const moments = spans.flatMap(({ from, to }) => [
    { at: from, change: 1 },
    { at: to, change: -1 },
  ]);
  // What ends makes room for what begins at the same moment.
  moments.sort((a, b) => a.at - b.at || a.change - b.change);
  let [open, most] = [0, 0];
  for (const { change } of moments) {
    open += change;
    most = Math.max(most, open);
  }
  return most;
}
