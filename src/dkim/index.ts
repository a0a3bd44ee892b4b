/**
 * DomainKeys Identified Mail: checking and making signatures, in one pass over a message.
 *
 * @module dkim
 */
export type { DkimPolicy } from './policy.ts';
export { type DkimKey, type DkimRecordOptions, dkimRecord, generateDkimKey, zoneStrings } from './publish.ts';
export type { DkimSignature } from './signature-field.ts';
export { namesToSign } from './signed-names.ts';
export { DkimSigner, type DkimSignOptions, signDkim } from './signer.ts';
export { type DkimReason, type DkimStatus, type DkimVerdict, dkimReasons } from './verdict.ts';
export { DkimVerifier, type DkimVerifyOptions, verifyDkim } from './verifier.ts';
