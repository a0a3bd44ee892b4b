/** Runs some test files in this process and reports to the parent, which is `test.ts`. */
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

export interface GroupTask {
  readonly root: string;
  readonly files: readonly string[];
  readonly coverage: boolean;
}

export type GroupReport =
  | { readonly kind: 'running'; readonly file: string; readonly name: string }
  | {
      readonly kind: 'result';
      readonly file: string;
      readonly name: string;
      readonly outcome: 'passed' | 'failed' | 'skipped';
      readonly ms: number;
      /** The error, or the reason of a skip. */
      readonly text: string;
    }
  | { readonly kind: 'fault'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | {
      readonly kind: 'coverage';
      readonly path: string;
      readonly lines: readonly (readonly [number, number])[];
    }
  | { readonly kind: 'end' };

/**
 * All tests are over and the process still lives: after so many looks, a second apart, that is a leak. Looks
 * are counted instead of time, so that a process that gets no processor is not suspected.
 */
const patience = { tests: 5, coverage: 120 };

const task: GroupTask = JSON.parse(process.argv[2] ?? '');

function report(message: GroupReport): void {
  process.send?.(message);
}

const names: string[] = [];
let begun = false;
const open = new Set<string>();
let looks = 0;

const leakWatch = setInterval(() => {
  if (open.size > 0 || !begun) return;
  looks += 1;
  if (looks !== (task.coverage ? patience.coverage : patience.tests)) return;
  const what = [...openers()].join('\n    ') || process.getActiveResourcesInfo().join(', ');
  const text = `tests are over and something keeps the process alive: ${what}`;
  report({ kind: 'fault', text });
  // Not before everything is said: what waits in the channel would be lost.
  process.send?.({ kind: 'end' } satisfies GroupReport, () => process.exit());
}, 1000);
leakWatch.unref();

/** What was opened, and the outermost line of ours that did it. */
const opened: [thing: WeakRef<object>, where: string][] = [];
for (const channel of ['tracing:net.server.listen:asyncStart', 'net.client.socket', 'child_process']) {
  subscribe(channel, (message) => {
    const thing: unknown = Object.values(Object(message)).find((value) => value instanceof EventEmitter);
    const frames = new Error().stack?.split('\n') ?? [];
    const where = frames.findLast(
      (frame) => frame.includes(`${task.root}/`) && !/\/(?:\.config|node_modules)\//.test(frame),
    );
    if (thing instanceof EventEmitter) opened.push([new WeakRef(thing), where?.trim() ?? '']);
  });
}

/** Servers, sockets and child processes that are open, and the lines of code that opened them. */
function* openers(): Generator<string> {
  for (const [reference, where] of opened) {
    const thing = reference.deref();
    const { listening, destroyed, exitCode, signalCode } = Object(thing);
    const running = exitCode === null && signalCode === null;
    if (listening === true || destroyed === false || running) {
      yield `${thing?.constructor.name} opened ${where.replace(`file://${task.root}/`, '')}`;
    }
  }
}

const events = run({
  files: task.files.map((file) => resolve(task.root, file)),
  isolation: 'none',
  concurrency: 1,
  coverage: task.coverage,
  coverageIncludeGlobs: ['src/**/*.ts'],
});

for await (const { type, data } of events) {
  looks = 0;
  if (type === 'test:coverage') {
    for (const { path, lines } of data.summary.files) {
      const counted = lines.map((each: { line: number; count: number }) => [each.line, each.count] as const);
      report({ kind: 'coverage', path: relative(task.root, path), lines: counted });
    }
  } else if (type === 'test:diagnostic') {
    if (data.message.includes('uncaughtException')) report({ kind: 'fault', text: data.message });
    else if (data.file !== undefined) report({ kind: 'note', text: data.message });
  } else if (type === 'test:enqueue' && data.nesting === 0)
    open.add(`${data.file} ${data.line} ${data.name}`);
  else if (type === 'test:dequeue') {
    report({ kind: 'running', file: relative(task.root, data.file ?? ''), name: data.name });
  } else if (type === 'test:start') names[data.nesting] = data.name;
  else if (type === 'test:pass' || type === 'test:fail') {
    const file = relative(task.root, data.file ?? '');
    if (data.nesting === 0) {
      open.delete(`${data.file} ${data.line} ${data.name}`);
      begun = true;
    }
    const name = [...names.slice(0, data.nesting), data.name].join(' > ');
    const result = { kind: 'result', file, name, ms: 0, text: '' } as const;
    const ms = data.nesting === 0 ? data.details.duration_ms : 0;
    if (type === 'test:fail') {
      const { error } = data.details;
      const cause = error.cause ?? error;
      if (Reflect.get(error, 'failureType') === 'subtestsFailed') continue;
      const text = inspect(cause).replace(/\n +at [^\n]*node:[^\n]*/g, '');
      report({ ...result, outcome: 'failed', ms, text });
    } else if (data.skip !== undefined || data.todo !== undefined) {
      const reason = data.skip ?? data.todo;
      report({ ...result, outcome: 'skipped', ms, text: typeof reason === 'string' ? reason : '' });
    } else if (data.file === data.name) {
      // A file without tests passes as a test of its own name.
      report({ kind: 'fault', text: `${file}: holds no test` });
    } else if (data.details.type !== 'suite') report({ ...result, outcome: 'passed', ms });
    else if (ms > 0) report({ kind: 'running', file, name });
  }
}
// The channel stays open until everything is said.
process.send?.({ kind: 'end' } satisfies GroupReport, () => process.disconnect());
