/** Rules of the house that the text of src must keep, as functions from source to complaints. */
import ts from 'typescript';

/** Folders of state machines, which hold neither time nor chance nor waiting. */
const machineFolders = ['machine', 'sasl', 'smtp', 'imap', 'pop3', 'managesieve'];

const impureNames = ['Promise', 'PromiseLike', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const impureMembers = [
  'Date.now',
  'Math.random',
  'performance.now',
  'process.nextTick',
  'crypto.randomBytes',
];
const vagueNames = ['utils', 'util', 'common', 'helpers', 'helper', 'types', 'manager', 'misc'];
const longest = 400;

/** What is wrong with one file of src; `path` is relative to the root, with slashes. */
export function faultsOf(path: string, source: string): string[] {
  const faults: string[] = [];
  const [, folder = ''] = path.split('/');
  const vague = path.split('/').find((part) => vagueNames.includes(part.replace(/(\.d)?\.ts$/, '')));
  if (vague !== undefined) faults.push(`${path}: "${vague}" says no concept`);
  const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
  if (lines > longest) faults.push(`${path}: ${lines} lines, more than ${longest}`);
  const silenced = /@ts-(?:ignore|expect-error|nocheck)/.exec(source);
  if (silenced) faults.push(`${path}: ${silenced[0]}`);

  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const say = (node: ts.Node, what: string) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    faults.push(`${path}:${line + 1}: ${what}`);
  };
  const impure = machineFolders.includes(folder);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) say(node, 'any');
    if (impure) {
      const name = impurity(node);
      if (name !== undefined) say(node, `${name} in a machine`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);

  if (path.endsWith('/index.ts')) {
    const other = file.statements.find((each) => !ts.isExportDeclaration(each) || !each.moduleSpecifier);
    if (other) say(other, 'an index.ts lists public names and nothing else');
  }
  return faults;
}

function impurity(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isIdentifier(node) && impureNames.includes(node.text)) return node.text;
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`;
    if (impureMembers.includes(text)) return text;
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    return 'new Date()';
  return undefined;
}

const front = ['package.json', 'package-lock.json', 'tsconfig.json', 'typedoc.json'];
const prose = ['README.md', 'LICENSE', 'CHANGELOG.md'];
const rooms = ['src', 'examples', 'test', 'bench', 'docs'];

/** Names at the top level that the house has no place for. */
export function strangersAmong(names: readonly string[]): string[] {
  const known = [...front, ...prose, ...rooms];
  return names.filter((name) => !name.startsWith('.') && !known.includes(name));
}
