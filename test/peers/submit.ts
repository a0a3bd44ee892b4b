/** Gives contents to a relay, which is to bring them to us. */
import { createTransport } from 'nodemailer';
import type { Content } from './contents.ts';
import { addressOf } from './reception.ts';

/** Sends each content to the relay at a port of loopback; resolves when the relay has all of them. */
export async function submit(port: number, contents: readonly Content[]): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, pool: true, maxMessages: 50 });
  await Promise.all(
    contents.map(({ raw }, at) => {
      const envelope = { from: 'sender@example.org', to: addressOf(at), use8BitMime: true };
      return transport.sendMail({ envelope, raw });
    }),
  );
  transport.close();
}
