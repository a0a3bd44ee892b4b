/**
 * Messages: header fields, structure, bodies, composing, threads and text.
 *
 * @module mime
 */
export * from './header/index.ts';
