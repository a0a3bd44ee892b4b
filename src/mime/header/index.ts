/** Header fields and their typed parsers. */
export { type HeaderDefect, HeaderField, HeaderFields, type HeaderLimits } from './fields.ts';
