/** Steps that the cases of the spool's suite are made of. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  type ContextPatch,
  type FencingToken,
  type NewContext,
  type Spool,
  type SpoolEntry,
  SpoolError,
  type SpoolErrorCode,
  type SpoolId,
  type SpoolWriter,
} from '../spool/index.ts';
import type { SpoolUnderTest } from './spool.ts';

export type SpoolCases = { readonly [name: string]: (under: SpoolUnderTest) => Promise<void> };

export const given: NewContext = {
  protocol: 'ESMTPS',
  envelope: { from: 'a@example.org', recipients: [{ path: 'b@example.org' }, { path: 'c@example.org' }] },
};

/** Sizes around the usual borders: nothing, one buffer, more than one read, more than stays in memory. */
export const sizes = [0, 1, 1023, 65_536, 65_537, 300_000, 2_500_000];

/** Octets that differ from place to place, and from seed to seed. */
export function sample(size: number, seed = 0): Buffer {
  const octets = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) octets[i] = (i * 31 + (i >>> 8) * 17 + seed * 101) & 0xff;
  return octets;
}

interface StoreOptions {
  readonly chunk?: number;
  readonly context?: NewContext;
  readonly patch?: ContextPatch;
  readonly fence?: FencingToken;
}

/** Writes and commits a message. */
export async function store(spool: Spool, octets: Buffer, options: StoreOptions = {}): Promise<SpoolId> {
  const { chunk = 65_536, context = given, patch, fence } = options;
  const writer = spool.begin(context, fence === undefined ? {} : { fence });
  await write(writer, octets, chunk);
  return writer.commit(patch);
}

export async function write(writer: SpoolWriter, octets: Buffer, chunk: number): Promise<void> {
  for (let at = 0; at < octets.length; at += chunk) {
    const pending = writer.write(octets.subarray(at, at + chunk));
    if (pending !== undefined) await pending;
  }
}

/** The message is there, with just these octets. */
export async function same(spool: Spool, id: SpoolId, octets: Buffer): Promise<void> {
  const body = await spool.open(id);
  assert.equal(body.size, octets.length);
  assert.ok(octets.equals(await collect(body.open())), `the ${octets.length} octets of ${id} differ`);
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

export function listed(spool: Spool, dueBy?: number): Promise<SpoolEntry[]> {
  return Array.fromAsync(spool.list(dueBy === undefined ? {} : { dueBy }));
}

export async function sortedById(spool: Spool): Promise<SpoolEntry[]> {
  return (await listed(spool)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The call is refused with this code. */
export async function refused(code: SpoolErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof SpoolError, `not a SpoolError: ${error}`);
    assert.equal(error.code, code);
    return true;
  });
}
