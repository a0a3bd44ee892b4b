/** Debian's OpenDKIM as oracle, both ways, over samples; it knows RSA only. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dkimRecord, signDkim, verifyDkim } from 'mailwright/dkim';
import { keys, zone } from '../dkim/handmade.ts';
import { formsOf, messages, signingKeys, spoilt } from './dkim-messages.ts';
import { needing, outcomeOf } from './programs.ts';

/** A few of the messages: OpenDKIM's test mode says a line for each of a hundred files. */
const some = messages.filter((_, at) => at % 5 === 0);

/** Runs OpenDKIM's test mode over messages, to sign them in some form or to verify; what it says of each. */
async function opendkim(
  path: string,
  of: readonly Buffer[],
  forms?: ReturnType<typeof formsOf>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-opendkim-'));
  try {
    writeFileSync(join(folder, 'keys'), `rsa._domainkey.example.com ${dkimRecord(keys.rsa.publicKey)}\n`);
    const pem = keys.rsa.privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(folder, 'key.pem'), pem, { mode: 0o600 });
    writeFileSync(join(folder, 'key-table'), `ours example.com:rsa:${join(folder, 'key.pem')}\n`);
    writeFileSync(join(folder, 'signing-table'), '* ours\n');
    const all = {
      Syslog: 'no',
      Socket: `local:${join(folder, 'socket')}`,
      TestPublicKeys: join(folder, 'keys'),
      // It does not like that anybody may write to the folder for temporary files.
      RequireSafeKeys: 'no',
      ...(forms === undefined
        ? { Mode: 'v' }
        : {
            Mode: 's',
            Canonicalization: `${forms.header}/${forms.body}`,
            OversignHeaders: 'From',
            KeyTable: join(folder, 'key-table'),
            SigningTable: `refile:${join(folder, 'signing-table')}`,
          }),
    };
    const text = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
    writeFileSync(join(folder, 'opendkim.conf'), text.join(''));
    const said: string[] = [];
    for (const [at, message] of of.entries()) {
      const file = join(folder, `${at}.eml`);
      writeFileSync(file, message);
      const { output } = await outcomeOf(path, ['-x', join(folder, 'opendkim.conf'), '-t', file, '-vv']);
      said.push(output);
    }
    return said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test(
  ...needing('opendkim', 'what we sign, it verifies, and sees a letter changed', async (path) => {
    const signed: Buffer[] = [];
    for (const [at, message] of some.entries()) {
      const field = await signDkim(message, { keys: [signingKeys.rsa], canonicalization: formsOf(at) });
      signed.push(Buffer.concat([field, message]), Buffer.concat([field, spoilt(message)]));
    }
    const said = await opendkim(path, signed);
    for (const [at, text] of said.entries()) {
      assert.match(text, at % 2 === 0 ? /\) succeeded/ : /\) failed/, `message ${at >> 1}`);
    }
  }),
);

test(
  ...needing('opendkim', 'what it signs, we verify, and see a letter changed', async (path) => {
    for (const at of [0, 1, 2, 3]) {
      const said = await opendkim(path, some, formsOf(at));
      for (const [number, message] of some.entries()) {
        const [, value = ''] = /hname='DKIM-Signature' hvalue='([^']*)'/.exec(said[number] ?? '') ?? [];
        const field = Buffer.from(`DKIM-Signature: ${value.replaceAll('\n', '\r\n')}\r\n`);
        const [verdict] = await verifyDkim(Buffer.concat([field, message]), { resolver: zone });
        assert.equal(verdict?.status, 'pass', `message ${number}: ${verdict?.reason}\n${said[number]}`);
        const [changed] = await verifyDkim(Buffer.concat([field, spoilt(message)]), { resolver: zone });
        assert.equal(changed?.status, 'fail');
      }
    }
  }),
);
