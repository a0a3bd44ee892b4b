/** One element of an aggregate report with what is in it: small, as records are. */
import type { XmlEvent, XmlFault, XmlReader } from '../../xml/index.ts';

/** An element, its own text, and the elements in it. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
  readonly children: Element[];
}

/** Elements in one record; 100 signatures of 5 elements each are 500 (RFC 9990 §3.1.3). */
const mostElements = 10_000;
/** Characters of text in one element that are kept: domain names and comments are shorter. */
const longestText = 4096;

/** Reads an element to its end; what is over the bounds is left out. */
export function readElement(
  reader: XmlReader,
  opened: Extract<XmlEvent, { type: 'open' }>,
): Element | { readonly why: XmlFault } {
  const root = elementOf(opened);
  const open = [root];
  let elements = 1;
  for (;;) {
    const event = reader.next();
    const inner = open.at(-1);
    switch (event.type) {
      case 'fault':
        return { why: event.why };
      case 'end':
        return { why: 'cut' };
      case 'text':
        if (inner && inner.text.length < longestText) {
          inner.text += event.text.slice(0, longestText - inner.text.length);
        }
        break;
      case 'open': {
        const element = elementOf(event);
        if (++elements <= mostElements) inner?.children.push(element);
        open.push(element);
        break;
      }
      case 'close':
        open.pop();
        if (open.length === 0) return root;
    }
  }
}

function elementOf({ name, attributes }: Extract<XmlEvent, { type: 'open' }>): Element {
  return { name, attributes, text: '', children: [] };
}

/** The trimmed text of the first element of that name in `element`. */
export function textOf(element: Element, name: string): string | undefined {
  return element.children.find((each) => each.name === name)?.text.trim();
}

/** The trimmed texts of all elements of that name in `element`. */
export function textsOf(element: Element, name: string): string[] {
  return element.children.filter((each) => each.name === name).map(({ text }) => text.trim());
}
