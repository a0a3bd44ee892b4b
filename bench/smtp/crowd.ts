/** A process that opens so many connections, waits for each greeting, and holds them until it ends. */
import { connect } from 'node:net';

const [port = '', wanted = ''] = process.argv.slice(2);
const begin = performance.now();
let opened = 0;
let greeted = 0;

function open(): void {
  if (opened === Number(wanted)) return;
  opened += 1;
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', (error) => {
    throw error;
  });
  socket.once('data', () => {
    greeted += 1;
    if (greeted === Number(wanted)) process.send?.(performance.now() - begin);
    else open();
  });
}

// So many at once that no server's backlog overflows.
for (let index = 0; index < 100; index += 1) open();
