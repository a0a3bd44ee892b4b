/** Header fields and their typed parsers. */
export {
  type ContentDisposition,
  type ContentType,
  parseContentDisposition,
  parseContentType,
} from './content.ts';
export { type HeaderDefect, HeaderField, HeaderFields, type HeaderLimits } from './fields.ts';
export type { Parameter, ParameterDefect, Parameters } from './parameters.ts';
export { decodeEncodedWords } from './words.ts';
