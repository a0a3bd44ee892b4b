/** Content on its way out: nothing in it can be taken for its end, and nothing of it is lost. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { lmtp, mx } from 'mailwright/smtp';
import { SeededRandom } from 'mailwright/testing';
import { ChunkQueue, chunkSize } from '../../../src/smtp/client/chunk-queue.ts';
import { ContentWriter } from '../../../src/smtp/client/content-writer.ts';
import { stuffed } from '../content-model.ts';
import { mailOf, Pair, type PairOptions } from './back-to-back.ts';
import { ScriptedClient, worded } from './scripted-client.ts';

/** What a writer makes of content that comes in these pieces. */
function written(
  pieces: readonly Buffer[],
  dotted: boolean,
): { readonly text: string; readonly mended: boolean } {
  const writer = new ContentWriter(dotted);
  const out = pieces.flatMap((piece) => writer.write(piece)).map((octets) => Buffer.from(octets));
  const end = writer.end();
  if (end !== null) out.push(Buffer.from(end));
  return { text: Buffer.concat(out).toString('latin1'), mended: writer.mended };
}

/** The content as it should arrive: every line ended by CRLF, and every line break one. */
function normal(content: string): string {
  const text = content.replace(/\r\n|\r|\n/g, '\r\n');
  return text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
}

// Octets at which everything turns, and one that means nothing.
const content = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'x', '\r\n'), maxLength: 60 });
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 });

function cutBy(text: string, sizes: readonly number[]): Buffer[] {
  const octets = Buffer.from(text, 'latin1');
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(Buffer.from(octets.subarray(at, at + size)));
    at += size;
  }
  return [...pieces, Buffer.from(octets.subarray(at))];
}

suite('ContentWriter', () => {
  test('however content is cut, the same comes out: normal lines, stuffed dots (RFC 5321 §4.5.2)', () => {
    fc.assert(
      fc.property(content, cuts, (text, sizes) => {
        const lines = normal(text);
        const { text: plain, mended } = written(cutBy(text, sizes), false);
        assert.equal(plain, lines);
        assert.equal(mended, /\r(?!\n)|(?<!\r)\n/.test(text));
        const dotted = `${written(cutBy(text, sizes), true).text}.\r\n`;
        assert.equal(dotted, stuffed(Buffer.from(lines)).toString());
      }),
      { numRuns: 2000 },
    );
  });

  test('clean content is handed on without a copy', () => {
    const octets = Buffer.from('a line\r\n'.repeat(500));
    const writer = new ContentWriter(true);
    assert.deepEqual(writer.write(octets), [octets]);
    assert.ok(writer.write(octets)[0] === octets && writer.end() === null);
    const [before] = writer.write(Buffer.concat([octets, Buffer.from('.')]));
    assert.equal(before?.length, octets.length);
  });
});

test('ChunkQueue: chunks of one size, whatever the pieces were', () => {
  const random = new SeededRandom(3);
  const octets = Buffer.from(random.bytes(3 * chunkSize + 100));
  const queue = new ChunkQueue();
  const chunks: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 1 + random.below(20_000);
    queue.push(octets.subarray(at, end));
    at = end;
    while (queue.size > chunkSize) chunks.push(Buffer.concat(queue.take()));
  }
  chunks.push(Buffer.concat(queue.take()));
  assert.deepEqual(
    chunks.map(({ length }) => length),
    [chunkSize, chunkSize, chunkSize, 100],
  );
  assert.ok(Buffer.concat(chunks).equals(octets) && queue.size === 0);
});

const servers: Readonly<Record<string, PairOptions>> = {
  'step by step, DATA': {},
  'pipelined, DATA': { server: mx, client: { chunking: false } },
  'pipelined, BDAT': { server: mx },
  'LMTP, DATA': { server: lmtp, client: { protocol: 'lmtp', chunking: false } },
  'LMTP, BDAT': { server: lmtp, client: { protocol: 'lmtp' } },
};

