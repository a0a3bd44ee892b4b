/** Indicators: SVG images in the profile Tiny Portable/Secure, which can do nothing (draft-svg-tiny-ps-abrotman). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { XmlReader } from '../xml/index.ts';

/** Why an image is no indicator. */
export type IndicatorFault =
  | 'too-large'
  | 'not-svg' // not well-formed, or of another kind
  | 'wrong-profile' // not SVG 1.2 Tiny PS
  | 'no-title'
  | 'active-content' // scripts, animation, links, handlers
  | 'external-reference'; // it would load something

/** Octets of an indicator: 32 kB is what the guidance for BIMI asks for. */
export const largestIndicator = 32_768;

/** Elements of SVG that act, move, load or embed. */
const forbidden = new Set([
  'script',
  'a',
  'animate',
  'animateColor',
  'animateMotion',
  'animateTransform',
  'set',
  'discard',
  'audio',
  'video',
  'image',
  'foreignObject',
  'iframe',
  'handler',
  'listener',
]);

/**
 * Checks an indicator; `null` where it may be shown.
 *
 * @example
 * ```ts
 * import { indicatorFault } from 'mailwright/bimi';
 *
 * const svg = '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps"><title>A</title></svg>';
 * indicatorFault(new TextEncoder().encode(svg)); // null
 * ```
 */
export function indicatorFault(svg: Bytes): IndicatorFault | null {
  if (svg.length > largestIndicator) return 'too-large';
  const text = Buffer.from(svg.buffer, svg.byteOffset, svg.length).toString('utf8');
  const reader = new XmlReader(text.startsWith('\ufeff') ? text.slice(1) : text);
  let depth = 0;
  let inTitle = false;
  let titled = false;
  for (;;) {
    const event = reader.next();
    switch (event.type) {
      case 'fault':
        return 'not-svg';
      case 'end':
        return titled ? null : 'no-title';
      case 'text':
        if (inTitle && event.text.trim() !== '') titled = true;
        // Styles can load as well as attributes can.
        if (loads(event.text)) return 'external-reference';
        break;
      case 'close':
        depth--;
        inTitle = false;
        break;
      case 'open': {
        if (depth === 0) {
          if (event.name !== 'svg') return 'not-svg';
          const { attributes } = event;
          if (attributes.get('version') !== '1.2' || attributes.get('baseProfile') !== 'tiny-ps')
            return 'wrong-profile';
        }
        if (forbidden.has(event.name)) return 'active-content';
        const fault = attributeFault(event.attributes);
        if (fault !== null) return fault;
        inTitle = depth === 1 && event.name === 'title';
        depth++;
      }
    }
  }
}

function attributeFault(attributes: ReadonlyMap<string, string>): IndicatorFault | null {
  for (const [name, value] of attributes) {
    if (/^on/i.test(name)) return 'active-content';
    if (/(?:^|:)href$/i.test(name) ? !value.startsWith('#') : loads(value)) return 'external-reference';
  }
  return null;
}

/** `url(...)` of anything but an element of the image itself, and `@import`. */
function loads(text: string): boolean {
  return /@import|url\(\s{0,20}["']?(?!#|["'\s])/i.test(text);
}
