/** Messages of hostile servers: read without a throw, at a cost that the message's length bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packet } from 'dns2';
import { encodeQuery } from '../../src/dns/wire/query.ts';
import { BoundedReader } from '../../src/dns/wire/records.ts';
import { answerIn, readResponse } from '../../src/dns/wire/response.ts';
import { resource, soa } from './zone-server.ts';

const query = { id: 4711, name: 'example.com', type: 'MX', edns: true, wantsProof: true } as const;

/** A response to `query` with these records. */
function response(...answers: ReturnType<typeof resource>[]): Packet {
  const packet = Packet.createResponseFromRequest(Packet.parse(encodeQuery(query)));
  packet.answers.push(...answers);
  return packet;
}

function read(message: Buffer) {
  const parsed = readResponse(message);
  return parsed === null ? null : answerIn(parsed, 'example.com', 'MX', true);
}

test('a query asks for recursion, and names the size of datagrams that get through', () => {
  const packet = Packet.parse(encodeQuery(query));
  const [question] = packet.questions;
  assert.deepEqual({ ...question }, { name: 'example.com', type: 15, class: 1 });
  assert.equal(packet.header.rd, 1);
  assert.equal(packet.additionals[0]?.class, 1232);
  assert.equal(Packet.parse(encodeQuery({ ...query, edns: false })).additionals.length, 0);
});

test('an alias chain may come in any order, with records of others between', () => {
  const message = response(
    resource('c.example', 15, 50, { exchange: 'mx.example', priority: 5 }),
    resource('other.example', 15, 1, { exchange: 'evil.example', priority: 0 }),
    resource('b.example', 5, 40, { domain: 'c.example' }),
    resource('EXAMPLE.com', 5, 60, { domain: 'B.example' }),
  ).toBuffer();
  assert.deepEqual(read(message), {
    status: 'ok',
    records: [{ preference: 5, exchange: 'mx.example' }],
    name: 'c.example',
    ttl: 40,
    authentic: false,
  });
});

test('a chain that ends nowhere is an absence, one without end a failure', () => {
  const open = response(resource('example.com', 5, 60, { domain: 'b.example' }));
  open.authorities.push(soa(20));
  assert.deepEqual(read(open.toBuffer()), { status: 'nodata', ttl: 20, authentic: false });
  open.header.rcode = 3;
  assert.equal(read(open.toBuffer())?.status, 'nxdomain');
  const circle = response(
    resource('example.com', 5, 60, { domain: 'b.example' }),
    resource('b.example', 5, 60, { domain: 'example.com' }),
  );
  const answer = read(circle.toBuffer());
  assert.equal(answer?.status === 'failure' && answer.why, 'alias-loop');
});

test('a message that ends too early is known as such, wherever it ends', () => {
  const whole = response(
    resource('example.com', 15, 60, { exchange: 'mx.example.com', priority: 10 }),
    resource('example.com', 15, 60, { exchange: 'mx2.example.net', priority: 20 }),
  );
  whole.authorities.push(soa(5));
  const message = whole.toBuffer();
  const question = 12 + 13 + 4;
  for (let end = question; end < message.length; end++) {
    assert.equal(read(message.subarray(0, end)), null, `cut at ${end}`);
  }
  assert.equal(read(message)?.status, 'ok');
});

/** 64 kB of pointers that lead one to the next, and names that begin at their end. */
function pointerChains(size: number): Buffer {
  const head = response().toBuffer();
  const chain = Buffer.alloc(Math.min(size / 2, 0x3f00));
  const start = head.length + 12;
  for (let at = 0; at < chain.length; at += 2) {
    chain.writeUInt16BE(0xc000 | (at === 0 ? 12 : start + at - 2), at);
  }
  const holder = Buffer.concat([Buffer.from([0xc0, 12, 0, 99, 0, 1, 0, 0, 0, 9, 0, 0]), chain]);
  holder.writeUInt16BE(chain.length, 10);
  const far = 0xc000 | (start + chain.length - 2);
  const mx = Buffer.from([far >> 8, far & 255, 0, 15, 0, 1, 0, 0, 0, 9, 0, 4, 0, 1, far >> 8, far & 255]);
  const count = Math.floor((size - head.length - holder.length) / mx.length);
  const records = Buffer.concat(new Array<Buffer>(count).fill(mx));
  const message = Buffer.concat([head, holder, records]);
  message.writeUInt16BE(count + 1, 6);
  message.writeUInt16BE(0, 10);
  return message;
}

test('names behind chains of pointers cost no more than the message is long', () => {
  const original = BoundedReader.prototype.read;
  let reads = 0;
  BoundedReader.prototype.read = function (bits) {
    reads++;
    return original.call(this, bits);
  };
  try {
    for (const size of [4000, 16_000, 65_000]) {
      reads = 0;
      const message = pointerChains(size);
      const answer = read(message);
      assert.equal(answer?.status === 'failure' && answer.why, 'malformed');
      assert.ok(reads <= 16 * message.length + 1, `${reads} reads for ${message.length} octets`);
    }
  } finally {
    BoundedReader.prototype.read = original;
  }
});

test('a whole message of honest records is read', () => {
  const names = Array.from({ length: 400 }, (_, at) =>
    resource('example.com', 15, 60, { exchange: `mx${at}.a-rather-long-label.example.com`, priority: at }),
  );
  const answer = read(response(...names).toBuffer());
  assert.equal(answer?.status === 'ok' && answer.records.length, 400);
});
