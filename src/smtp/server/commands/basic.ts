/** The commands that every server knows (RFC 5321 §4.5.1), in the order in which HELP lists them. */
import type { Command } from '../extension.ts';
import { data } from './data.ts';
import { ehlo, helo, lhlo } from './hello.ts';
import { help } from './help.ts';
import { mail } from './mail.ts';
import { noop } from './noop.ts';
import { quit } from './quit.ts';
import { rcpt } from './rcpt.ts';
import { rset } from './rset.ts';
import { expn, vrfy } from './verify.ts';

/** RFC 2033 §4.1: an LMTP server knows LHLO, and neither HELO nor EHLO. */
export function basicCommands(lmtp: boolean): readonly Command[] {
  return [...(lmtp ? [lhlo] : [helo, ehlo]), mail, rcpt, data, rset, noop, quit, vrfy, expn, help];
}
