/**
 * Reading the path of MAIL and RCPT, beside nodemailer's addressparser, which smtp-server's kin use
 * for header fields; and the same with SMTPUTF8 offered.
 */
import { parsePath } from 'mailwright/address';
import addressparser from 'nodemailer/lib/addressparser';
import { printComparison } from './measure/lines.ts';
import { perSecond, rounds } from './measure/rounds.ts';

const paths = [
  '<firstname.lastname@mailserver.example.com>',
  '<bob@example.org>',
  '<bounces+1234-abcd=user@em123.mail.example.net>',
];
// As a server meets them: slices of a chunk that holds several commands.
const chunk = paths.map((path) => `MAIL FROM:${path} SIZE=1000 BODY=8BITMIME\r\n`).join('');
const commands = chunk.split('\r\n').filter((line) => line !== '');
const batch = 1000;

function everyPath(read: (index: number) => unknown): () => Promise<number> {
  const work = () => {
    for (let count = 0; count < batch; count++) read(count % paths.length);
  };
  return async () => batch * (await perSecond(work));
}

const strict = {};
const international = { utf8: true };
const figures = await rounds({
  ascii: everyPath((index) => parsePath(commands[index]!, 10, strict)),
  utf8: everyPath((index) => parsePath(commands[index]!, 10, international)),
  addressparser: everyPath((index) => addressparser(paths[index]!)),
});
const peers = { addressparser: figures.addressparser };
printComparison({ name: 'address path', unit: 'op/s', ours: figures.ascii, peers });
printComparison({ name: 'address path utf8', unit: 'op/s', ours: figures.utf8, peers });
console.log(`\n${(1e9 / figures.ascii.median).toFixed(0)} ns for an ASCII path, the median`);
