/**
 * Parameters that are continued or carry a charset (RFC 2231 §3, §4):
 * `name*0*=utf-8''caf%C3%A9; name*1=".txt"`, or in one piece `name*=utf-8''caf%C3%A9.txt`.
 */
import { Buffer } from 'node:buffer';
import { decodeCharset } from '../charset/decoder.ts';
import { guessCharset } from '../charset/guess.ts';
import type { Parameter } from './parameters.ts';
import { hexDigit } from './words.ts';

interface Section {
  readonly value: string;
  readonly extended: boolean;
}

interface Pieces {
  whole: string | undefined;
  readonly sections: (Section | undefined)[];
}

type Report = (kind: 'bad-section' | 'bad-charset' | 'duplicate', name: string) => void;

/** RFC 2231 §3 sets no bound; a name that needs more is no name. */
const mostSections = 200;

/**
 * Adds to `decoded` what the starred parameters say. A value that carries its charset counts before
 * continuations, and either before a plain parameter of that name, which is there for old readers
 * (RFC 5987 §4.2 tells the same of HTTP).
 */
export function decodeContinuations(
  written: readonly Parameter[],
  decoded: Map<string, string>,
  report: Report,
): void {
  for (const [name, pieces] of collect(written, report)) {
    const value =
      pieces.whole === undefined
        ? joined(name, pieces.sections, report)
        : extendedValue(name, pieces.whole, report);
    if (value !== null) decoded.set(name, value);
  }
}

function collect(written: readonly Parameter[], report: Report): Map<string, Pieces> {
  const names = new Map<string, Pieces>();
  for (const { name, value } of written) {
    const star = name.indexOf('*');
    if (star === -1) continue;
    const base = name.slice(0, star);
    const extended = name.endsWith('*');
    let pieces = names.get(base);
    if (pieces === undefined) {
      pieces = { whole: undefined, sections: [] };
      names.set(base, pieces);
    }
    if (star === name.length - 1) {
      if (pieces.whole === undefined) pieces.whole = value;
      else report('duplicate', base);
      continue;
    }
    const section = sectionNumber(name.slice(star + 1, extended ? -1 : undefined));
    if (section === -1) report('bad-section', name);
    else if (pieces.sections[section] !== undefined) report('duplicate', base);
    else pieces.sections[section] = { value, extended };
  }
  return names;
}

/** RFC 2231 §7: `0`, or digits without a leading zero; -1 for anything else. */
function sectionNumber(digits: string): number {
  if (digits.length === 0 || digits.length > 3 || (digits.length > 1 && digits.startsWith('0'))) return -1;
  let number = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number < mostSections ? number : -1;
}

/** Sections from 0 up to the first gap; only the first may name the charset. */
function joined(name: string, sections: readonly (Section | undefined)[], report: Report): string | null {
  const first = sections[0];
  if (first === undefined) {
    report('bad-section', name);
    return null;
  }
  const split = first.extended ? charsetOf(first.value) : null;
  if (first.extended && split === null) report('bad-charset', name);
  let value = '';
  /** Neighbouring extended sections are one run of octets: a character may be cut between them. */
  let run = '';
  const flush = () => {
    if (run !== '') value += decoded(name, run, split?.charset ?? '', report);
    run = '';
  };
  for (let i = 0; i < sections.length; i++) {
    const section = sections[i];
    if (section === undefined) {
      report('bad-section', name);
      break;
    }
    if (section.extended) {
      run += i === 0 && split !== null ? split.rest : section.value;
    } else {
      flush();
      value += section.value;
    }
  }
  flush();
  return value;
}

function extendedValue(name: string, value: string, report: Report): string {
  const split = charsetOf(value);
  if (split === null || split.charset === '') report('bad-charset', name);
  return decoded(name, split?.rest ?? value, split?.charset ?? '', report);
}

/** RFC 2231 §4: `charset'language'text`; `null` without two quotes. */
function charsetOf(value: string): { charset: string; rest: string } | null {
  const first = value.indexOf("'");
  const second = first === -1 ? -1 : value.indexOf("'", first + 1);
  if (second === -1) return null;
  return { charset: value.slice(0, first), rest: value.slice(second + 1) };
}

/** Percent-encoded octets to text; where the charset is missing or unknown it is guessed. */
function decoded(name: string, text: string, charset: string, report: Report): string {
  const octets = Buffer.from(text, 'utf8');
  let length = 0;
  let broken = false;
  for (let i = 0; i < octets.length; i++) {
    let octet = octets[i] as number;
    if (octet === 37) {
      const value = (hexDigit(octets[i + 1]) << 4) | hexDigit(octets[i + 2]);
      if (value < 0) broken = true;
      else {
        octet = value;
        i += 2;
      }
    }
    octets[length++] = octet;
  }
  if (broken) report('bad-charset', name);
  const bytes = octets.subarray(0, length);
  if (charset !== '') {
    const value = decodeCharset(bytes, charset);
    if (value !== null) return value;
    report('bad-charset', name);
  }
  return decodeCharset(bytes, guessCharset(bytes)) ?? text;
}
