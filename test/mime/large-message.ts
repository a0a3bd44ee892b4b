/**
 * A process of its own: makes a message of a gigabyte chunk by chunk, scans it, extracts its attachment, and
 * tells the sizes and its highest resident memory as JSON. Of mailwright it loads no more than that takes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PartExtractor } from '../../src/mime/body/extract.ts';

const size = Number(process.argv[2]);
const line = `${Buffer.alloc(57, 'An attachment of a gigabyte. ').toString('base64')}\r\n`;
const chunk = Buffer.from(line.repeat(840));

function* message(): Iterable<Buffer> {
  yield Buffer.from('Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n');
  yield Buffer.from('Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n');
  for (let sent = 0; sent < size; sent += chunk.length) yield chunk;
  yield Buffer.from('\r\n--b\r\n\r\nBye\r\n--b--\r\n');
}

const extractor = new PartExtractor((part) => part.type === 'application');
const hash = createHash('sha1');
let scanned = 0;
let extracted = 0;
const take = (pieces: readonly Uint8Array[]) => {
  for (const piece of pieces) {
    extracted += piece.length;
    hash.update(piece);
  }
};
for (const octets of message()) {
  scanned += octets.length;
  take(extractor.push(octets));
}
take(extractor.end());

const [, peak] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
const { faults, part } = extractor;
const lines = part?.lines;
console.log(
  JSON.stringify({
    scanned,
    extracted,
    lines,
    faults: faults.size,
    hash: hash.digest('hex'),
    peak: Number(peak) * 1024,
  }),
);
