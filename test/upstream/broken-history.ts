/** A history of a proxy whose connections break at random moments, on either side, from a seed. */
import assert from 'node:assert/strict';
import type { MailSession } from 'mailwright/delivery';
import { reply } from 'mailwright/smtp';
import { type LinkFault, SeededRandom } from 'mailwright/testing';
import { account, World } from './world.ts';

const accounts = ['a', 'b', 'c'].map((id) =>
  account({ id, users: [id], limits: { atOnce: 2, perMinute: 20 } }),
);

/** Some connections break after so many octets, or so many milliseconds. */
function faultFor(random: SeededRandom): LinkFault | undefined {
  if (random.below(4) > 0) return undefined;
  const kind = random.pick(['cut', 'cut', 'cut', 'stall'] as const);
  const when = random.pick([
    { sent: random.below(1500) },
    { received: random.below(700) },
    { ms: random.below(3000) },
  ]);
  return { kind, when };
}

/** A client sends some messages, and is another one whenever its connection breaks. */
async function sendSome(world: World, user: string, who: number, told: Map<string, string>): Promise<void> {
  let client: MailSession | null = null;
  for (let number = 0; number < 6; number += 1) {
    client = client === null || client.closed ? await world.connect(user) : client;
    if (client === null) continue;
    const name = `${who}-${number}`;
    const text = `Subject: ${name}\r\n\r\n${'x'.repeat(200)}\r\n`;
    const [verdict = ''] = await world.submit(client, { text });
    told.set(name, verdict);
  }
  await client?.quit();
}

/**
 * Lives through one history.
 *
 * @throws AssertionError when a client was told what is not so, or a permit is missing in the end
 */
export async function liveThrough(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const world = new World({
    seed,
    accounts,
    faults: () => faultFor(random),
    script: [
      ({ stage }) => {
        if (stage === 'rcpt' && random.below(20) === 0) return { reply: reply(450, '4.2.1', 'Busy') };
        if (stage === 'mail' && random.below(30) === 0) return { reply: reply(530, '5.7.0', 'Log in') };
        return stage === 'message' ? { after: random.below(400) } : undefined;
      },
    ],
    upstream: { patience: 20_000, deadline: 60_000 },
  });
  const told = new Map<string, string>();
  const users = ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'];
  await world.run(Promise.all(users.map((user, who) => sendSome(world, user, who, told))));

  const taken = new Set<string>();
  for (const { octets, taken: by } of world.provider.messages) {
    if (by[0] === true) taken.add(/^Subject: (.*)$/m.exec(String(octets))?.[1] ?? '');
  }
  for (const [name, verdict] of told) {
    if (verdict.startsWith('250')) assert.ok(taken.has(name), `${name} was told ${verdict}`);
  }
  assert.ok([...told.values()].some((verdict) => verdict.startsWith('250')));
  await world.pass(120_000);
  assert.deepEqual(new Set(world.permits), new Set([0]));
  const { accounts: counters, sessions } = world.upstream.statistics();
  for (const { connections } of Object.values(counters)) assert.equal(connections, 0);
  assert.ok(sessions.opened > 0);
  await world.run(world.upstream.close());
}
