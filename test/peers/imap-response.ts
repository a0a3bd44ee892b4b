/** The data of IMAP FETCH responses: enough of a parser to compare with a peer. */

/** A string, NIL, or a list. */
export type Value = string | null | readonly Value[];

/** Reads one value at a place; gives it with the place after it. */
function parseValue(text: string, at: number): [Value, number] {
  const first = text[at];
  if (first === '(') {
    const list: Value[] = [];
    let next = at + 1;
    while (text[next] !== ')') {
      if (text[next] === ' ') next++;
      const [value, end] = parseValue(text, next);
      list.push(value);
      next = end;
    }
    return [list, next + 1];
  }
  if (first === '"') {
    let value = '';
    let next = at + 1;
    for (; text[next] !== '"'; next++) {
      if (text[next] === '\\') next++;
      value += text[next];
    }
    return [decoded(value), next + 1];
  }
  if (first === '{') {
    const close = text.indexOf('}', at);
    const start = close + 3;
    const end = start + Number(text.slice(at + 1, close));
    return [decoded(text.slice(start, end)), end];
  }
  const [word = ''] = /^[^ ()\r\n]+/.exec(text.slice(at, at + 100)) ?? [];
  if (word === '') throw new Error(`no value at ${JSON.stringify(text.slice(at, at + 40))}`);
  return [word === 'NIL' ? null : word, at + word.length];
}

/** Octets as UTF-8 where they are that. */
function decoded(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString();
  return text.includes('\ufffd') ? latin1 : text;
}

/** The items of each `* n FETCH (...)`, in order. */
export function parseFetches(responses: string): Map<string, Value>[] {
  const fetches: Map<string, Value>[] = [];
  const start = /\r\n\* \d+ FETCH /g;
  for (let match = start.exec(responses); match !== null; match = start.exec(responses)) {
    const [list, end] = parseValue(responses, start.lastIndex);
    const items = new Map<string, Value>();
    for (let at = 0; Array.isArray(list) && at < list.length; at += 2)
      items.set(String(list[at]), list[at + 1]);
    fetches.push(items);
    start.lastIndex = end;
  }
  return fetches;
}
