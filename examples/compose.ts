/**
 * Composes a message in three forms (plain text, HTML with a picture in it, an attachment that is read as a
 * stream) and writes it to a file or to standard output.
 *
 *     npm run example examples/compose.ts [message.eml [attachment]]
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  alternative,
  composeMessage,
  htmlPart,
  htmlToText,
  mixed,
  related,
  textPart,
  writeEml,
} from 'mailwright/mime';

const [output, attachment] = process.argv.slice(2);

const html = `<p>Dear Zoë,</p>
<p>this is what it looked like: <img src="cid:picture@example.com" alt="a dot"></p>
<p>See <a href="https://example.com/">the page</a>.</p>`;

const picture = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');

const message = composeMessage({
  from: { name: 'Sam Müller', address: 'sam@example.com' },
  to: [{ name: 'Zoë', address: 'zoe@example.org' }, 'archive@example.org'],
  subject: 'What it looked like – a picture',
  date: Date.now(),
  offset: -new Date().getTimezoneOffset(),
  messageId: `${randomUUID()}@example.com`,
  fields: [
    { name: 'List-Unsubscribe', value: { uris: ['https://example.com/leave', 'mailto:leave@example.com'] } },
    { name: 'X-Priority', value: { token: '3' } },
  ],
  body: mixed(
    alternative(
      textPart(htmlToText(html)),
      related(htmlPart(html), {
        kind: 'file',
        type: 'image/gif',
        filename: 'dot.gif',
        contentId: 'picture@example.com',
        disposition: 'inline',
        content: picture,
      }),
    ),
    {
      kind: 'file',
      type: 'text/plain',
      filename: basename(attachment ?? 'this program.ts'),
      // Opened when the message is written, and read piece by piece.
      content: { open: () => createReadStream(attachment ?? import.meta.filename) },
    },
  ),
});

const target = output === undefined ? process.stdout : createWriteStream(output);
await pipeline(writeEml(message.chunks()), target, { end: target !== process.stdout });
