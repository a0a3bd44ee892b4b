/**
 * Runs benches: `npm run bench [name ...] [argument ...]`, each `bench/NAME.ts` in a process of its own
 * with `--expose-gc`; without names it runs all of them, one after another. The first word that is no
 * bench begins the arguments.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const all = globSync('bench/*.ts', { cwd: root })
  .map((file) => basename(file, '.ts'))
  .sort();
const words = process.argv.slice(2).filter((word) => word !== '--');
const divide = words.findIndex((word) => !all.includes(word));
const asked = divide < 0 ? words : words.slice(0, divide);
const passedOn = divide < 0 ? [] : words.slice(divide);

if ((asked.length === 0 && passedOn.length > 0) || all.length === 0) {
  console.error(`no bench ${passedOn[0]}; there are: ${all.join(', ')}`);
  process.exit(2);
}

for (const name of asked.length > 0 ? asked : all) {
  console.log(`== ${name}`);
  const options = ['--conditions=mailwright-source', '--expose-gc'];
  const child = spawn(process.execPath, [...options, `bench/${name}.ts`, ...passedOn], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((done) => {
    child.once('close', done);
  });
  if (code !== 0) {
    console.error(`bench ${name} failed`);
    process.exitCode = 1;
  }
}
