import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { SmtpServer } from 'mailwright/node';
import type { MessageSink } from 'mailwright/reception';
import { mx } from 'mailwright/smtp';

const content = `${'0123456789'.repeat(7)} line\r\n`.repeat(4000);

/** Sends the content in one message and gives the pieces that the sink was given, as they are afterwards. */
async function piecesOf(sink: Pick<MessageSink, 'retains'>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const data = (): MessageSink => ({
    ...sink,
    write: (chunk) => void pieces.push(chunk),
    end: () => undefined,
    abort() {},
  });
  const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', data });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect(server.port, '127.0.0.1');
  socket.end(
    `EHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n${content}.\r\nQUIT\r\n`,
  );
  socket.resume();
  await once(socket, 'close');
  await server.close();
  return pieces;
}

test('a sink may keep its pieces: the octets stay as they came', async () => {
  const pieces = await piecesOf({});
  assert.equal(Buffer.concat(pieces).toString(), content);
});

test('a sink that promises not to has large chunks freed as soon as they are done with', async () => {
  const pieces = await piecesOf({ retains: false });
  assert.ok(pieces.some((piece) => piece.length === 0 && piece.buffer.byteLength === 0));
});
