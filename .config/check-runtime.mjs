// Runs before npm scripts, on whatever Node is there: says what to do when it is too old, instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `mailwright needs Node >= 24.15, and this is ${process.versions.node}.\n` +
      'Run `npm ci` (without --ignore-scripts): it installs the pinned Node into node_modules, and npm scripts use it.',
  );
  process.exit(1);
}
