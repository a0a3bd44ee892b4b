/**
 * What a spool has promised, kept beside it while it is used, and held against what a restart finds.
 *
 * Each call is noted when it is made and again when it resolved: what resolved must be there, what was only asked
 * for may be there, and nothing else.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type Spool, SpoolError, type SpoolId } from 'mailwright/spool';

interface Promised {
  readonly octets: Buffer;
  committed: 'asked' | 'done';
  deleted: 'no' | 'asked' | 'done';
  /** Values of the mark that a restart may find; the last one was asked for last. */
  marks: number[];
}

export class Promises {
  readonly messages = new Map<SpoolId, Promised>();
  readonly refusals: SpoolError[] = [];

  async commit(spool: Spool, octets: Buffer, fence?: number): Promise<SpoolId | undefined> {
    return this.#ask(async () => {
      const writer = spool.begin(
        { protocol: 'ESMTP', envelope: { from: '', recipients: [{ path: 'a@example.org' }] }, receivedAt: 1 },
        fence === undefined ? {} : { fence },
      );
      for (let at = 0; at < octets.length; at += 1500) {
        const pending = writer.write(octets.subarray(at, at + 1500));
        if (pending !== undefined) await pending;
      }
      const promised: Promised = { octets, committed: 'asked', deleted: 'no', marks: [0] };
      this.messages.set(writer.id, promised);
      const id = await writer.commit({ verdicts: { mark: 0 } });
      promised.committed = 'done';
      return id;
    });
  }

  async mark(spool: Spool, id: SpoolId, mark: number): Promise<void> {
    const promised = this.#of(id);
    promised.marks.push(mark);
    const context = await this.#ask(() => spool.update(id, { verdicts: { mark } }));
    if (context !== undefined) promised.marks = promised.marks.slice(promised.marks.indexOf(mark));
  }

  async delete(spool: Spool, id: SpoolId): Promise<void> {
    const promised = this.#of(id);
    promised.deleted = 'asked';
    if (await this.#ask(() => spool.delete(id))) promised.deleted = 'done';
  }

  /** Holds the promises against what is there. */
  async check(spool: Spool, what: string): Promise<void> {
    const found = new Set<SpoolId>();
    for await (const { id } of spool.list()) {
      found.add(id);
      const promised = this.#of(id);
      assert.notEqual(promised.deleted, 'done', `${what}: deleted, and there again`);
      const octets = Buffer.concat(await Array.fromAsync((await spool.open(id)).open()));
      assert.ok(octets.equals(promised.octets), `${what}: other octets than written`);
      const { mark } = (await spool.context(id)).verdicts;
      assert.ok(promised.marks.includes(mark as number), `${what}: mark ${mark}, not ${promised.marks}`);
    }
    for (const [id, { committed, deleted }] of this.messages) {
      if (committed === 'done' && deleted === 'no')
        assert.ok(found.has(id), `${what}: acknowledged, and lost`);
    }
  }

  async #ask<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      assert.ok(error instanceof SpoolError, `${error}`);
      this.refusals.push(error);
      return undefined;
    }
  }

  #of(id: SpoolId): Promised {
    const promised = this.messages.get(id);
    assert.ok(promised, `message ${id} was never begun`);
    return promised;
  }
}
