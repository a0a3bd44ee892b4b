import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { test } from 'node:test';
import { localRoute } from 'mailwright/delivery';
import { contextOf, recipientAt } from './survey.ts';

const attempt = {
  context: contextOf(),
  recipients: [recipientAt('example.org')],
  body: { size: 0, open: async function* () {} },
  signal: new AbortController().signal,
};
const broken = () => Promise.reject(new Error('disk full'));

test('without a function of the host, a warning is one of the process', async (t) => {
  const emitted = t.mock.method(process, 'emitWarning', () => {});
  await localRoute(broken).deliver(attempt);
  assert.deepEqual(
    emitted.mock.calls.map((call) => call.arguments),
    [['local delivery failed', { type: 'DeliveryWarning', code: 'LOCAL_FAULT' }]],
  );
});

test('it is published, whoever else is told', async () => {
  const published: unknown[] = [];
  const listen = (message: unknown) => published.push(message);
  subscribe('mailwright:delivery.warning', listen);
  await localRoute(broken, { destination: 'inbox', warn: () => {} }).deliver(attempt);
  unsubscribe('mailwright:delivery.warning', listen);
  const error = new Error('disk full');
  assert.deepEqual(published, [
    { code: 'LOCAL_FAULT', destination: 'inbox', text: 'local delivery failed', error },
  ]);
});

test('a function that fails itself costs neither the outcome nor the process', async (t) => {
  const emitted = t.mock.method(process, 'emitWarning', () => {});
  const warn = () => {
    throw new Error('no log');
  };
  const [outcome] = await localRoute(broken, { warn }).deliver(attempt);
  assert.equal(outcome?.result, 'deferred');
  const later = (async () => warn()) as () => void;
  await localRoute(broken, { warn: later }).deliver(attempt);
  assert.equal(emitted.mock.callCount(), 2);
});