suite('what the server gets is what was fed', () => {
  for (const [name, options] of Object.entries(servers)) {
    test(name, () => {
      fc.assert(
        fc.property(fc.array(content, { minLength: 1, maxLength: 3 }), fc.integer(), (texts, seed) => {
          const random = new SeededRandom(seed);
          const cut = () => 1 + random.below(40);
          const pair = new Pair({ ...options, cut, feed: cut });
          const results = pair.send(...texts.map((text) => mailOf(text)));
          assert.deepEqual(
            results.map(({ recipients }) => recipients.map(worded)),
            texts.map(() => ['accepted 250']),
          );
          assert.deepEqual(
            pair.host.messages.map(({ content }) => content),
            texts.map(normal),
          );
        }),
        { numRuns: 150 },
      );
    });
  }

  test('BINARYMIME: every octet as it is (RFC 3030 §3)', () => {
    const octets = new SeededRandom(1).bytes(200_000);
    const pair = new Pair({ server: mx, feed: () => 7001 });
    const [result] = pair.send(mailOf(octets, ['b@example.net'], { body: 'BINARYMIME' }));
    assert.equal(result?.mended, false);
    assert.ok(Buffer.from(octets).equals(Buffer.from(pair.host.messages[0]?.content ?? '', 'latin1')));
  });

  test('large content in chunks of 64 KiB, the same however it was fed', () => {
    const octets = Buffer.from('a line of forty octets, more or less....\r\n'.repeat(5000));
    const flights = [1000, 65_536, 1e9].map((size) => {
      const pair = new Pair({ server: mx, feed: () => size });
      assert.deepEqual(pair.send(mailOf(octets))[0]?.recipients.map(worded), ['accepted 250']);
      return pair.flights.join('');
    });
    assert.ok(flights.every((said) => said === flights[0]));
    assert.deepEqual(flights[0]?.match(/BDAT .*/g), [
      'BDAT 65536',
      'BDAT 65536',
      'BDAT 65536',
      'BDAT 13392 LAST',
    ]);
  });
});

suite('what a flight costs', () => {
  /** The segments of the flight that sends this content, to a server with CHUNKING. */
  function flightOf(content: Buffer): readonly Uint8Array[] {
    const { machine } = new ScriptedClient({});
    const settle = () => {
      for (let event = machine.next(); event !== null; event = machine.next()) {
        if (event.type !== 'content') continue;
        machine.feed(content);
        machine.finish();
      }
      return machine.takeOutput();
    };
    for (const text of ['220 mx\r\n', '250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n']) {
      machine.receive(Buffer.from(text));
      settle();
    }
    machine.send(mailOf(content).transaction);
    return settle();
  }

  test('a small message is one write with its envelope', () => {
    assert.equal(flightOf(Buffer.from('hello\r\n')).length, 1);
  });

  test('a larger one is a second, and not copied', () => {
    const content = Buffer.from('a line\r\n'.repeat(600));
    const [commands, octets, ...more] = flightOf(content);
    assert.ok(commands !== undefined && octets !== undefined && more.length === 0);
    assert.deepEqual([octets.buffer, octets.byteOffset], [content.buffer, content.byteOffset]);
  });
});

/** Ends of data that some server or other has taken for one, with a second message behind. */
const ends = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r\n.\r',
  '\r.\r\n',
  '\n.\r',
  '\r\r\n.\r\r\n',
  '\0\r\n.\0\r\n',
  '\r\n\0.\r\n',
  '\r\n.\r\n',
];
const smuggled = 'MAIL FROM:<admin@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nfake\r\n.\r\n';

suite('SMTP smuggling (CVE-2023-51764 and its kin): one message in, one message out', () => {
  for (const end of ends) {
    test(JSON.stringify(end), () => {
      const text = `Subject: x\r\n\r\nhello${end}${smuggled}`;
      for (const options of Object.values(servers)) {
        const pair = new Pair(options);
        pair.send(mailOf(text));
        assert.deepEqual(
          pair.host.messages.map(({ content }) => content),
          [normal(text)],
        );
      }
      // Not even a reader that takes any CR or LF for a line end finds another end of data.
      const { text: wire } = written([Buffer.from(text)], true);
      assert.ok(!wire.split(/\r\n|\r|\n/).includes('.'));
    });
  }
});
