import { basicCommands } from './commands/basic.ts';
import type { Command, ParameterParser } from './extension.ts';
import { defaultLimits, defaultPatience, type SmtpServerOptions } from './options.ts';
import type { Setup } from './setup.ts';

/** RFC 5321 §4.5.3.1.4: a command line has at most 512 octets, extensions aside. */
const baseLineLength = 512;

/** RFC 4954 §4: what a line of an authentication exchange may need. */
const authLineLength = 12_288;

const known = new WeakMap<SmtpServerOptions, Setup>();

/** The set-up for these options: made at their first use, then shared. */
export function setupOf(options: SmtpServerOptions): Setup {
  let setup = known.get(options);
  if (setup === undefined) {
    setup = prepare(options);
    known.set(options, setup);
  }
  return setup;
}

function prepare(options: SmtpServerOptions): Setup {
  const extensions = options.extensions ?? [];
  const lmtp = options.protocol === 'lmtp';
  const commands = new Map<string, Command>();
  const all = [...basicCommands(lmtp), ...extensions.flatMap((extension) => extension.commands ?? [])];
  for (const command of all) commands.set(command.verb, command);
  const growth = extensions.reduce((sum, { lineGrowth = 0 }) => sum + lineGrowth, 0);
  const mail = merge(extensions.map((extension) => extension.mail ?? {}));
  return {
    options,
    lmtp,
    limits: { ...defaultLimits, ...options.limits },
    patience: { ...defaultPatience, ...options.patience },
    extensions,
    commands,
    mail,
    rcpt: merge(extensions.map((extension) => extension.rcpt ?? {})),
    paths: { ...options.paths, utf8: mail.has('SMTPUTF8') },
    lineLength: commands.has('AUTH')
      ? Math.max(authLineLength, baseLineLength + growth)
      : baseLineLength + growth,
  };
}

/** Two extensions may share a parameter (BODY): a value is good when one of them takes it. */
function merge<P>(
  tables: readonly Readonly<Record<string, ParameterParser<P>>>[],
): Map<string, ParameterParser<P>> {
  const merged = new Map<string, ParameterParser<P>>();
  for (const [name, parse] of tables.flatMap((table) => Object.entries(table))) {
    const earlier = merged.get(name);
    merged.set(
      name,
      earlier === undefined
        ? parse
        : (value, into, conversation) => {
            const bad = earlier(value, into, conversation);
            return bad === null ? null : parse(value, into, conversation);
          },
    );
  }
  return merged;
}
