/** The floor of what Node can do: fixed replies to whatever comes, nothing parsed, nothing kept. */
import { createServer, type Socket } from 'node:net';

const greeting = Buffer.from('220 canned ESMTP\r\n');
const ehlo = Buffer.from('250-canned\r\n250-PIPELINING\r\n250 8BITMIME\r\n');
const ok = Buffer.from('250 2.0.0 Ok\r\n');
const go = Buffer.from('354 End data with <CRLF>.<CRLF>\r\n');

const server = createServer((socket: Socket) => {
  let content = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (content) {
      const end = chunk.length;
      if (chunk[end - 3] !== 0x2e || chunk[end - 2] !== 0x0d || chunk[end - 1] !== 0x0a) return;
      content = false;
      socket.write(ok);
      return;
    }
    switch (chunk[0]) {
      case 0x44: // DATA
        content = true;
        socket.write(go);
        break;
      case 0x45: // EHLO
        socket.write(ehlo);
        break;
      case 0x51: // QUIT
        socket.end(ok);
        break;
      default:
        socket.write(ok);
    }
  });
  socket.write(greeting);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
