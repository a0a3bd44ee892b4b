/**
 * The suite that every suppression list runs through: the contract of `mailwright/delivery`.
 */
import assert from 'node:assert/strict';
import type { Suppression, SuppressionList } from '../delivery/index.ts';
import type { SuiteCase } from './spool.ts';

/**
 * The cases that a suppression list has to pass.
 *
 * @param open - a list without anything in it, another one for each case
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { MemorySuppressionList } from 'mailwright/delivery';
 * import { suppressionListSuite } from 'mailwright/testing';
 *
 * for (const { name, run } of suppressionListSuite(() => new MemorySuppressionList())) test(name, run);
 * ```
 */
export function suppressionListSuite(open: () => SuppressionList | Promise<SuppressionList>): SuiteCase[] {
  return Object.entries(cases).map(([name, act]) => ({
    name,
    skip: false,
    run: async () => act(await open()),
  }));
}

const noon = Date.UTC(2026, 4, 1, 12);

function entry(address: string, more: Partial<Suppression> = {}): Suppression {
  return { address, reason: 'no-such-user', at: noon, ...more };
}

function addresses(list: SuppressionList, now = noon): string[] {
  return [...list.list(now)].map(({ address }) => address);
}

const cases: Readonly<Record<string, (list: SuppressionList) => Promise<void>>> = {
  'an empty list has nothing': async (list) => {
    assert.equal(list.find('sam@example.net', noon), undefined);
    assert.deepEqual(addresses(list), []);
    await list.remove('sam@example.net');
  },
  'the last entry of an address counts, however the address is spelt': async (list) => {
    await list.add(entry('sam@example.net'));
    const last = entry('Sam@B\u00dcCHER.example', { reason: 'complaint', text: 'no\nmore' });
    await list.add(entry('sam@xn--bcher-kva.example'));
    await list.add(last);
    assert.deepEqual(list.find('SAM@b\u00fccher.EXAMPLE', noon), last);
    assert.deepEqual(addresses(list), ['sam@example.net', 'Sam@B\u00dcCHER.example']);
  },
  'entries stand in the order in which they were added; what is removed is gone': async (list) => {
    for (const name of ['b', 'c', 'a']) await list.add(entry(`${name}@example.net`));
    await list.remove('C@example.net');
    assert.deepEqual(addresses(list), ['b@example.net', 'a@example.net']);
    assert.equal(list.find('c@example.net', noon), undefined);
  },
  'an entry is there until its time has passed': async (list) => {
    await list.add(entry('sam@example.net', { until: noon + 10 }));
    assert.ok(list.find('sam@example.net', noon + 9));
    assert.deepEqual(addresses(list, noon + 9), ['sam@example.net']);
    assert.deepEqual(addresses(list, noon + 10), []);
    assert.equal(list.find('sam@example.net', noon + 10), undefined);
    await list.add(entry('sam@example.net', { until: noon + 30 }));
    assert.ok(list.find('sam@example.net', noon + 20));
  },
  'a change is seen before its Promise has resolved': async (list) => {
    const added = list.add(entry('sam@example.net'));
    assert.ok(list.find('sam@example.net', noon));
    const removed = list.remove('sam@example.net');
    assert.equal(list.find('sam@example.net', noon), undefined);
    await added;
    await removed;
    assert.equal(list.find('sam@example.net', noon), undefined);
  },
  'any text is an address': async (list) => {
    const odd = ['__proto__', '', 'a\nb', '"a b"@x', '\0', 'x'.repeat(3000), 'zo\u00eb@example.net'];
    for (const address of odd) await list.add(entry(address));
    assert.deepEqual(addresses(list), odd);
    for (const address of odd) assert.equal(list.find(address, noon)?.address, address);
  },
};
