/**
 * XML: a bounded reader for what comes from strangers.
 *
 * @module xml
 */
export { escapeXml } from './escape.ts';
export { type XmlEvent, type XmlFault, XmlReader } from './reader.ts';
