/** Signatures as header fields. */
import { SignatureMisuse } from './misuse.ts';

/** RFC 5322 §2.2, without the semicolon, which would end the tag. */
const fieldName = /^[!-9<-~]+$/;

/**
 * Writes a field of tags, folded between tags where a line would pass 78 characters.
 *
 * Values are not broken: a line with a signature is longer than RFC 5322 §2.1.1 likes and shorter than
 * it allows. Who wants them broken gives values that hold line ends.
 */
export function tagField(name: string, tags: readonly (readonly [name: string, value: string])[]): string {
  let field = `${name}:`;
  let width = field.length;
  for (const [index, [tag, value]] of tags.entries()) {
    const text = `${tag}=${value}${index === tags.length - 1 ? '' : ';'}`;
    const first = text.indexOf('\r');
    if (width + 1 + (first === -1 ? text.length : first) > 78 && index > 0) {
      field += '\r\n';
      width = 0;
    }
    field += ` ${text}`;
    width = first === -1 ? width + 1 + text.length : text.length - text.lastIndexOf('\n') - 1;
  }
  return field;
}

/** Breaks a value into lines after every `width` characters. */
export function brokenValue(value: string, width = 72): string {
  let text = value.slice(0, width);
  for (let at = width; at < value.length; at += width) text += `\r\n ${value.slice(at, at + width)}`;
  return text;
}

/**
 * Names of fields between colons, broken after a colon where a line would pass `width` characters.
 *
 * @throws SignatureMisuse for what is no name
 */
export function brokenNames(names: readonly string[], width = 76): string {
  let text = '';
  let column = 3;
  for (const [index, name] of names.entries()) {
    if (!fieldName.test(name)) throw new SignatureMisuse(`no field has such a name: ${name}`);
    const item = index === names.length - 1 ? name : `${name}:`;
    if (column + item.length > width) {
      text += '\r\n  ';
      column = 2;
    }
    text += item;
    column += item.length;
  }
  return text;
}
