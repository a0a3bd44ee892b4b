/** Which failure reports are wanted (RFC 9989 §4.7, `fo`; RFC 9991 §2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DmarcFacts, evaluateDmarc, wantedFailureReports } from 'mailwright/dmarc';
import { ZoneResolver } from 'mailwright/dns';

const spf = { spf: { domain: 'example.com', result: 'pass' } };
const failedDkim = { dkim: [{ domain: 'example.net', result: 'fail' }] };

const table: readonly [tags: string, facts: Partial<DmarcFacts>, wanted: string][] = [
  ['', {}, 'dmarc'],
  ['; fo=0', spf, ''],
  ['; fo=1', spf, 'dmarc'],
  ['; fo=d', { ...spf, ...failedDkim }, 'dkim'],
  ['; fo=s', { spf: { domain: 'example.net', result: 'softfail' } }, 'spf'],
  ['; fo=1:d:s', { spf: { domain: 'example.net', result: 'fail' }, ...failedDkim }, 'dmarc dkim spf'],
  ['; psd=y', {}, ''],
];

for (const [tags, facts, expected] of table) {
  test(`v=DMARC1${tags} with ${JSON.stringify(facts)}: ${expected || 'none'}`, async () => {
    const zone = new ZoneResolver({
      '_dmarc.example.com': { TXT: [`v=DMARC1; p=none; ruf=mailto:a@example.com${tags}`] },
    });
    const verdict = await evaluateDmarc({ authorDomain: 'example.com', ...facts }, zone);
    const wanted = wantedFailureReports(verdict, facts);
    const kinds = (['dmarc', 'dkim', 'spf'] as const).filter((kind) => wanted[kind]);
    assert.equal(kinds.join(' '), expected);
    assert.deepEqual(wanted.ruf, expected === '' ? [] : ['mailto:a@example.com']);
  });
}

test('nobody asked', async () => {
  const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1; p=none'] } });
  const verdict = await evaluateDmarc({ authorDomain: 'example.com' }, zone);
  assert.equal(wantedFailureReports(verdict, {}).dmarc, false);
});
