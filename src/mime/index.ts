/**
 * Messages: header fields, structure, bodies, composing, threads and text.
 *
 * @module mime
 */
export * from './charset/index.ts';
export * from './header/index.ts';
