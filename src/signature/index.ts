/**
 * What the signatures of DKIM and ARC share: canonical forms, body hashes in one pass, keys and tags.
 *
 * @module signature
 */
export type { BodyHash } from './body-hash.ts';
export {
  type Canonicalization,
  canonicalField,
  canonicalSignatureField,
  type SignedField,
} from './canonical-field.ts';
export { brokenNames, brokenValue, tagField } from './fold.ts';
export { type FoundKey, type KeyAnswer, KeyLookups, type KeySource } from './key-lookup.ts';
export { KeyCache, type KeyFault, type KeyKind, type KeyRecord, parseKeyRecord } from './key-record.ts';
export {
  type HeaderListener,
  MessagePass,
  type MessagePassOptions,
  type WantedBodyHash,
} from './message-pass.ts';
export { SignatureMisuse } from './misuse.ts';
export type { HashName } from './running-hash.ts';
export {
  asciiName,
  hashOf,
  type NameNormalizer,
  readSealTags,
  readSignatureTags,
  type SealTags,
  type SignatureAlgorithm,
  type SignatureTags,
  type TagFault,
} from './signature-tags.ts';
export { SignedHeader } from './signed-header.ts';
export { SigningKey, type SigningKeyInput } from './signing-key.ts';
export { colonList, parseTagList, type TagList } from './tag-list.ts';
export { type KeyMisfit, signatureFits, usableKey } from './verify.ts';
