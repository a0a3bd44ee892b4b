import { decodeEntities } from './entities.ts';
import { htmlTokens } from './html-tokens.ts';

const inline = new Set(
  'a abbr b big cite code del dfn em font i img ins kbd label mark q s samp small span strike strong sub sup td th tt u var wbr'.split(
    ' ',
  ),
);

/**
 * The text of HTML without layout: each element that is not inline begins a new line.
 *
 * @param most - characters of text after which reading stops
 */
export function looseText(html: string, most = Number.POSITIVE_INFINITY): string {
  let text = '';
  let breaks = false;
  let space = false;
  for (const token of htmlTokens(html)) {
    if (token.kind !== 'text') {
      if (inline.has(token.name)) space ||= token.name === 'td' || token.name === 'th';
      else breaks = true;
      continue;
    }
    const words = decodeEntities(token.text).replace(/\s+/g, ' ');
    const trimmed = words.trim();
    if (trimmed !== '') {
      if (text !== '') text += breaks ? '\n' : space || words.startsWith(' ') ? ' ' : '';
      text += trimmed;
      breaks = false;
      space = false;
    }
    space ||= words.endsWith(' ');
    if (text.length > most) break;
  }
  return text;
}
