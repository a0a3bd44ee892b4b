/**
 * BIMI: indicators of brands beside authenticated mail (draft-brand-indicators-for-message-identification).
 *
 * @module bimi
 */
export { fetchIndicator, type IndicatorFetched } from './fetch.ts';
export { type IndicatorFault, indicatorFault } from './indicator.ts';
export {
  type MarkCertificate,
  type MarkCertificateOptions,
  type MarkCertificateParse,
  readMarkCertificate,
} from './mark-certificate.ts';
export {
  type BimiDmarcFacts,
  type BimiLookup,
  type BimiLookupOptions,
  type BimiRecord,
  type BimiRecordParse,
  findBimi,
  parseBimiRecord,
  parseBimiSelector,
} from './record.ts';
