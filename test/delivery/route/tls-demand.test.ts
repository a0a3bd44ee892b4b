import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { DaneFinding } from 'mailwright/dane';
import type { TlsPolicy } from 'mailwright/delivery';
import type { MtaStsFinding, MtaStsPolicy } from 'mailwright/mtasts';
import { type TlsFacts, type TlsWish, tlsDemand } from '../../../src/delivery/route/tls-demand.ts';
import { demandOf } from './survey.ts';

const record = { usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) };
const dane: Record<string, DaneFinding> = {
  usable: { kind: 'records', records: [record], name: '_25._tcp.mx.example.org' },
  useless: { kind: 'records', records: [], name: '_25._tcp.mx.example.org' },
  failure: { kind: 'failure', text: 'SERVFAIL' },
  none: { kind: 'none' },
};
const policy = (mode: MtaStsPolicy['mode'], mx: string): MtaStsFinding => ({
  kind: 'policy',
  policy: { mode, maxAge: 86_400, mx: [mx] },
});
const sts: Record<string, MtaStsFinding> = {
  none: { kind: 'none' },
  enforce: policy('enforce', '*.example.org'),
  'enforce other': policy('enforce', 'mx.example.net'),
  testing: policy('testing', '*.example.org'),
  'testing other': policy('testing', 'mx.example.net'),
  off: policy('none', 'mx.example.net'),
  failure: { kind: 'failure', why: 'fetch', text: 'HTTP status 500' },
};

function decide(facts: Partial<TlsFacts>): string {
  const ruling = tlsDemand({
    policy: 'opportunistic',
    wish: 'default',
    domain: 'example.org',
    mxName: 'mx.example.org',
    trustedName: false,
    sts: sts['none'] as MtaStsFinding,
    dane: dane['none'] as DaneFinding,
    tlsaBase: 'mx.example.org',
    ...facts,
  });
  const detail = ruling.detail === undefined ? '' : `, report ${ruling.detail.resultType}`;
  return `${ruling.ok ? demandOf(ruling.tls) : ruling.status} (${ruling.policy.policyType})${detail}`;
}

suite('DANE and MTA-STS (RFC 7672 §2.2, RFC 8461 §5)', () => {
  const table: [daneFinding: string, stsFinding: string, expected: string][] = [
    ['none', 'none', 'opportunistic (no-policy-found)'],
    ['none', 'off', 'opportunistic (no-policy-found)'],
    ['none', 'failure', 'opportunistic (no-policy-found)'],
    ['none', 'testing', 'opportunistic pkix mx.example.org (sts)'],
    ['none', 'testing other', 'opportunistic (sts), report validation-failure'],
    ['none', 'enforce', 'required pkix mx.example.org (sts)'],
    ['none', 'enforce other', '4.7.5 (sts), report validation-failure'],
    // RFC 8461 §2: DANE goes before MTA-STS.
    ['usable', 'none', 'required dane mx.example.org example.org (tlsa)'],
    ['usable', 'enforce', 'required dane mx.example.org example.org (tlsa)'],
    ['usable', 'enforce other', 'required dane mx.example.org example.org (tlsa)'],
    // RFC 7672 §2.2: records that are of no use ask for TLS, not for a certificate.
    ['useless', 'none', 'required any (tlsa)'],
    ['useless', 'testing', 'required any (tlsa)'],
    ['useless', 'enforce', 'required pkix mx.example.org (sts)'],
    ['useless', 'enforce other', '4.7.5 (sts), report validation-failure'],
    // RFC 7672 §2.1.2: no answer about TLSA records is no leave to go without.
    ['failure', 'none', '4.7.5 (no-policy-found), report dnssec-invalid'],
    ['failure', 'enforce', '4.7.5 (no-policy-found), report dnssec-invalid'],
  ];
  for (const [daneFinding, stsFinding, expected] of table) {
    test(`DANE ${daneFinding}, MTA-STS ${stsFinding}: ${expected}`, () => {
      const facts = { dane: dane[daneFinding] as DaneFinding, sts: sts[stsFinding] as MtaStsFinding };
      assert.equal(decide(facts), expected);
    });
  }
});

