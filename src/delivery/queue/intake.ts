/**
 * Finds what is due, without looking at what is not: the spool's news tell of most of it, and one alarm
 * waits for the rest. The spool is asked for a list when the alarm goes off, and where more is due than there
 * is room for.
 */
import type { Clock } from '../../machine/index.ts';
import type { Spool, SpoolEntry, SpoolId } from '../../spool/index.ts';
import { Alarm } from './alarm.ts';
import { Heap } from './heap.ts';
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
/** A listing that passes over much and takes little is followed by a pause: ms for each passed over, and at most. */
const pauseForEach = 1;
const longestPause = 2000;
/** Entries that may be passed over for each that is taken. */
const worthOne = 8;

type Urgent = Pick<SpoolEntry, 'id' | 'due'>;

/** Takes what is due. See the top of this file. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #alarm: Alarm;
  /** The spool may hold something that is due and not known here. */
  #more = true;
  /** Urgent messages that are due later, so that they need not be found behind others then. */
  readonly #urgent = new Heap<Urgent>((a, b) => a.due < b.due);
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #filling: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock, () => this.lookAgain());
  }

  /** Nothing that is due is left in the spool but what is known. */
  get exhausted(): boolean {
    return !this.#more && this.#filling === undefined;
  }

  /** Something that is due may have been passed over. */
  lookAgain(): void {
    this.#more = true;
    this.fill();
  }

  /** A message may be due: takes it, or sees to it that it is found when it is. */
  offer({ id, due, priority }: Pick<SpoolEntry, 'id' | 'due' | 'priority'>): void {
    const { known, room, take, clock, limit } = this.#parts;
    if (this.#stopped || known(id)) return;
    if (due > clock.now()) {
      this.#alarm.by(due);
      if (priority > 0 && this.#urgent.size < limit) this.#urgent.push({ id, due });
      return;
    }
    // Of those that come now, some go before others that are due for longer.
    const needed = priority > 0 ? this.#urgentRoom : this.#more ? limit / 4 : 0;
    if (room() > needed) take(id);
    else this.lookAgain();
  }

  /** What is urgent gets a quarter more room than there is. */
  get #urgentRoom(): number {
    return -this.#parts.limit / 4;
  }

  #takeUrgent(): void {
    const { clock, room, known, take } = this.#parts;
    const now = clock.now();
    while ((this.#urgent.first?.due ?? Number.POSITIVE_INFINITY) <= now && room() > this.#urgentRoom) {
      const urgent = this.#urgent.pop();
      if (urgent !== undefined && !known(urgent.id)) take(urgent.id);
    }
  }

  /** Takes more, where there is more and room for it. */
  fill(): void {
    const { room, onProblem, onFilled, clock } = this.#parts;
    this.#takeUrgent();
    if (!this.#more || this.#filling !== undefined || this.#stopped || room() <= 0) return;
    const pause = this.#pausedUntil - clock.now();
    // Where a clock was set back, there seems to be more of a pause than there ever is.
    if (pause > 0 && pause <= longestPause) {
      this.#alarm.by(this.#pausedUntil);
      return;
    }
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

  /** Takes as many as there is room for: of those and some more, the ones with the highest priority. */
  async #list(): Promise<void> {
    const { spool, clock, room, known, take, limit } = this.#parts;
    this.#more = false;
    const found: SpoolEntry[] = [];
    const now = clock.now();
    const enough = room() + limit;
    let passed = 0;
    for await (const entry of spool.list({ dueBy: Number.POSITIVE_INFINITY })) {
      if (this.#stopped) return;
      if (entry.due > now) {
        this.#alarm.by(entry.due);
        break;
      }
      if (known(entry.id)) passed++;
      else if (found.push(entry) >= enough) break;
    }
    // A stable sort: among equals, the earliest first.
    found.sort((a, b) => b.priority - a.priority);
    let taken = 0;
    for (const { id } of found) {
      if (room() <= 0 || known(id)) continue;
      take(id);
      taken++;
    }
    passed += found.length - taken;
    if (found.length > taken || found.length >= enough) this.#more = true;
    const pause = Math.max(passed - worthOne * taken, 0) * pauseForEach;
    this.#pausedUntil = now + Math.min(pause, longestPause);
  }
}
