/**
 * The text of a Python expression made of literals, `+`, `*`, parentheses and whole numbers.
 *
 *     sum     = product *( "+" product )
 *     product = factor *( "*" factor )
 *     factor  = literal / number / "(" sum ")"
 */
export function evaluateText(expression: string): string {
  const tokens = expression.match(token) ?? [];
  let at = 0;
  if (tokens.join('') !== expression.replace(/\s+(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/g, '')) {
    throw new Error(`not understood: ${expression}`);
  }

  function sum(): string | number {
    let left = product();
    while (tokens[at] === '+') {
      at += 1;
      const right = product();
      left = typeof left === 'number' && typeof right === 'number' ? left + right : `${left}${right}`;
    }
    return left;
  }

  function product(): string | number {
    let left = factor();
    while (tokens[at] === '*') {
      at += 1;
      const right = factor();
      if (typeof left === 'number' && typeof right === 'number') left *= right;
      else left = typeof left === 'number' ? String(right).repeat(left) : left.repeat(Number(right));
    }
    return left;
  }

  function factor(): string | number {
    const each = tokens[at] ?? '';
    at += 1;
    if (each === '(') {
      const inner = sum();
      at += 1;
      return inner;
    }
    if (/^\d/.test(each)) return Number(each);
    if (/^b?['"]/.test(each)) return unescaped(each);
    throw new Error(`not understood: ${expression}`);
  }

  const text = sum();
  if (at !== tokens.length || typeof text !== 'string') throw new Error(`not understood: ${expression}`);
  return text;
}

const token = /b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|\d+|[()+*]/g;

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

function unescaped(literal: string): string {
  const inner = literal.replace(/^b?['"]/, '').slice(0, -1);
  return inner.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g, (whole, octet, unit, letter) =>
    letter === undefined
      ? String.fromCharCode(Number.parseInt(octet ?? unit, 16))
      : (escapes[letter] ?? whole),
  );
}
