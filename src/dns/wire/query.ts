import type { Buffer } from 'node:buffer';
import { Packet } from 'dns2';
import type { RecordType } from '../answer.ts';
import { typeCode } from './type-code.ts';

/** A question for one server, as it goes over the wire. */
export interface Query {
  readonly id: number;
  /** In canonical form. */
  readonly name: string;
  readonly type: RecordType;
  /** Whether it carries an OPT record (RFC 6891 §6.1.1). */
  readonly edns: boolean;
  /** Asks for the AD bit, without the signatures that proved it (RFC 6840 §5.7). */
  readonly wantsProof: boolean;
}

/** An answer of this size crosses nearly every path in one piece: 1280 (RFC 8200 §5) without the headers. */
const payloadSize = 1232;

/** A message that asks a recursive server (RFC 1035 §4.1.1). */
export function encodeQuery({ id, name, type, edns, wantsProof }: Query): Buffer {
  const header = { id, rd: 1, ad: Number(wantsProof) } as const;
  const packet = new Packet(new Packet.Header(header));
  packet.questions.push(new Packet.Question(name, typeCode[type], Packet.CLASS.IN));
  if (edns) packet.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: payloadSize }));
  return packet.toBuffer();
}
