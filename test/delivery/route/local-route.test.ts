import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type DeliveryWarning,
  domainRoutes,
  type LocalDelivery,
  localRoute,
  type Outcome,
} from 'mailwright/delivery';
import { World } from '../queue/world.ts';
import { contextOf, recipientAt } from './survey.ts';

const recipients = [recipientAt('example.org'), recipientAt('example.net')];
const body = { size: 0, open: async function* () {} };

async function deliver(by: LocalDelivery, signal = new AbortController().signal) {
  const warnings: DeliveryWarning[] = [];
  const route = localRoute(by, { warn: (warning) => warnings.push(warning) });
  const outcomes = await route.deliver({ context: contextOf(), recipients, body, signal });
  const brief = (outcome: Outcome) =>
    `${outcome.result} ${outcome.result === 'limited' ? outcome.until : outcome.status}`;
  return { outcomes: outcomes.map(brief), warnings };
}

suite('delivery by a function of the host', () => {
  const done: Outcome = { result: 'delivered', how: 'delivered', status: '2.1.5', text: 'in the inbox' };
  const full: Outcome = { result: 'deferred', status: '4.2.2', text: 'full' };
  const table: [what: string, by: LocalDelivery, expected: string[]][] = [
    ['nothing said: all have it', async () => undefined, ['delivered 2.0.0', 'delivered 2.0.0']],
    ['nothing said at once', () => undefined, ['delivered 2.0.0', 'delivered 2.0.0']],
    ['one outcome for each', () => [done, full], ['delivered 2.1.5', 'deferred 4.2.2']],
  ];
  for (const [what, by, expected] of table) {
    test(what, async () => {
      const { outcomes, warnings } = await deliver(by);
      assert.deepEqual(outcomes, expected);
      assert.deepEqual(warnings, []);
    });
  }

  const faults: [what: string, by: LocalDelivery][] = [
    [
      'it throws',
      () => {
        throw new Error('secret path');
      },
    ],
    ['it rejects', () => Promise.reject(new Error('secret path'))],
    ['it answers for fewer recipients', () => [done]],
  ];
  for (const [what, by] of faults) {
    test(`${what}: later, and a warning with the cause`, async () => {
      const { outcomes, warnings } = await deliver(by);
      assert.deepEqual(outcomes, ['deferred 4.3.0', 'deferred 4.3.0']);
      assert.deepEqual(
        warnings.map(({ code, text }) => `${code}: ${text}`),
        ['LOCAL_FAULT: local delivery failed'],
      );
      assert.ok(warnings[0]?.error instanceof Error);
    });
  }

  test('an attempt that was ended early did not fail', async () => {
    const by: LocalDelivery = ({ signal }) => signal.throwIfAborted() as undefined;
    const { outcomes, warnings } = await deliver(by, AbortSignal.abort());
    assert.deepEqual(outcomes, ['limited 0', 'limited 0']);
    assert.deepEqual(warnings, []);
  });

  test('a message for the recipients of two functions goes to both, to each for its own', async () => {
    const seen: string[] = [];
    const inbox = (name: string) =>
      localRoute((attempt) => {
        for (const { path } of attempt.recipients) seen.push(`${name}: ${path}`);
        return undefined;
      });
    const router = domainRoutes({ 'one.example': inbox('one'), 'two.example': inbox('two') });
    const world = new World({ router });
    await world.add(['a@one.example', 'b@two.example']);
    await world.run();
    assert.deepEqual(seen.sort(), ['one: a@one.example', 'two: b@two.example']);
  });
});
