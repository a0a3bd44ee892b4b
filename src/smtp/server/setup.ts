import type { PathOptions } from '../../address/index.ts';
import type { MailParameters, RcptParameters } from '../parameters.ts';
import type { Command, Extension, ParameterParser } from './extension.ts';
import type { SmtpLimits, SmtpPatience, SmtpServerOptions } from './options.ts';

/** A server's options as its sessions use them: defaults filled in, extensions merged into tables. */
export interface Setup {
  readonly options: SmtpServerOptions;
  readonly lmtp: boolean;
  readonly limits: SmtpLimits;
  readonly patience: SmtpPatience;
  readonly extensions: readonly Extension[];
  readonly commands: ReadonlyMap<string, Command>;
  readonly mail: ReadonlyMap<string, ParameterParser<MailParameters>>;
  readonly rcpt: ReadonlyMap<string, ParameterParser<RcptParameters>>;
  /** How paths are read: as the options say, in UTF-8 where SMTPUTF8 is offered. */
  readonly paths: PathOptions;
  /** The longest line that is taken, its CRLF included. */
  readonly lineLength: number;
}
