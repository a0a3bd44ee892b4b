/**
 * The lock that keeps a spool's directory to one process.
 *
 * The file `lock` says who holds it: process id, when that process started, and in which system it runs.
 * A lock is stale when this system can tell that its owner is no more: the machine has started anew since,
 * or the process is gone, or another one has got its number. Where it can not tell (another
 * host, another container on this host), the lock stands until a person removes the file.
 */

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SpoolError } from '../error.ts';
import { type Files, writeAll } from './files.ts';
import { storageError, systemCode } from './storage-error.ts';

interface Owner {
  readonly pid: number;
  /** When the process started, in the kernel's own count; empty where it can not be known. */
  readonly started: string;
  /** Changes when the machine starts; empty where it can not be known. */
  readonly boot: string;
  /** In which name space the pid counts: the host's name, and on Linux the space's own. */
  readonly system: string;
}

/** Takes the lock of a directory; the function returned gives it back. */
export async function lockDirectory(files: Files, directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  // Twice: once more after a stale lock was cleared away.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await createWhole(files, path, `${JSON.stringify(ourselves())}\n`);
      return () => files.remove(path).catch(() => undefined);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw storageError(`could not lock ${directory}`, error);
    }
    await clearStale(files, path);
  }
  throw locked(path, 'another process took it just now');
}

/** Creates a file that is never seen without its content, unless there is one of this name. */
async function createWhole(files: Files, path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await files.open(draft, 'create');
  try {
    await writeAll(file, Buffer.from(text), 0);
  } finally {
    await file.close();
  }
  try {
    await files.link(draft, path);
  } finally {
    // A draft that stays behind is harmless.
    await files.remove(draft).catch(() => undefined);
  }
}

/** @throws SpoolError `SPOOL_LOCKED` unless the lock is stale */
async function clearStale(files: Files, path: string): Promise<void> {
  let text: string;
  try {
    text = await files.readText(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw storageError(`could not read ${path}`, error);
  }
  const owner = parseOwner(text);
  if (owner === undefined) throw locked(path, 'it does not say who holds it');
  if (!isGone(owner)) throw locked(path, `process ${owner.pid} of ${owner.system} holds it`);
  // Two processes may find the same stale lock: only one of them moves it away, and it looks at what it moved.
  const aside = `${path}.stale.${randomBytes(4).toString('hex')}`;
  try {
    await files.rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw storageError(`could not clear ${path}`, error);
  }
  if ((await files.readText(aside)) !== text) {
    await files.rename(aside, path);
    throw locked(path, 'another process took it just now');
  }
  await files.remove(aside);
}

function locked(path: string, why: string): SpoolError {
  return new SpoolError(
    'SPOOL_LOCKED',
    `the spool is locked by ${path}: ${why}. Give each process a directory of its own; ` +
      'if you are sure that no process uses this one, remove that file and open the spool again',
  );
}

function isGone(owner: Owner): boolean {
  const us = ourselves();
  if (owner.system !== us.system) return false;
  if (owner.boot !== us.boot) return true;
  if (owner.pid === us.pid) return owner.started !== us.started;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user's.
    return systemCode(error) === 'ESRCH';
  }
  return owner.started !== startOf(owner.pid);
}

function ourselves(): Owner {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: textOf(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    system: [hostname(), textOf(() => fs.readlinkSync('/proc/self/ns/pid'))].filter(Boolean).join(' '),
  };
}

/** Field 22 of /proc/PID/stat: the clock tick at which the process started (proc(5)). */
function startOf(pid: number): string {
  const stat = textOf(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is the program's name in parentheses, and may itself hold any of both.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    const sound =
      typeof owner === 'object' &&
      owner !== null &&
      'pid' in owner &&
      Number.isSafeInteger(owner.pid) &&
      'started' in owner &&
      'boot' in owner &&
      'system' in owner;
    return sound ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}
