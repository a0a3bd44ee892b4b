import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneResolver } from 'mailwright/dns';
import { checkMailFrom, formatReceivedSpf } from 'mailwright/spf';

const zone = new ZoneResolver({
  'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  'broken.example': { TXT: ['v=spf1 "\\'] },
});

async function field(client: Parameters<typeof checkMailFrom>[0]): Promise<string> {
  return formatReceivedSpf(await checkMailFrom(client, zone), client, 'mx.example.org');
}

test('Received-SPF (RFC 7208 §9.1)', async () => {
  assert.equal(
    await field({ ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'bob@example.com' }),
    [
      'pass (mx.example.org: 192.0.2.1 may send for example.com)',
      ' receiver=mx.example.org;',
      ' identity=mailfrom;',
      ' client-ip=192.0.2.1;',
      ' envelope-from="bob@example.com";',
      ' helo=mx.example.com;',
      ' mechanism="ip4:192.0.2.1"',
    ].join('\r\n'),
  );
  assert.match(
    await field({ ip: '2001:db8::1', helo: '[IPv6:2001:db8::1]', mailFrom: '' }),
    /^none \(mx\.example\.org: 2001:db8::1 .*\)\r\n .*client-ip="2001:db8::1";\r\n envelope-from="";\r\n helo="\[IPv6:2001:db8::1\]"$/s,
  );
});

test('nothing that a stranger says gets out of its word', async () => {
  const value = await field({
    ip: '192.0.2.1',
    helo: 'mx\r\nX-Injected: yes',
    mailFrom: '"a\\"); receiver=evil\r\n"@broken.example',
  });
  assert.match(value, /^permerror /);
  assert.ok(value.split('\r\n').every((line, at) => at === 0 || line.startsWith(' ')));
  assert.match(value, / helo="mx\?\?X-Injected: yes";/);
  assert.match(value, / envelope-from="\\"a\\\\\\"\); receiver=evil\?\?\\"@broken\.example";/);
  assert.match(value, / problem="\\"\\\\\\"\\\\\\\\\\" at broken\.example is no mechanism"$/);
});
