/** The ready mails are what they say they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticate } from 'mailwright/policy';
import { type ReadyMails, readyMails, ZoneResolver } from 'mailwright/testing';

const verdicts: readonly (readonly [
  kind: keyof ReadyMails,
  spf: string,
  dkim: string,
  dmarc: string,
  arc: string,
])[] = [
  ['signed', 'pass', 'pass', 'pass', 'none'],
  ['changed', 'pass', 'fail', 'pass', 'none'],
  ['forged', 'fail', 'none', 'fail', 'none'],
  ['forwarded', 'pass', 'fail', 'fail', 'pass'],
];

for (const domain of ['example.com', 'shop.example']) {
  for (const [kind, ...expected] of verdicts) {
    test(`${kind}, in the name of ${domain}`, async () => {
      const { message, facts, zone } = (await readyMails(domain))[kind];
      const found = await authenticate(message, facts, new ZoneResolver(zone), {
        authservId: 'mx.example.org',
      });
      const { spf, dkim, dmarc, arc } = found;
      assert.deepEqual([spf.result, dkim[0]?.status, dmarc.result, arc.status], expected);
      assert.equal(dmarc.disposition === 'reject', dmarc.result === 'fail');
    });
  }
}

test('they are always the same', async () => {
  assert.deepEqual(await readyMails(), await readyMails());
});
