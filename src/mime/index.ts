/**
 * Messages: header fields, structure, bodies, composing, threads and text.
 *
 * @module mime
 */
export * from './build/index.ts';
export * from './charset/index.ts';
export * from './header/index.ts';
export type { MimeDefect } from './structure/defect.ts';
export { defaultMimeLimits, type MimeLimits } from './structure/limits.ts';
export type { MimeObserver } from './structure/observer.ts';
export type { MimePart, Span } from './structure/part.ts';
export {
  MimeScanner,
  type MimeScanOptions,
  type MimeStructure,
  scanMime,
} from './structure/scanner.ts';
