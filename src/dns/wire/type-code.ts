import type { RecordType } from '../answer.ts';

/** TYPE codes on the wire (RFC 1035 §3.2.2, RFC 2782, RFC 3596 §2.1, RFC 6698 §7.1, RFC 8659 §4.1). */
export const typeCode: Readonly<Record<RecordType, number>> = {
  A: 1,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  TLSA: 52,
  CAA: 257,
};
