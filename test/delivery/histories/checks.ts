/** What must hold of every history, whatever happened in it. */
import { checkLimits } from './limit-checks.ts';
import { horizon } from './plan.ts';
import { isForgotten, learned, type Takes, takesOf } from './takes.ts';
import { contentOf, type World } from './world.ts';

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

/** Each recipient was delivered, or given up, or taken back, or is still queued and held. */
async function checkEnds(world: World, takes: Takes, faults: string[]): Promise<void> {
  for (const [number, message] of world.plan.messages.entries()) {
    const id = world.ids[number];
    if (id === undefined) {
      if (world.answers[number] === 'accepted') faults.push(`message ${number} was accepted, and is nowhere`);
      continue;
    }
    if (world.answers[number] === 'refused') faults.push(`message ${number} was refused, and kept`);
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
      const failed = lastVerdict(world, path) === 'failed';
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

/** What the process said last: what it said before may have died with it. */
function lastVerdict(world: World, path: string): 'delivered' | 'failed' | undefined {
  return world.verdicts.findLast((verdict) => verdict.path === path)?.what;
}

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

/** Messages arrive as they were sent, in the name of their sender, and only at servers of the domain. */
function checkContent(world: World, takes: Takes, faults: string[]): void {
  const domains = new Map(world.plan.domains.map(({ name, mx }) => [name, mx]));
  const secured = new Set(world.plan.domains.flatMap(({ name, manner }) => (manner === 'tls' ? [name] : [])));
  for (const [path, taken] of takes) {
    const number = world.numberOf(path);
    const plan = number === null ? undefined : world.plan.messages[number];
    if (number === null || plan === undefined) continue;
    const content = contentOf(number, plan);
    for (const { message, host } of taken) {
      const hostPlan = world.plan.hosts.find(({ name }) => name === host);
      const reencoded = plan.eightBit && hostPlan?.lacks.includes('8BITMIME');
      if (!reencoded && !message.octets.equals(content))
        faults.push(`${path} got other octets than were sent`);
      if (reencoded && message.octets.some((octet) => octet > 127))
        faults.push(`${path} got what ${host} can't take`);
      const tls = world.servers.get(host)?.connections[message.connection - 1]?.tls;
      if (secured.has(path.split('@')[1] ?? '') && !tls) faults.push(`${path} got it in clear`);
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
      const failed = lastVerdict(world, path) === 'failed';
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
  const expected =
    world.plan.spool.faults > 0 ? ['not-recorded', 'not-notified', 'internal', 'reception'] : [];
  for (const trouble of world.troubles) {
    if (!expected.some((kind) => trouble.startsWith(kind))) faults.push(`trouble: ${trouble}`);
  }
}
