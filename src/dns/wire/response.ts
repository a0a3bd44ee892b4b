/** What a server sent, read (RFC 1035 §4.1), and the answer that lies in it. */
import type { Buffer } from 'node:buffer';
import { Packet } from 'dns2';
import { latin1Text } from '../../bytes/index.ts';
import type { Answer, RecordData, RecordType } from '../answer.ts';
import { canonicalName } from '../name.ts';
import type { Query } from './query.ts';
import { BoundedReader, headerSize, placesOf, type RecordPlace } from './records.ts';
import { typeCode } from './type-code.ts';

/** A response to one of our queries. */
export interface Response {
  /** TC: what did not fit is left out; ask by TCP (RFC 2181 §9). */
  readonly truncated: boolean;
  /** RCODE with the eight bits of an OPT record above it (RFC 6891 §6.1.3). */
  readonly rcode: number;
  /** AD (RFC 4035 §3.2.3). */
  readonly authenticData: boolean;
  readonly message: Buffer;
  readonly places: readonly RecordPlace[];
}

const opt = 41;
const soa = 6;
const internet = 1;

/**
 * Whether the message is a response to this query: the id, QR and the question must be ours (RFC 5452 §9.1).
 *
 * A server that does not know EDNS may send its complaint without the question (RFC 6891 §7).
 */
export function answersQuery(message: Buffer, query: Query): boolean {
  if (message.length < headerSize || message.readUInt16BE(0) !== query.id) return false;
  const flags = message.readUInt16BE(2);
  if ((flags & 0xf800) !== 0x8000) return false;
  const questions = message.readUInt16BE(4);
  if (questions === 0) return (flags & 15) !== 0;
  if (questions > 1) return false;
  try {
    const question = Packet.Question.parse(new BoundedReader(message).seek(headerSize));
    const same = question.type === typeCode[query.type] && question.class === internet;
    return same && canonicalName(question.name) === query.name;
  } catch {
    return false;
  }
}

/** The header of a response, with what an OPT record adds to it; `null` where the message is cut short. */
export function readResponse(message: Buffer): Response | null {
  const flags = message.readUInt16BE(2);
  const truncated = (flags & 0x0200) !== 0;
  const places = truncated ? [] : placesOf(message);
  if (places === null) return null;
  const extension = places.find(({ section, type }) => section === 'additional' && type === opt);
  const rcode = (flags & 15) + ((extension?.ttl ?? 0) >>> 24) * 16;
  return { truncated, rcode, authenticData: (flags & 0x0020) !== 0, message, places };
}

const servFail = 2;
const nxDomain = 3;
const longestChain = 16;

/**
 * The answer to the question, CNAMEs followed as far as the response has them.
 *
 * @param validates whether the host trusts this server's AD bit
 */
export function answerIn<Type extends RecordType>(
  response: Response,
  name: string,
  type: Type,
  validates: boolean,
): Answer<RecordData[Type]> {
  const { rcode } = response;
  if (rcode !== 0 && rcode !== nxDomain) {
    return { status: 'failure', why: rcode === servFail ? 'servfail' : 'refused', text: `RCODE ${rcode}` };
  }
  try {
    return follow(response, name, type, validates && response.authenticData);
  } catch (error) {
    return { status: 'failure', why: 'malformed', text: error instanceof Error ? error.message : '' };
  }
}

function follow<Type extends RecordType>(
  { message, places, rcode }: Response,
  asked: string,
  type: Type,
  authentic: boolean,
): Answer<RecordData[Type]> {
  const reader = new BoundedReader(message);
  const records = new Map<string, RecordData[Type][]>();
  const aliases = new Map<string, string>();
  const ttls = new Map<string, number>();
  for (const place of places) {
    const isAlias = place.type === typeCode.CNAME;
    if (place.section !== 'answer' || place.class !== internet) continue;
    if (place.type !== typeCode[type] && !isAlias) continue;
    const record = Packet.Resource.parse(reader.seek(place.start));
    const owner = nameIn(record.name);
    ttls.set(owner, Math.min(ttls.get(owner) ?? Infinity, ttlOf(place)));
    if (isAlias) aliases.set(owner, nameIn(record.domain));
    if (place.type !== typeCode[type]) continue;
    const held = records.get(owner);
    const data = dataOf[type](record, message, place);
    if (held === undefined) records.set(owner, [data]);
    else held.push(data);
  }

  let name = asked;
  let ttl = Infinity;
  for (let links = 0; links <= longestChain; links++) {
    ttl = Math.min(ttl, ttls.get(name) ?? Infinity);
    const found = records.get(name);
    if (found !== undefined && rcode === 0) return { status: 'ok', records: found, name, ttl, authentic };
    const alias = aliases.get(name);
    if (alias === undefined) {
      const absent = Math.min(ttl, negativeTtl(places, reader));
      return { status: rcode === nxDomain ? 'nxdomain' : 'nodata', ttl: absent, authentic };
    }
    name = alias;
  }
  return { status: 'failure', why: 'alias-loop', text: `CNAMEs without end from ${asked}` };
}

/** RFC 2181 §8: with the top bit set it is no TTL, and counts as zero. */
function ttlOf({ ttl }: RecordPlace): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}

/** RFC 2308 §5: the lesser of the SOA's TTL and its MINIMUM; without SOA nothing is kept. */
function negativeTtl(places: readonly RecordPlace[], reader: BoundedReader): number {
  const place = places.find(({ section, type }) => section === 'authority' && type === soa);
  if (place === undefined) return 0;
  const { minimum = 0 } = Packet.Resource.parse(reader.seek(place.start));
  return Math.min(ttlOf(place), minimum);
}

type Resource = ReturnType<typeof Packet.Resource.parse>;

const address = (record: Resource) => record.address ?? '';
const domain = (record: Resource) => nameIn(record.domain);

const dataOf: {
  readonly [Type in RecordType]: (record: Resource, message: Buffer, place: RecordPlace) => RecordData[Type];
} = {
  A: address,
  AAAA: address,
  PTR: domain,
  CNAME: domain,
  MX: ({ priority: preference = 0, exchange }) => ({ preference, exchange: nameIn(exchange) }),
  SRV: ({ priority = 0, weight = 0, port = 0, target }) => ({
    priority,
    weight,
    port,
    target: nameIn(target),
  }),
  CAA: ({ flags = 0, tag = '', value = '' }) => ({ flags, tag: tag.toLowerCase(), value }),
  // dns2 reads TXT as UTF-8, and what is none would be lost.
  TXT: (_record, message, { rdata, end }) => {
    let text = '';
    for (let at = rdata; at < end; at += 1 + (message[at] ?? 0)) {
      text += latin1Text(message, at + 1, at + 1 + (message[at] ?? 0));
    }
    return text;
  },
  TLSA: (_record, message, { rdata, end }) => {
    const [usage, selector, matching] = message.subarray(rdata, end);
    if (usage === undefined || selector === undefined || matching === undefined) {
      throw new RangeError('TLSA record of fewer than three octets');
    }
    return { usage, selector, matching, data: Uint8Array.from(message.subarray(rdata + 3, end)) };
  },
};

function nameIn(name: string | undefined): string {
  const canonical = canonicalName(name ?? '');
  if (canonical === null) throw new RangeError('no name that DNS can hold');
  return canonical;
}
