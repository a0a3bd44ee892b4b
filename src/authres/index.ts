/**
 * Authentication-Results fields: reading, writing, and telling forged ones apart.
 *
 * @module authres
 */
export { AuthresMisuse, formatAuthenticationResults } from './format.ts';
export { type ArcFacts, arcResult, type DkimFacts, dkimResult } from './methods.ts';
export { type ParsedResult, type ParsedResults, parseAuthenticationResults } from './parse.ts';
export type { AuthenticationResults, MethodResult } from './result.ts';
export { claimsToBeOurs, gatherResults, type ResultsField } from './trust.ts';
