import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSpool } from 'mailwright/spool';

const gigabyte = 1024 ** 3;

for (const chunking of [false, true]) {
  test(`1 GB by ${chunking ? 'BDAT' : 'DATA'}: the server stays under 150 MB, and all octets are spooled`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailwright-gigabyte-'));
    const server = fork(join(import.meta.dirname, 'gigabyte-server.ts'), [folder], {
      execArgv: ['--conditions=mailwright-source'],
    });
    t.after(() => {
      server.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
    const [port] = (await once(server, 'message')) as [number];

    const block = Buffer.from(`${'0123456789'.repeat(7)} line\r\n`.repeat(850));
    const blocks = Math.ceil(gigabyte / block.length);
    const hash = createHash('sha256');
    const socket = connect(port, '127.0.0.1');
    const replies = socket.setEncoding('latin1')[Symbol.asyncIterator]();
    const say = async (text: string, code: number) => {
      if (text !== '') socket.write(text);
      const { value } = (await replies.next()) as { value: string };
      assert.match(value, new RegExp(`^${code}`));
    };
    await say('', 220);
    await say('EHLO client.example.org\r\n', 250);
    await say('MAIL FROM:<a@example.org>\r\n', 250);
    await say('RCPT TO:<b@example.org>\r\n', 250);
    if (chunking) socket.write(`BDAT ${blocks * block.length} LAST\r\n`);
    else await say('DATA\r\n', 354);
    for (let index = 0; index < blocks; index += 1) {
      hash.update(block);
      if (!socket.write(block)) await once(socket, 'drain');
    }
    await say(chunking ? '' : '.\r\n', 250);

    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1];
    console.log(`resident at most ${Math.round(Number(peak) / 1024)} MB`);
    assert.ok(Number(peak) * 1024 < 150 * 1024 ** 2, `resident ${peak} kB`);
    socket.end('QUIT\r\n');
    server.send('close');
    await once(server, 'exit');

    const spool = await FileSpool.open(folder);
    const [entry] = await Array.fromAsync(spool.list());
    assert.equal(entry?.size, blocks * block.length);
    const spooled = createHash('sha256');
    for await (const chunk of (await spool.open(entry.id)).open()) spooled.update(chunk);
    assert.equal(spooled.digest('hex'), hash.digest('hex'));
    await spool.close();
  });
}
