/** What must hold of every history, whatever happened in it. */
import type { Rate } from 'mailwright/delivery';
import type { RecipientResult } from 'mailwright/smtp';
import type { PeerMessage } from 'mailwright/testing';
import { horizon } from './plan.ts';
import type { Sending } from './process.ts';
import { contentOf, type Life, type World } from './world.ts';

/** A server took the message for a recipient. */
interface Take {
  readonly path: string;
  readonly at: number;
  readonly host: string;
  readonly life: number;
  readonly message: PeerMessage;
  readonly sending: Sending | undefined;
}

/** Everything that is wrong with a history that has ended; each fault names its recipient or server. */
export async function faultsOf(world: World): Promise<readonly string[]> {
  const takes = takesOf(world);
  const faults: string[] = [];
  await checkEnds(world, takes, faults);
  checkRepetition(world, takes, faults);
  checkContent(world, takes, faults);
  checkNotices(world, takes, faults);
  checkAttempts(world, faults);
  checkOperators(world, takes, faults);
  checkLimits(world, faults);
  await checkRest(world, faults);
  return faults;
}

function takesOf(world: World): ReadonlyMap<string, readonly Take[]> {
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
function lifeAt(end: { readonly family: string; readonly address?: string }): number {
  return Number(end.address?.split('.').at(-1));
}

/** What the process learned of a take: the words of `RecipientResult`, or that it did not live to learn it. */
function learned({ sending, path }: Take): Learned | 'unseen' {
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

/** Each recipient was delivered, or given up, or taken back, or is still queued and held. */
async function checkEnds(world: World, takes: Takes, faults: string[]): Promise<void> {
  for (const [number, message] of world.plan.messages.entries()) {
    const id = world.ids[number] ?? '';
    const context = await world.storage.context(id).catch(() => null);
    if (context !== null && !context.queue.held) {
      faults.push(
        `message ${number} is still in the queue: ${JSON.stringify([context.queue, context.delivery])}`,
      );
    }
    const removed = world.done.some(
      ({ deed, answer }) =>
        deed.message === number && ['cancel', 'delete'].includes(deed.kind) && answer !== false,
    );
    for (const { path } of message.recipients) {
      const taken = takes.get(path) ?? [];
      const failed = world.verdicts.some((verdict) => verdict.path === path && verdict.what === 'failed');
      const delivered = world.verdicts.some(
        (verdict) => verdict.path === path && verdict.what === 'delivered',
      );
      if (context === null && !removed && taken.length === 0 && !failed) faults.push(`${path} is lost`);
      if (delivered && taken.length === 0) faults.push(`${path} is called delivered, and nobody has it`);
      if (failed && taken.some((take) => learned(take) === 'accepted' && !isForgotten(world, take))) {
        faults.push(`${path} is called failed, although a server has it and said so`);
      }
    }
  }
}

type Takes = ReadonlyMap<string, readonly Take[]>;

/** Nobody got a message twice, unless the process could not know, or died before it could write it down. */
function checkRepetition(world: World, takes: Takes, faults: string[]): void {
  for (const [path, taken] of takes) {
    for (const take of taken) {
      const what = learned(take);
      if (what !== 'accepted' && what !== 'ambiguous' && what !== 'died') {
        faults.push(`${path} was taken by ${take.host}, and the process believes: ${what}`);
      }
    }
    for (const take of taken.slice(0, -1)) {
      if (learned(take) === 'accepted' && !isForgotten(world, take)) {
        faults.push(
          `${path} was delivered ${taken.length} times, although ${take.host} had said that it has it`,
        );
      }
    }
  }
}

function isForgotten(world: World, { life, path }: Take): boolean {
  return lifeOf(world, life)?.forgotten.has(path) === true;
}

function lifeOf(world: World, life: number): Life | undefined {
  return world.lives[life - 1];
}

/** Messages arrive as they were sent, in the name of their sender, and only at servers of the domain. */
function checkContent(world: World, takes: Takes, faults: string[]): void {
  const domains = new Map(world.plan.domains.map(({ name, mx }) => [name, mx]));
  for (const [path, taken] of takes) {
    const number = world.numberOf(path);
    const plan = number === null ? undefined : world.plan.messages[number];
    if (number === null || plan === undefined) continue;
    const content = contentOf(number, plan);
    for (const { message, host } of taken) {
      if (!message.octets.equals(content)) faults.push(`${path} got other octets than were sent`);
      if (message.from !== plan.from) faults.push(`${path} got it from ${message.from}`);
      if (domains.get(path.split('@')[1] ?? '')?.includes(host) !== true)
        faults.push(`${path} was given to ${host}`);
    }
  }
}

/** Who asked for notifications, or did not ask against them, got them. */
function checkNotices(world: World, takes: Takes, faults: string[]): void {
  const crashes = world.lives.filter(({ how }) => how === 'crash').length;
  for (const [number, { from, recipients }] of world.plan.messages.entries()) {
    for (const { path, notify = ['failure'] } of recipients) {
      const told = (action: string) =>
        world.mailbox.filter(({ text, to }) => to === from && actionFor(text, path) === action).length;
      const failed = world.verdicts.some((verdict) => verdict.path === path && verdict.what === 'failed');
      const wanted = from !== '' && notify.includes('failure');
      const failures = told('failed');
      const gone = world.done.some(({ deed }) => deed.message === number && deed.kind !== 'flush');
      if (failed && wanted && failures === 0 && !gone)
        faults.push(`${from} was not told that ${path} failed`);
      if (failures > 0 && !wanted)
        faults.push(`${from} was told that ${path} failed, and did not want to know`);
      if (failures > 0 && !failed) faults.push(`${from} was told that ${path} failed, and it did not`);
      if (failures > 1 + crashes && !gone)
        faults.push(`${from} was told ${failures} times that ${path} failed`);
      const taken = takes.get(path) ?? [];
      const oneself = taken.length === 1 && taken[0]?.sending?.result?.dsn === false;
      if (oneself && !failed && !gone && from !== '' && notify.includes('success')) {
        if (told('relayed') + told('delivered') === 0)
          faults.push(`${from} was not told that ${path} was relayed`);
      }
      if (
        told('delayed') > 0 &&
        notify !== undefined &&
        !notify.includes('delay') &&
        notify.includes('never')
      ) {
        faults.push(`${from} was told of a delay of ${path}, and never wanted to hear anything`);
      }
    }
  }
}

/** What a notification says of a recipient (RFC 3464 §2.3.3); `null` where it says nothing. */
function actionFor(text: string, path: string): string | null {
  for (const part of text.split(/\r\n\r\n/)) {
    if (!part.includes(`Final-Recipient: rfc822; ${path}\r\n`)) continue;
    return /^Action: (\w+)/m.exec(part)?.[1] ?? null;
  }
  return null;
}

/** Nothing is tried while it is held, before its time, after its deadline, or more often than the schedule says. */
function checkAttempts(world: World, faults: string[]): void {
  for (const { at, context, recipients, number } of world.attempts) {
    const { envelope, queue } = context;
    const paths = recipients.map(({ path }) => path).join(', ');
    if (queue.held) faults.push(`${paths} was tried while it was held`);
    if (at < (envelope.holdUntil ?? 0)) faults.push(`${paths} was tried before its release`);
    const { at: deadline = Number.POSITIVE_INFINITY, mode } = envelope.deliverBy ?? {};
    const isSent = world.sendings.some(
      (each) =>
        each.at >= at &&
        each.transaction.recipients.some(({ path }) => recipients.some((one) => one.path === path)),
    );
    if (mode === 'return' && at >= deadline && isSent) faults.push(`${paths} was sent after its deadline`);
    const local = paths.endsWith('@home.example');
    if (number > 25 && !local) faults.push(`${paths} was tried ${number} times`);
  }
}

/** What an operator was promised. */
function checkOperators(world: World, takes: Takes, faults: string[]): void {
  for (const { deed, answer } of world.done) {
    const { recipients } = world.plan.messages[deed.message] ?? { recipients: [] };
    const sent = recipients.some(({ path }) => {
      const taken = takes.get(path) ?? [];
      return taken.some((take) => learned(take) === 'accepted' && !isForgotten(world, take));
    });
    if (deed.kind === 'cancel' && answer === true && sent) {
      faults.push(`message ${deed.message} was cancelled, and sent`);
    }
  }
}

/** Limits, as servers see them. Each life has limits of its own. */
function checkLimits(world: World, faults: string[]): void {
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
        // An attempt that is given up is none for the process any more when its answer arrives.
        ({ remote, openedAt, closedAt }) =>
          lifeAt(remote) === life && (closedAt ?? openedAt) - openedAt > 2 * latency,
      );
      const here = own.map(({ openedAt, closedAt }) => ({
        life,
        from: openedAt - latency,
        to: (closedAt ?? openedAt) - latency,
      }));
      spans.push(...here);
      const most = mostAtOnce(here);
      if (most > pool.perTarget) faults.push(`${host} had ${most} connections of life ${life} at once`);
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
      // Between the leave to send and the sending, a connection is made.
      const allowed = (rate.burst ?? 1) + (at - first.at + connectTime) / gap + 1;
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

/** When all is over, nothing is left open, and nobody holds a permit. */
async function checkRest(world: World, faults: string[]): Promise<void> {
  const { process } = world.lives.at(-1) ?? {};
  if (process === undefined) return;
  const { connections, waiting, underWay } = process.sender.counters;
  const { inUse, waiting: inLine } = process.shaper.counters;
  const { inHand } = await process.queue.statistics();
  const rest = { connections, waiting, underWay, inUse, inLine, inHand };
  if (Object.values(rest).some((count) => count !== 0))
    faults.push(`at the end there are left: ${JSON.stringify(rest)}`);
  const open = world.network.open(process.address);
  if (open > 0) faults.push(`at the end ${open} connections are open`);
  if (world.clock.now() < horizon) faults.push('the history did not come to its end');
  const expected = world.plan.spool.faults > 0 ? ['not-recorded', 'not-notified', 'internal'] : [];
  for (const trouble of world.troubles) {
    if (!expected.some((kind) => trouble.startsWith(kind))) faults.push(`trouble: ${trouble}`);
  }
}
