import { Packet } from 'dns2';
import type { RecordType } from 'mailwright/dns';
import { type FuzzReport, fuzz } from 'mailwright/testing';
import { encodeQuery } from '../../src/dns/wire/query.ts';
import { answerIn, answersQuery, readResponse } from '../../src/dns/wire/response.ts';
import { resource, soa } from './zone-server.ts';

const query = { id: 4711, name: 'example.com', type: 'MX', edns: true, wantsProof: true } as const;
const types: readonly RecordType[] = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'PTR', 'SRV', 'TLSA', 'TXT'];

const seeds = [
  [resource('example.com', 15, 60, { exchange: 'mx.example.com', priority: 10 })],
  [resource('example.com', 16, 60, { data: ['v=spf1', ' -all'] })],
  [
    resource('example.com', 5, 60, { domain: 'b.example' }),
    resource('b.example', 1, 1, { address: '192.0.2.1' }),
    resource('b.example', 28, 1, { address: '2001:db8::1' }),
  ],
  [resource('example.com', 257, 60, { flags: 0, tag: 'issue', value: 'ca.example' })],
  [resource('example.com', 52, 60, { data: Buffer.from([3, 1, 1, 9, 9]) })],
  [resource('example.com', 33, 60, { priority: 1, weight: 2, port: 3, target: 'a.example' })],
  [],
].map((answers) => {
  const packet = Packet.createResponseFromRequest(Packet.parse(encodeQuery(query)));
  packet.answers.push(...answers);
  packet.authorities.push(soa(60));
  packet.additionals.push(Packet.Resource.EDNS([]));
  return packet.toBuffer();
});

/** Mutilated responses, read as answers to questions of every type: there is always an answer. */
export function fuzzResponses(runs: number): FuzzReport {
  return fuzz({ name: 'DNS responses', seeds, runs }, (input) => {
    const message = Buffer.from(input);
    if (answersQuery(message, query) && message.length < 12) return 'an answer without a header';
    if (message.length < 12) return undefined;
    const response = readResponse(message);
    for (const type of response === null ? [] : types) {
      const answer = answerIn(response!, 'example.com', type, true);
      if (answer.status === 'ok' && answer.records.length === 0) return `no ${type}, and ok`;
      if (answer.status !== 'failure' && !(answer.ttl >= 0 && answer.ttl < 2 ** 31))
        return `TTL ${answer.ttl}`;
    }
    return undefined;
  });
}