suite('what is configured', () => {
  const table: [configured: TlsPolicy, daneFinding: string, stsFinding: string, expected: string][] = [
    ['none', 'usable', 'enforce', 'none (no-policy-found)'],
    ['any', 'none', 'none', 'required any (no-policy-found)'],
    ['any', 'none', 'enforce', 'required pkix mx.example.org (sts)'],
    ['any', 'usable', 'none', 'required dane mx.example.org example.org (tlsa)'],
    ['any', 'none', 'testing other', 'required any (sts), report validation-failure'],
    ['required', 'none', 'none', 'required pkix mx.example.org (no-policy-found)'],
    ['required', 'useless', 'none', 'required pkix mx.example.org (tlsa)'],
    ['required', 'usable', 'none', 'required dane mx.example.org example.org (tlsa)'],
    ['required', 'none', 'enforce other', '4.7.5 (sts), report validation-failure'],
    ['dane', 'usable', 'none', 'required dane mx.example.org example.org (tlsa)'],
    // RFC 8460 §4.3.2.1.
    ['dane', 'none', 'enforce', '4.7.5 (no-policy-found), report dane-required'],
    ['dane', 'useless', 'none', '4.7.5 (no-policy-found), report dane-required'],
    ['sts', 'none', 'enforce', 'required pkix mx.example.org (sts)'],
    ['sts', 'none', 'testing', 'required pkix mx.example.org (sts)'],
    ['sts', 'none', 'testing other', '4.7.5 (sts), report validation-failure'],
    ['sts', 'none', 'none', '4.7.5 (no-policy-found)'],
    ['sts', 'none', 'failure', '4.7.5 (no-policy-found)'],
    ['sts', 'usable', 'none', 'required dane mx.example.org example.org (tlsa)'],
  ];
  for (const [configured, daneFinding, stsFinding, expected] of table) {
    test(`${configured}, DANE ${daneFinding}, MTA-STS ${stsFinding}: ${expected}`, () => {
      const facts = { dane: dane[daneFinding] as DaneFinding, sts: sts[stsFinding] as MtaStsFinding };
      assert.equal(decide({ policy: configured, ...facts }), expected);
    });
  }

  test('the certificate may be asked to bear other names', () => {
    const facts = { policy: 'required', certificateNames: ['smtp.example.net'] } as const;
    assert.equal(decide(facts), 'required pkix smtp.example.net (no-policy-found)');
  });
});

suite('what the sender asks for (RFC 8689)', () => {
  const table: [wish: TlsWish, facts: Partial<TlsFacts>, expected: string][] = [
    // RFC 8689 §4.2.1: the server's name is vouched for, and its certificate is valid.
    ['required', {}, '5.7.30 (no-policy-found)'],
    ['required', { trustedName: true }, 'required pkix mx.example.org (no-policy-found)'],
    ['required', { certificateNames: ['mx.example.net'] }, 'required pkix mx.example.net (no-policy-found)'],
    ['required', { sts: sts['enforce'] as MtaStsFinding }, 'required pkix mx.example.org (sts)'],
    ['required', { sts: sts['testing'] as MtaStsFinding }, 'required pkix mx.example.org (sts)'],
    ['required', { sts: sts['testing other'] as MtaStsFinding }, '5.7.30 (sts)'],
    ['required', { dane: dane['usable'] as DaneFinding }, 'required dane mx.example.org example.org (tlsa)'],
    ['required', { dane: dane['useless'] as DaneFinding }, '5.7.30 (no-policy-found)'],
    [
      'required',
      { dane: dane['useless'] as DaneFinding, trustedName: true },
      'required pkix mx.example.org (tlsa)',
    ],
    ['required', { policy: 'none', trustedName: true }, '5.7.30 (no-policy-found)'],
    ['required', { policy: 'any' }, '5.7.30 (no-policy-found)'],
    ['required', { policy: 'required' }, '5.7.30 (no-policy-found)'],
    // RFC 8689 §4.2.2: policies of the recipient's side are passed by, those of the host are not.
    ['optional', { sts: sts['enforce other'] as MtaStsFinding }, 'opportunistic (no-policy-found)'],
    ['optional', { dane: dane['usable'] as DaneFinding }, 'opportunistic (no-policy-found)'],
    ['optional', { dane: dane['failure'] as DaneFinding }, 'opportunistic (no-policy-found)'],
    ['optional', { policy: 'required' }, 'required pkix mx.example.org (no-policy-found)'],
  ];
  for (const [wish, facts, expected] of table) {
    const { policy: configured = 'opportunistic', ...others } = facts;
    test(`${wish}, configured ${configured}, ${Object.keys(others).join(' and ') || 'nothing else'}: ${expected}`, () => {
      assert.equal(decide({ wish, ...facts }), expected);
    });
  }
});

test('policies as TLS reports show them (RFC 8460 §4.4)', () => {
  const facts = { policy: 'opportunistic', wish: 'default', domain: 'example.org' } as const;
  const host = { mxName: 'mx.example.org', trustedName: true, tlsaBase: 'mx.example.net' };
  const common = { ...facts, ...host };
  const none = { kind: 'none' } as const;
  const tlsa = tlsDemand({ ...common, dane: dane['usable'] as DaneFinding, sts: none });
  assert.deepEqual(tlsa.policy, {
    policyType: 'tlsa',
    policyStrings: [`3 1 1 ${'00'.repeat(32)}`],
    policyDomain: 'mx.example.net',
    mxHosts: ['mx.example.net'],
  });
  const strict = tlsDemand({ ...common, dane: none, sts: sts['enforce'] as MtaStsFinding });
  assert.deepEqual(strict.policy, {
    policyType: 'sts',
    policyStrings: ['version: STSv1', 'mode: enforce', 'mx: *.example.org', 'max_age: 86400'],
    policyDomain: 'example.org',
    mxHosts: ['*.example.org'],
  });
  const plain = tlsDemand({ ...common, dane: none, sts: none });
  assert.deepEqual(plain.policy, {
    policyType: 'no-policy-found',
    policyStrings: [],
    policyDomain: 'example.org',
    mxHosts: ['mx.example.org'],
  });
});
