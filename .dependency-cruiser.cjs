/**
 * The floor law: a folder of src imports only from floors below its own, through their index.ts, and
 * what a floor may know of the world outside. `test/architecture.test.ts` runs these rules and proves
 * that each of them bites.
 *
 * `.config/floors.json` says which folders stand on which floor, which files of floors 0 to 2 may use
 * any `node:` module (`drivers`: storage and the DNS transport), and which packages from npm which
 * folders may import. `testing` stands on no floor: it may look at everything, and nothing looks at it.
 */

const { floors, drivers, packages } = require('./.config/floors.json');

const oneOf = (names) => `(?:${names.join('|')})`;
const inFolders = (names) => `^src/${oneOf(names)}/`;

const downwards = floors.map((folders, floor) => ({
  name: `floor-${floor}`,
  comment: `Floor ${floor} imports only from itself and floors below.`,
  severity: 'error',
  from: { path: `^src/(${folders.join('|')})/` },
  to: { path: '^src/', pathNot: [`^src/$1/`, ...floors.slice(0, floor).map(inFolders)] },
}));

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'front-doors',
      comment: 'Other folders are entered through their index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'no-cycles',
      comment: 'Of what is loaded at run time; types may refer to one another within a folder.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-floors',
      comment: 'Floors 0 to 2 know of Node only node:buffer and node:crypto.',
      severity: 'error',
      from: { path: inFolders(floors.slice(0, 3).flat()), pathNot: [...drivers, '\\.d\\.ts$'] },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:buffer|crypto)$' },
    },
    {
      name: 'sockets',
      comment: 'Only floor 5, where node stands, and above open sockets.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [inFolders([...floors.slice(5).flat(), 'testing']), 'src/dns/wire\\.ts$'],
      },
      to: { path: '^(?:node:)?(?:net|tls|http|https|http2|dgram|dns|cluster)(?:/promises)?$' },
    },
    {
      name: 'known-packages',
      comment: 'A package from npm is a runtime dependency or optional peer, named in the table above.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/', pathNot: `node_modules/${oneOf(Object.keys(packages))}/` },
    },
    ...Object.entries(packages).map(([name, folders]) => ({
      name: `package-${name}`,
      severity: 'error',
      from: { path: '^src/', pathNot: inFolders(folders) },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mailwright-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
