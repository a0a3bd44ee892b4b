/** Postfix's own sink, which tells how many messages it has got. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemProgram } from '../measure/process.ts';

/** A sink that counts. */
export interface CountingSink {
  readonly port: number;
  readonly pid: number;
  /** Messages so far. */
  readonly messages: number;
  stop(): Promise<void>;
}

/** Starts one on a port of loopback. */
export async function countingSink(port: number): Promise<CountingSink> {
  const program = systemProgram('smtp-sink');
  if (program === undefined) throw new Error('smtp-sink is needed: it comes with Postfix');
  // As root it insists on a user to become.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program, ['-c', ...user, `127.0.0.1:${port}`, '4096'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let messages = 0;
  let text = '';
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    text = (text + chunk).slice(-200);
    const at = text.lastIndexOf('mesg=');
    // The latest figure, unless it is still being written.
    const found = /^mesg=(\d+)[^\d]/.exec(text.slice(at));
    if (found !== null) messages = Math.max(messages, Number(found[1]));
  });
  const gone = once(child, 'close');
  await new Promise((done) => setTimeout(done, 300));
  if (child.pid === undefined || child.exitCode !== null) throw new Error('smtp-sink did not start');
  return {
    port,
    pid: child.pid,
    get messages() {
      return messages;
    },
    async stop() {
      child.kill();
      await gone;
    },
  };
}
