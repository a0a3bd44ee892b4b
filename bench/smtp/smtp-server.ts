/** smtp-server: `discard` throws content away, `fsync DIR` writes and syncs one file a message. */
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';

const [mode = 'discard', folder = ''] = process.argv.slice(2);

async function keep(stream: SMTPServerDataStream): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const file = await open(join(folder, randomUUID()), 'wx');
  await file.writev(chunks);
  await file.sync();
  await file.close();
}

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, callback) {
    if (mode === 'fsync') {
      keep(stream).then(() => callback(), callback);
    } else {
      stream.on('end', () => callback());
      stream.resume();
    }
  },
});
server.on('error', () => {});
const listening = server.listen(0, '127.0.0.1', () => {
  const address = listening.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
