/**
 * The durable store between accepting a message and delivering it: contract, memory and file spool.
 *
 * @module spool
 */
export type {
  Context,
  ContextPatch,
  DeliveryState,
  DeliveryStatus,
  Envelope,
  NewContext,
  PathText,
  QueueState,
  Recipient,
  SpoolId,
  TraceContext,
} from './context.ts';
export {
  completeContext,
  contextLimit,
  decodeContext,
  dueOf,
  encodeContext,
  metadataLimit,
  patchContext,
  priorityOf,
  roomToGrow,
} from './context-change.ts';
export type {
  BeginOptions,
  FencingToken,
  ListOptions,
  OctetRange,
  Spool,
  SpoolChange,
  SpoolEntry,
  SpoolWriter,
  WriteOptions,
} from './contract.ts';
export { SpoolError, type SpoolErrorCode } from './error.ts';
export type { Files, OpenFile, OpenMode } from './file/files.ts';
export type { SpoolProblem } from './file/problem.ts';
export { FileSpool, type FileSpoolOptions } from './file.ts';
export { type Json, type JsonRecord, joinPatches, mergePatch } from './json.ts';
export { MemorySpool, type MemorySpoolOptions } from './memory.ts';
export { type UlidOptions, ulids } from './ulid.ts';
