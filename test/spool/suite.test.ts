import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FileSpool, type FileSpoolOptions, MemorySpool } from 'mailwright/spool';
import { type SpoolUnderTest, type SuiteCase, spoolSuite } from 'mailwright/testing';

function run(name: string, cases: readonly SuiteCase[]): void {
  describe(name, () => {
    for (const { name, skip, run } of cases) test(name, { skip }, run);
  });
}

async function inDirectory(options: FileSpoolOptions): Promise<SpoolUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'spool-'));
  const spool = await FileSpool.open(directory, options);
  let present = spool;
  return {
    spool,
    reopen: async () => {
      await present.close();
      present = await FileSpool.open(directory, options);
      return present;
    },
    dispose: async () => {
      await present.close();
      await rm(directory, { recursive: true });
    },
  };
}

const diesWithTheProcess = 'a memory spool holds nothing beyond its process';

run(
  'the memory spool',
  spoolSuite(
    async () => {
      const spool = new MemorySpool();
      return { spool, dispose: () => spool.close() };
    },
    {
      'after a restart everything is as it was': diesWithTheProcess,
      'after a restart a deposed owner is still refused': diesWithTheProcess,
    },
  ),
);

run(
  'the file spool',
  spoolSuite(() => inDirectory({ segmentSize: 4_194_304 })),
);
run(
  'the file spool that reads everything from the disk',
  spoolSuite(() => inDirectory({ segmentSize: 4_194_304, recentOctets: 0 })),
);
run(
  'the file spool with every message in a file of its own',
  spoolSuite(() => inDirectory({ segmentSize: 4_194_304, inlineLimit: 0, recentOctets: 0 })),
);
