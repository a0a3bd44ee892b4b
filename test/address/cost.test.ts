/**
 * What reading costs, in accesses to the text and in memory kept.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { diagnoseAddress, type Mailbox, parseHeloName, parsePath } from 'mailwright/address';

/** Counts each access to a text's characters and methods while `read` reads it. */
function accesses(text: string, read: (text: string) => void): number {
  let count = 0;
  const counted = new Proxy(Object(text), {
    get(target, key) {
      count += 1;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(text) : value;
    },
  });
  read(counted);
  return count;
}

const diagnose = (text: string) => diagnoseAddress(text);
const path = (text: string) => parsePath(text, 0, { brackets: 'optional', utf8: true });

describe('twice the text costs twice the work', () => {
  const table: [string, (size: number) => string, ...((text: string) => void)[]][] = [
    ['comments nested deep', (size) => `${'('.repeat(size)}${')'.repeat(size)}a@b.example`, diagnose],
    ['comments left open', (size) => '('.repeat(size), diagnose],
    ['folds', (size) => `${'\r\n '.repeat(size)}a@b.example`, diagnose],
    ['quoted pairs', (size) => `"${'\\"'.repeat(size)}"@b.example`, diagnose, path],
    ['dots', (size) => `${'a.'.repeat(size)}a@b.example`, diagnose, path],
    ['labels', (size) => `a@${'b.'.repeat(size)}example`, diagnose, path],
    ['one label', (size) => `a@${'b-'.repeat(size)}b`, diagnose, path],
    ['colons', (size) => `a@[IPv6:${':'.repeat(size)}]`, diagnose, path],
    ['a source route', (size) => `<@${'a,@'.repeat(size)}b:c@d.example>`, path],
  ];
  for (const [name, make, ...readers] of table) {
    test(name, () => {
      for (const read of readers) {
        const once = accesses(make(1000), read);
        const twice = accesses(make(2000), read);
        assert.ok(once >= 1000, `${once} accesses`);
        assert.ok(twice <= 2 * once, `${once} accesses, then ${twice}`);
        assert.ok(twice <= 10 * make(2000).length, `${twice} accesses`);
      }
    });
  }
});

test('a path keeps nothing of the chunk alive that it was read from', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const address = 'a.rather.long.local.part@a.rather.long.domain.example';
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const kept: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 500; count += 1) {
    chunk.write(`MAIL FROM:<${address}>\r\n`);
    const parsed = parsePath(chunk.toString('latin1').slice(0, 12 + address.length), 10);
    chunk.write('EHLO a.rather.long.name.example');
    const hello = parseHeloName(chunk.toString('latin1').slice(5, 31));
    assert.ok(parsed.ok && hello.ok);
    kept.push(parsed.path as Mailbox, hello.name);
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  assert.equal(kept.length, 1000);
  // Whole chunks would be 64 MiB.
  assert.ok(grown < 4 * 1024 * 1024, `${grown} octets for 1000 addresses`);
});
