// @types/punycode describes the bare name only, which Node resolves to its deprecated built-in module.
declare module 'punycode/punycode.js' {
  const punycode: typeof import('punycode');
  export default punycode;
}
