/** Whatever a server says, and however it comes: the client never throws, and says nothing odd. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { SeededRandom } from 'mailwright/testing';
import { mutant } from '../../../src/testing/mutation.ts';
import { FuzzedClient, fuzzStates, states } from './fuzzing.ts';

suite('each state is reached', () => {
  for (const state of states) {
    test(state.name, () => {
      const client = new FuzzedClient(state);
      client.machine.receive(Buffer.from(state.prefix));
      for (let event = client.machine.next(); event !== null; event = client.machine.next())
        client.decide(event);
      assert.equal(client.machine.patience.why, state.reached);
    });
  }
});

test('mutants of replies in every state', () => {
  assert.equal(fuzzStates(200), 200 * states.length);
});

test('whatever happens, each message that was given gets one result for each recipient, in order', () => {
  for (const state of states) {
    const seeds = state.seeds.map((seed) => Buffer.from(seed));
    for (let run = 0; run < 100; run += 1) {
      const random = new SeededRandom(run);
      const client = new FuzzedClient(state);
      client.machine.receive(Buffer.concat([Buffer.from(state.prefix), mutant({ seeds }, random)]));
      const settle = () => {
        for (let event = client.machine.next(); event !== null; event = client.machine.next())
          client.decide(event);
      };
      settle();
      client.machine.abandon();
      settle();
      const given = client.events.flatMap((event) => (event.type === 'result' ? [event] : []));
      for (const { transaction, result } of given) {
        assert.equal(result.recipients.length, transaction.recipients.length);
        assert.ok(result.recipients.every((each) => each !== null));
      }
      assert.deepEqual(
        given.map(({ transaction }) => transaction),
        client.sent,
      );
      assert.equal(client.events.filter(({ type }) => type === 'close').length, 1);
      assert.equal(client.events.at(-1)?.type, 'close');
    }
  }
});
