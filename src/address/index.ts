/**
 * Mail addresses: mailboxes, paths, domains, address literals, U-labels and A-labels.
 *
 * @module address
 */
export { type DiagnosisOptions, diagnoseAddress } from './diagnose.ts';
export { type AddressDiagnosis, type AddressStanding, type Diagnosis, diagnoses } from './diagnosis.ts';
export { normalizeDomain } from './domain.ts';
export { type HeloOptions, type HeloParse, parseHeloName } from './helo.ts';
export { type DomainFault, type DomainParse, type IdnaOptions, toALabel, toULabel } from './idna.ts';
export { type IpAddress, parseIpAddress } from './ip-address.ts';
export type { AddressLiteral } from './literal.ts';
export {
  AddressMisuse,
  domainKey,
  type ForwardPath,
  formatDomain,
  formatMailbox,
  formatPath,
  isInternational,
  type Mailbox,
  type ReversePath,
  sameMailbox,
} from './mailbox.ts';
export {
  type AddressFault,
  type BadAddress,
  type MailboxParse,
  type PathOptions,
  type PathParse,
  parseMailbox,
  parsePath,
} from './path.ts';
