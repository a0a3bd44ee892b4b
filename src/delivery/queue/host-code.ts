/** A host's functions, made safe to call where an exception would lose an outcome. */
import type { QueueProblem } from './problem.ts';
import { defaultSchedule, type Schedule, type ScheduleFor, wholeSchedule } from './schedule.ts';

type Tell = (problem: QueueProblem) => void;

/** Tells of problems; what throws itself becomes a process warning. */
export function safeTell(tell: Tell = warn): Tell {
  return (problem) => {
    try {
      tell(problem);
    } catch (error) {
      process.emitWarning(`the report of a delivery queue's problem failed: ${error}`);
    }
  };
}

/**
 * Finds schedules; where that throws, the default one is kept.
 *
 * @throws LimitMisuse for one schedule that is none
 */
export function safeSchedule(schedule: Partial<Schedule> | ScheduleFor | undefined, tell: Tell): ScheduleFor {
  if (typeof schedule !== 'function') {
    const whole = wholeSchedule(defaultSchedule, schedule);
    return () => whole;
  }
  return (recipient, context) => {
    try {
      return schedule(recipient, context);
    } catch (cause) {
      tell({ kind: 'not-scheduled', id: context.id, cause });
      return defaultSchedule;
    }
  };
}

function warn({ kind, id, cause }: QueueProblem): void {
  process.emitWarning(`delivery queue: ${kind}${id === undefined ? '' : `, message ${id}`}: ${cause}`);
}
