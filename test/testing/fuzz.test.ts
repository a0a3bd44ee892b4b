import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FuzzFailure,
  fuzz,
  fuzzMachine,
  type MachineFuzzOptions,
  mutant,
  SeededRandom,
} from 'mailwright/testing';
import { type ToyDefect, type ToyEvent, ToyMachine } from './toy-machine.ts';

const seeds = [Buffer.from('ADD somebody\r\n'), Buffer.from('TEXT\r\none\r\ntwo\r\n.\r\n')];
const dictionary = [
  Buffer.from('\r\n.\r\n'),
  Buffer.from('QUIT'),
  Buffer.from('LOOP\r\n'),
  Buffer.from('B\r\n'),
];

function fuzzToy(defect?: ToyDefect, options: Partial<MachineFuzzOptions> = {}) {
  return fuzzMachine<ToyEvent>(
    {
      name: 'toy',
      runs: 2000,
      seeds,
      dictionary,
      faultOf: (output) =>
        /^(?:[0-9]{3} [^\r\n]*\r\n|body\r\n)*$/.test(Buffer.from(output).toString('latin1'))
          ? undefined
          : 'not lines of three digits and text',
      ...options,
    },
    (random) => {
      const machine = new ToyMachine(defect);
      return {
        machine,
        decide(event) {
          if (event.type === 'add') machine.answer(event, random.below(2) === 0 ? '250 yes' : '550 no');
          if (event.type === 'auth') machine.answer(event, false);
        },
        held: () => machine.held,
      };
    },
  );
}

function failureOf(deed: () => unknown): FuzzFailure {
  try {
    deed();
  } catch (failure) {
    assert.ok(failure instanceof FuzzFailure, String(failure));
    return failure;
  }
  return assert.fail('nothing was found');
}

test('a sound machine passes, and the same options give the same inputs', () => {
  const report = fuzzToy(undefined, { prefix: Buffer.from('TEXT\r\n'), maxHeld: 120_000 });
  assert.equal(report.runs, 2000);
  assert.deepEqual(fuzzToy(undefined, { prefix: Buffer.from('TEXT\r\n') }), report);
});

const defects: readonly (readonly [ToyDefect, RegExp, Partial<MachineFuzzOptions>?])[] = [
  ['throws', /threw TypeError: an octet that nobody expected/],
  ['bare-newline', /not lines of three digits and text/],
  ['chunk-sensitive', /pieces it brought .*in one/],
  ['hoards', /held \d+ octets, more than 8000/, { maxHeld: 8000, maxLength: 10_000 }],
  ['restless', /events without new input/],
];

for (const [defect, complaint, options] of defects) {
  test(`a machine that ${defect} is found`, () => {
    const failure = failureOf(() => fuzzToy(defect, options));
    assert.match(failure.fixture.complaint, complaint);
    assert.match(failure.message, /fixture: \{"name":"toy"/);
  });
}

test('too much output is found', () => {
  assert.match(
    failureOf(() => fuzzToy(undefined, { maxOutput: 40 })).message,
    /sent \d+ octets, more than 40/,
  );
});

test('a failing input is shortened, and as a fixture it fails again at once', () => {
  const { fixture } = failureOf(() => fuzzToy('throws'));
  assert.equal(fixture.input, Buffer.from('\0').toString('base64'));
  assert.equal(
    failureOf(() => fuzzToy('throws', { runs: 0, fixtures: [fixture] })).fixture.input,
    fixture.input,
  );
  assert.deepEqual(fuzzToy(undefined, { runs: 0, fixtures: [fixture] }), { runs: 1, octets: 1 });
});

test('one run of a series can be repeated alone', () => {
  const { fixture } = failureOf(() => fuzzToy('throws'));
  const again = failureOf(() => fuzzToy('throws', { first: fixture.run, runs: 1 }));
  assert.deepEqual(again.fixture.run, fixture.run);
});

test('fuzz without a machine: a complaint is a failure, silence is not', () => {
  const options = { name: 'plain', runs: 100, seeds: [Buffer.from('abc')] };
  assert.equal(fuzz(options, () => undefined).runs, 100);
  assert.match(failureOf(() => fuzz(options, () => 'bad')).message, /^plain: bad/);
});

test('mutants stay within their length, differ, and reach beyond their seeds', () => {
  const random = new SeededRandom(3);
  const made = Array.from({ length: 500 }, () => mutant({ seeds, dictionary, maxLength: 300 }, random));
  assert.ok(made.every((octets) => octets.length <= 300));
  assert.ok(made.some((octets) => octets.length === 300));
  assert.ok(new Set(made.map((octets) => Buffer.from(octets).toString('latin1'))).size > 450);
});

test('a seeded source repeats itself and spreads evenly', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, () => new SeededRandom(seed).next());
  assert.deepEqual(draw(5), draw(5));
  assert.notDeepEqual(draw(5), draw(6));
  const random = new SeededRandom(1);
  const counts = [0, 0, 0, 0];
  for (let count = 0; count < 40_000; count++) {
    const face = random.below(4);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  assert.ok(
    counts.every((count) => count > 9_500 && count < 10_500),
    counts.join(),
  );
  assert.throws(() => random.pick([]), RangeError);
});
