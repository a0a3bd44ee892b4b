/**
 * MTA-STS: domains that want their mail delivered with TLS (RFC 8461).
 *
 * @module mtasts
 */
export {
  type CachedPolicy,
  MemoryPolicyCache,
  MtaSts,
  type MtaStsFinding,
  type MtaStsOptions,
  type PolicyCache,
} from './cache.ts';
export { fetchMtaStsPolicy, type PolicyFetched } from './fetch.ts';
export { formatMtaStsPolicy, type MtaStsPolicy, mtaStsAllows, parseMtaStsPolicy } from './policy.ts';
export { findMtaStsRecord, type MtaStsRecordLookup, parseMtaStsRecord } from './record.ts';
export { type PolicyReply, type PolicyRequest, serveMtaSts } from './serve.ts';
