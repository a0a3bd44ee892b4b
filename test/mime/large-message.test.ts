import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const linux = process.platform === 'linux' ? false : 'reads /proc';

test('an attachment out of a message of a gigabyte, in less than 100 MB of memory', { skip: linux }, () => {
  const size = 1_000_000_000;
  const script = fileURLToPath(new URL('./large-message.ts', import.meta.url));
  const cache = mkdtempSync(join(tmpdir(), 'mailwright-'));
  const run = (octets: number) =>
    JSON.parse(
      execFileSync(process.execPath, ['--conditions=mailwright-source', script, String(octets)], {
        env: { ...process.env, NODE_COMPILE_CACHE: cache },
        encoding: 'utf8',
      }),
    );
  // The first run leaves compiled modules behind: stripping types takes 40 MB, and no user has them.
  run(1);
  const { scanned, extracted, lines, faults, hash, peak } = run(size);
  rmSync(cache, { recursive: true });
  assert.ok(scanned > size);
  const expected = createHash('sha1');
  const line = Buffer.alloc(57, 'An attachment of a gigabyte. ');
  const block = Buffer.concat(Array(840).fill(line));
  for (let left = extracted; left > 0; left -= block.length) expected.update(block);
  assert.deepEqual([extracted % block.length, faults, lines], [0, 0, extracted / line.length]);
  assert.equal(hash, expected.digest('hex'));
  assert.ok(peak < 100e6, `${Math.round(peak / 1e6)} MB resident`);
});
