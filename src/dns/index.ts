/**
 * The domain name system: one contract, and resolvers that keep it: over the wire, cached, from data.
 *
 * @module dns
 */
export type {
  Absent,
  Answer,
  AnswerFor,
  CaaData,
  Failed,
  FailureReason,
  Found,
  MxData,
  RecordData,
  RecordType,
  SrvData,
  TlsaData,
} from './answer.ts';
export { type CacheEntry, CacheMisuse, type CachingOptions, CachingResolver } from './caching.ts';
export { canonicalName, reverseName } from './name.ts';
export { type NodeDns, NodeResolver, type NodeResolverOptions } from './node-resolver.ts';
export { parseResolvConf, type SystemDns } from './resolv-conf.ts';
export type { ResolveOptions, Resolver } from './resolver.ts';
export { systemDns } from './system.ts';
export type { NameServer } from './wire.ts';
export { WireMisuse, type WireOptions, WireResolver } from './wire-resolver.ts';
export {
  type Zone,
  type ZoneFailure,
  ZoneMisuse,
  type ZoneOptions,
  type ZoneRecords,
  ZoneResolver,
} from './zone.ts';
