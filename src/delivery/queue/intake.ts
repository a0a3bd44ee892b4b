/**
 * Finds what is due, without looking at what is not: the spool's news tell of most of it, and one alarm
 * waits for the rest. The spool is asked for a list when the alarm goes off, and where more is due than there
 * is room for.
 */
import type { Clock } from '../../machine/index.ts';
import type { Spool, SpoolChange, SpoolEntry, SpoolId } from '../../spool/index.ts';
import { Alarm } from './alarm.ts';
import type { QueueProblem } from './problem.ts';

/** What an intake works with. */
export interface IntakeParts {
  readonly spool: Spool;
  readonly clock: Clock;
  /** Messages that may be in hand. */
  readonly limit: number;
  /** How many more messages may be taken now. */
  readonly room: () => number;
  /** The message is in hand, or waits in memory. */
  readonly known: (id: SpoolId) => boolean;
  readonly take: (id: SpoolId) => void;
  /** A listing has ended. */
  readonly onFilled: () => void;
  readonly onProblem: (problem: QueueProblem) => void;
}

/** After a listing failed: so many ms. */
const troubleWait = 10_000;
/** Where most of the room is taken for long, by slow destinations, listings are so many ms apart. */
const betweenFills = 1000;

/** Takes what is due. See the top of this file. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #alarm: Alarm;
  /** The spool may hold something that is due and not known here. */
  #more = true;
  #lastFill = Number.NEGATIVE_INFINITY;
  #filling: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock, () => {
      this.#more = true;
      this.fill();
    });
  }

  /** Nothing that is due is left in the spool but what is known. */
  get exhausted(): boolean {
    return !this.#more && this.#filling === undefined;
  }

  /** Takes news from the spool. */
  note({ kind, entry }: SpoolChange): void {
    if (kind !== 'deleted') this.offer(entry);
  }

  /** A message may be due: takes it, or sees to it that it is found when it is. */
  offer({ id, due, priority }: Pick<SpoolEntry, 'id' | 'due' | 'priority'>): void {
    const { known, room, take, clock, limit } = this.#parts;
    if (this.#stopped || known(id)) return;
    if (due > clock.now()) {
      this.#alarm.by(due);
      return;
    }
    // Of those that come now, some go before others that are due for longer; the urgent ones get a quarter more room.
    const needed = priority > 0 ? -limit / 4 : this.#more ? limit / 4 : 0;
    if (room() > needed) take(id);
    else {
      this.#more = true;
      this.fill();
    }
  }

  /** Takes more, where there is more, and enough room to be worth a listing or the last one is a while ago. */
  fill(): void {
    const { room, limit, onProblem, onFilled, clock } = this.#parts;
    if (!this.#more || this.#filling !== undefined || this.#stopped || room() <= 0) return;
    const now = clock.now();
    if (room() < limit / 2 && now < this.#lastFill + betweenFills) {
      this.#alarm.by(this.#lastFill + betweenFills);
      return;
    }
    this.#lastFill = now;
    this.#filling = this.#list()
      .catch((cause) => {
        onProblem({ kind: 'not-listed', cause });
        this.#alarm.by(clock.now() + troubleWait);
      })
      .finally(() => {
        this.#filling = undefined;
        onFilled();
        this.fill();
      });
  }

  /** Ends the intake. Resolves when nothing more is taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.stop();
    await this.#filling;
  }

  /**
   * Takes as many as there is room for. Of twice as many, those with the highest priority; so what is
   * passed over is looked at twice at most for each that is taken.
   */
  async #list(): Promise<void> {
    const { spool, clock, room, known, take } = this.#parts;
    this.#more = false;
    const found: SpoolEntry[] = [];
    const now = clock.now();
    const enough = 2 * room();
    for await (const entry of spool.list({ dueBy: Number.POSITIVE_INFINITY })) {
      if (this.#stopped) return;
      if (entry.due > now) {
        this.#alarm.by(entry.due);
        break;
      }
      if (known(entry.id)) continue;
      found.push(entry);
      if (found.length >= enough) break;
    }
    // A stable sort: among equals, the earliest first.
    found.sort((a, b) => b.priority - a.priority);
    let rest = 0;
    for (const { id } of found) {
      if (room() <= 0) rest++;
      else if (!known(id)) take(id);
    }
    if (rest > 0 || found.length >= enough) this.#more = true;
  }
}
