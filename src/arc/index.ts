/**
 * Authenticated Received Chain: what earlier servers found, checked and handed on.
 *
 * @module arc
 */
export type { ArcSet } from './arc-set.ts';
export { type ArcFindings, ArcSealer, type ArcSealOptions } from './sealer.ts';
export { type ArcValidateOptions, ArcValidator, validateArc } from './validator.ts';
export { type ArcReason, type ArcStatus, type ArcVerdict, arcReasons } from './verdict.ts';
