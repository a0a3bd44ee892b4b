/** The GS2 header that opens SCRAM and OAUTHBEARER messages (RFC 5801 §4, RFC 5802 §7). */

// gs2-header     = gs2-cbind-flag "," [ authzid ] ","
// gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
// authzid        = "a=" saslname

/** What a client says about channel binding. */
export type BindingFlag =
  /** It cannot bind. */
  | { readonly type: 'n' }
  /** It could, but thinks that the server cannot: a sign of tampering where the server can. */
  | { readonly type: 'y' }
  /** It binds in this way. */
  | { readonly type: 'p'; readonly name: string };

export interface Gs2Header {
  readonly flag: BindingFlag;
  readonly authzid: string | null;
  /** The header as it stood, with its last comma. */
  readonly text: string;
  /** What follows it. */
  readonly rest: string;
}

/** Takes the header off a message; `null` where there is none. */
export function readGs2Header(message: string): Gs2Header | null {
  const first = message.indexOf(',');
  const second = message.indexOf(',', first + 1);
  if (first < 0 || second < 0) return null;
  const flag = readFlag(message.slice(0, first));
  const named = message.slice(first + 1, second);
  const authzid = named.startsWith('a=') ? readSaslName(named.slice(2)) : null;
  if (flag === null || (named !== '' && authzid === null)) return null;
  return { flag, authzid, text: message.slice(0, second + 1), rest: message.slice(second + 1) };
}

export function writeGs2Header(flag: BindingFlag, authzid = ''): string {
  const opening = flag.type === 'p' ? `p=${flag.name}` : flag.type;
  return `${opening},${authzid === '' ? '' : `a=${writeSaslName(authzid)}`},`;
}

function readFlag(text: string): BindingFlag | null {
  if (text === 'n' || text === 'y') return { type: text };
  // RFC 5802 §7: cb-name = 1*(ALPHA / DIGIT / "." / "-")
  return /^p=[A-Za-z0-9.-]+$/.test(text) ? { type: 'p', name: text.slice(2) } : null;
}

/** Undoes `=2C` and `=3D`; `null` for an empty name or any other `=` (RFC 5802 §5.1). */
export function readSaslName(text: string): string | null {
  if (text === '' || text.includes('\0') || text.includes(',') || /=(?!2C|3D)/.test(text)) return null;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** Writes `,` and `=` so that they part nothing (RFC 5802 §5.1). */
export function writeSaslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}
