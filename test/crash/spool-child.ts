/**
 * A process that works with a file spool until it is killed, and tells on its standard output what it asks for and
 * what was acknowledged, one JSON line each, before it goes on.
 *
 * Arguments: the directory, a seed, and the step of the file system's work at which to kill itself (or -1).
 */
import { writeSync } from 'node:fs';
import { FileSpool, type Files, type OpenFile } from 'mailwright/spool';
import { SeededRandom } from 'mailwright/testing';
import { systemFiles } from '../../src/spool/file/files.ts';
import { octetsOf, type Told } from './spool-log.ts';

const [, , directory = '', seed = '0', killAt = '-1'] = process.argv;
const random = new SeededRandom(Number(seed));
let step = 0;

const spool = await FileSpool.open(directory, {
  segmentSize: 262_144,
  inlineLimit: 20_000,
  files: Number(killAt) < 0 ? systemFiles : dyingFiles(systemFiles),
});
tell({ what: 'ready' });
await Promise.all(Array.from({ length: 8 }, session));

async function session(): Promise<void> {
  for (;;) {
    const size = random.below(10) === 0 ? 20_000 + random.below(200_000) : random.below(6000);
    const fill = random.below(256);
    const writer = spool.begin({
      protocol: 'ESMTP',
      envelope: { from: '', recipients: [{ path: 'a@example.org' }] },
    });
    const { id } = writer;
    tell({ what: 'commit', done: false, id, size, fill });
    const octets = octetsOf(size, fill);
    for (let at = 0; at < size; at += 8192) await writer.write(octets.subarray(at, at + 8192));
    await writer.commit({ verdicts: { mark: 0 } });
    tell({ what: 'commit', done: true, id, size, fill });
    for (let mark = 1; random.below(3) === 0; mark++) {
      tell({ what: 'mark', done: false, id, mark });
      await spool.update(id, { verdicts: { mark } });
      tell({ what: 'mark', done: true, id, mark });
    }
    if (random.below(10) < 9) {
      tell({ what: 'delete', done: false, id });
      await spool.delete(id);
      tell({ what: 'delete', done: true, id });
    }
  }
}

/** Standard output is a pipe: what was written to it outlives this process. */
function tell(told: Told): void {
  writeSync(1, `${JSON.stringify(told)}\n`);
}

/** A file system that kills the process in the middle of a step, or just before it. */
function dyingFiles(files: Files): Files {
  const dying =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      if (step++ === Number(killAt)) process.kill(process.pid, 'SIGKILL');
      return act(...args);
    };
  const file = (open: OpenFile): OpenFile => ({
    ...open,
    write: (octets, at) => {
      if (step++ !== Number(killAt)) return open.write(octets, at);
      return open.write(octets.subarray(0, octets.length / 2), at).then((written) => {
        process.kill(process.pid, 'SIGKILL');
        return written;
      });
    },
    sync: dying(open.sync),
    truncate: dying(open.truncate),
  });
  return {
    ...files,
    open: dying(async (path, mode) => file(await files.open(path, mode))),
    link: dying(files.link),
    remove: dying(files.remove),
    rename: dying(files.rename),
    syncDirectory: dying(files.syncDirectory),
  };
}
