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

  askCommit(id: SpoolId, octets: Buffer): void {
    this.messages.set(id, { octets, committed: 'asked', deleted: 'no', marks: [0] });
  }

  committed(id: SpoolId): void {
    this.#of(id).committed = 'done';
  }

  askMark(id: SpoolId, mark: number): void {
    this.#of(id).marks.push(mark);
  }

  marked(id: SpoolId, mark: number): void {
    const promised = this.#of(id);
    promised.marks = promised.marks.slice(promised.marks.indexOf(mark));
  }

  askDelete(id: SpoolId): void {
    this.#of(id).deleted = 'asked';
  }

  deleted(id: SpoolId): void {
    this.#of(id).deleted = 'done';
  }

  /** Commits a message and notes it; `undefined` when it was refused. */
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
      this.askCommit(writer.id, octets);
      const id = await writer.commit({ verdicts: { mark: 0 } });
      this.committed(id);
      return id;
    });
  }

  async mark(spool: Spool, id: SpoolId, mark: number): Promise<void> {
    this.askMark(id, mark);
    const context = await this.#ask(() => spool.update(id, { verdicts: { mark } }));
    if (context !== undefined) this.marked(id, mark);
  }

  async delete(spool: Spool, id: SpoolId): Promise<void> {
    this.askDelete(id);
    if (await this.#ask(() => spool.delete(id))) this.deleted(id);
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

  /** What a restart found, after it was checked, has to stay so. */
  async settle(spool: Spool): Promise<void> {
    const found = new Set((await Array.fromAsync(spool.list())).map(({ id }) => id));
    for (const [id, promised] of this.messages) {
      if (!found.has(id)) {
        promised.deleted = 'done';
        continue;
      }
      promised.committed = 'done';
      promised.deleted = 'no';
      promised.marks = [(await spool.context(id)).verdicts['mark'] as number];
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
