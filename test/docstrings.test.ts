/** Every public name says what it is: whatever an index.ts of src exports has a docstring where it is declared. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');

/** Exported names without docstring, as `file: name`. */
function undocumented(entries: readonly string[]): string[] {
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  return entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
    assert.ok(module, `${entry} exports nothing`);
    return checker
      .getExportsOfModule(module)
      .map((name) => (name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name))
      .filter((name) => name.getDocumentationComment(checker).length === 0)
      .map((name) => `${name.declarations?.[0]?.getSourceFile().fileName ?? entry}: ${name.name}`);
  });
}

test('every name that a folder exports has a docstring', () => {
  const entries = globSync('src/*/index.ts', { cwd: root }).map((path) => join(root, path));
  assert.ok(entries.length > 0);
  assert.deepEqual(
    undocumented(entries).map((place) => place.slice(root.length + 1)),
    [],
  );
});

test('names of every kind are missed where they have none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-docstrings-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'index.ts'), "export { a, b, C, type D, type E } from './a.ts';");
  writeFileSync(
    join(folder, 'a.ts'),
    `/** Said. */ export function a() {}
    export function b() {}
    export class C { /** Said. */ d() {} }
    // Not a docstring.
    export interface D {}
    /** Said. */
    export type E = 1;`,
  );
  const found = undocumented([join(folder, 'index.ts')]).map((place) => place.replace(/^.*: /, ''));
  assert.deepEqual(found, ['b', 'C', 'D']);
});
