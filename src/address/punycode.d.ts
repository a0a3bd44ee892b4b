// @types/punycode describes the bare name only, which Node resolves to its deprecated built-in module.
declare module 'punycode/punycode.js' {
  export { decode } from 'punycode';

  const punycode: typeof import('punycode');
  export default punycode;
}
